"""helpers.counts on any valid data, on any invalid argument, and at the extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats

from helpers import counts
from helpers.counts import GammaPopulation, fit_nested, fit_population
from tests.strategies import (
    NO_COUNTS,
    NO_NUMBERS,
    NO_SHARE,
    NO_SIZE,
    each,
    orders,
    refused,
    successes,
)

exposed = successes(least=2, both=False).filter(lambda data: data[0].any())
rates, sizes = st.floats(1e-6, 1e3), st.floats(1e-3, 1e9)


def same(one, two, unit=1.0, rel=1e-4):
    """Two populations alike, the second with exposures counted in another unit."""
    assert np.asarray(two.mean) * unit == pytest.approx(np.asarray(one.mean), rel=1e-5)
    assert unit / two.prior_sample_size == pytest.approx(1 / one.prior_sample_size, rel=rel)


# ----------------------------------------------------------------------------------- one population


@given(rates, st.one_of(sizes, st.just(np.inf)), exposed)
def test_weights_lie_in_0_to_1_and_estimates_between_raw_rate_and_mean(mean, size, data):
    population, (y, n) = GammaPopulation(mean, size), data
    weight, estimate = population.weight(n), population.estimate(y, n)
    assert ((weight >= 0) & (weight <= 1)).all()
    assert (np.minimum(y / n, mean) * (1 - 1e-9) <= estimate).all()
    assert (estimate <= np.maximum(y / n, mean) * (1 + 1e-9)).all()
    ahead = population.predictive(y, n, 0.5 * n).mean()
    np.testing.assert_allclose(ahead, 0.5 * n * estimate, rtol=1e-6)


@given(rates, sizes)
def test_without_exposure_the_population_with_endless_exposure_the_raw_rate(mean, size):
    population = GammaPopulation(mean, size)
    assert population.weight(0) == 0 and population.estimate(0, 0) == mean
    assert population.estimate(3e15, 1e15) == pytest.approx(3, rel=1e-3)


@given(rates, sizes, exposed, st.floats(1e-6, 1e6))
def test_the_unit_of_the_exposure_does_not_matter(mean, size, data, unit):
    y, n = data
    here = GammaPopulation(mean, size).estimate(y, n)
    there = GammaPopulation(mean / unit, size * unit).estimate(y, n * unit)
    np.testing.assert_allclose(there * unit, here, rtol=1e-9)


@given(rates, st.floats(0.1, 1e6), exposed)
def test_intervals_of_the_posterior_rise_with_the_level(mean, size, data):
    told = GammaPopulation(mean, size).posterior(*data)
    ends = [told.interval(0.95)[0], told.interval(0.5)[0], told.median()]
    ends += [told.interval(0.5)[1], told.interval(0.95)[1]]
    assert (np.diff(ends, axis=0) >= 0).all() and np.min(ends) >= 0


@given(
    rates,
    st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=6),
    st.floats(0.01, 0.5),
    st.floats(0.5, 0.999),
)
def test_control_limits_hold_the_expected_count_and_widen_with_the_level(
    rate, exposure, less, more
):
    lower, upper = counts.control_limits(rate, exposure, level=less)
    outer, beyond = counts.control_limits(rate, exposure, level=more)
    assert (outer <= lower).all() and (upper <= beyond).all() and (outer >= 0).all()
    median = stats.poisson.median(rate * np.array(exposure))
    assert (lower <= median).all() and (median <= upper).all()


# ----------------------------------------------------------------------------------------- the fit


@given(exposed, st.data())
@example((np.array([170920633.0, 2.0]), np.array([169684236.0, 8.8])), None)
def test_the_order_of_the_units_does_not_matter(data, more):
    y, n = data
    order = np.arange(n.size)[::-1] if more is None else orders(more.draw, n.size)
    same(fit_population(y, n).population, fit_population(y[order], n[order]).population)


@given(exposed, st.floats(1e-6, 1e6))
@example((np.array([3084362.0, 0.0]), np.array([110029235.2, 17.8])), 1e-3)  # had not settled
def test_the_fit_does_not_depend_on_the_unit_of_the_exposure(data, unit):
    y, n = data
    same(fit_population(y, n).population, fit_population(y, n * unit).population, unit)


@given(exposed)
@example((np.array([399.0]), np.array([1839.2])))
def test_no_population_nearby_is_more_likely_than_the_fit(data):
    y, n = data
    found = fit_population(y, n)
    assert np.isfinite(found.log_likelihood) and (found.standard_errors > 0).all()
    mean, size = found.population.mean, found.population.prior_sample_size
    assume(np.isfinite(size))

    def log_likelihood(mean, size):
        return stats.nbinom(mean * size, size / (size + n)).logpmf(y).sum()

    top = log_likelihood(mean, size)
    for a, b in ((1.1, 1), (0.9, 1), (1, 1.1), (1, 0.9)):
        assert log_likelihood(mean * a, size * b) <= top + 1e-6 * (1 + abs(top))


@given(st.integers(1, 10**6), st.floats(1e-3, 1e9), st.integers(1, 8))
def test_identical_rates_give_complete_pooling(y, n, units):
    found = fit_population([y] * units, [n] * units).population
    assert found.prior_sample_size == np.inf and found.mean == pytest.approx(y / n)


@given(exposed)
def test_three_poolings_hold_what_they_must(data):
    y, n = data
    found = counts.three_poolings(y, n)
    for estimate, lower, upper in found.values():
        assert (lower >= 0).all() and (lower <= upper).all() and np.isfinite(upper).all()
        assert (lower <= estimate * (1 + 1e-9)).all()
    raw, one, shrunk = (table[0] for table in found.values())
    assert np.ptp(one) == 0 and (raw == y / n).all()
    assert (found["no pooling"][2] >= raw).all() and (found["complete pooling"][2] >= one).all()
    assert (shrunk >= raw.min() * (1 - 1e-6)).all() and (shrunk <= raw.max() * (1 + 1e-6)).all()


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_a_predictor_in_another_unit_has_another_slope_and_the_same_means(seed, scale, shift):
    rng = np.random.default_rng(seed)
    n, x = rng.uniform(50, 5000, 12), rng.normal(size=12)
    y = rng.poisson(n * rng.gamma(4, 0.25, 12) * np.exp(0.5 * x) / 20)
    one, two = fit_population(y, n, x), fit_population(y, n, scale * (x + shift))
    same(one.population, two.population, rel=1e-3)
    assert two.coefficients[1] * scale == pytest.approx(one.coefficients[1], rel=1e-3, abs=1e-5)
    assert two.standard_errors[1] * scale == pytest.approx(one.standard_errors[1], rel=1e-3)


@pytest.mark.long
def test_the_names_of_groups_and_the_order_of_units_do_not_matter():
    rng = np.random.default_rng(909)
    group, n = np.repeat([0, 1, 2], 8), rng.uniform(100, 2000, 24)
    y = rng.poisson(n * rng.gamma(4, 0.25, 24) * np.exp(0.3 * rng.normal(size=3))[group] / 50)
    order = rng.permutation(24)
    one = fit_nested(y, n, group)
    two = fit_nested(y[order], n[order], np.array(["c", "a", "b"])[group[order]].tolist())
    assert two.population.mean == pytest.approx(one.population.mean[order], rel=1e-3)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-4)


def test_a_million_units_and_units_of_a_thousand_million():
    rng = np.random.default_rng(910)
    n = np.exp(rng.uniform(0, np.log(1e9), 10**6))
    y = rng.poisson(n * rng.gamma(3, 1e-4 / 3, n.size))
    found = fit_population(y[:50_000], n[:50_000]).population
    assert found.mean == pytest.approx(1e-4, rel=0.02)
    assert found.prior_sample_size == pytest.approx(3e4, rel=0.05)
    assert (found.estimate(y, n) > 0).all()


# ------------------------------------------------------------------------------------ calibration


@given(st.lists(st.tuples(st.floats(1e-3, 1e6), st.integers(0, 10**6)), min_size=1, max_size=6))
def test_places_lie_in_0_to_1_and_intervals_hold_at_least_their_level(units):
    mean, y = map(np.array, zip(*units, strict=True))
    place = counts.randomised_pit(stats.poisson(mean), y, rng=np.random.default_rng(910))
    assert ((place >= 0) & (place <= 1)).all()
    inside, implied = counts.interval_coverage(stats.poisson(mean), y, level=0.9)
    assert inside.dtype == bool and ((implied >= 0.9 - 1e-9) & (implied <= 1)).all()


# -------------------------------------------------------------------------------------- bad input

ONE = GammaPopulation(1.0, 1.0)
OF_DATA = {
    "fit": fit_population,
    "poolings": counts.three_poolings,
    "nested": lambda y, n: fit_nested(y, n, ["a", "a", "b"]),
    "estimate": ONE.estimate,
    "posterior": ONE.posterior,
    "predictive": lambda y, n: ONE.predictive(y, n, 1.0),
}


@pytest.mark.parametrize("function", list(OF_DATA.values()), ids=list(OF_DATA))
@each(NO_COUNTS)
def test_what_is_no_count_is_refused(function, bad):
    with refused("y"):
        function(bad, [5.0, 5.0, 5.0])


@pytest.mark.parametrize("function", list(OF_DATA.values()), ids=list(OF_DATA))
@each(NO_NUMBERS | {"negative": [1, -1, 3], "a table": [[1, 2, 3]]})
def test_what_is_no_exposure_is_refused(function, bad):
    with refused("n"):
        function([1, 2, 3], bad)


@pytest.mark.parametrize("function", list(OF_DATA.values()), ids=list(OF_DATA))
def test_an_event_without_exposure_is_refused(function):
    with refused("y|n"):
        function([1, 2, 3], [5.0, 0.0, 5.0])


@each(NO_SIZE)
def test_rates_and_sizes_are_numbers_above_0(bad):
    for at, name in enumerate(("mean", "mean_sd", "n0", "n0_sd")):
        with refused(name):
            counts.lognormal_prior(*(bad if k == at else 1.0 for k in range(4)))
    with refused("rate"):
        counts.control_limits(bad, [1.0])
    if np.ndim(bad) == 0:
        with refused("exposure"):
            counts.control_limits(1.0, bad)
        with refused("mean"):
            GammaPopulation(bad, 1.0)
        with refused("m"):
            ONE.predictive([1], [2], bad)
    if bad is not np.inf:
        with refused("prior_sample_size"):
            GammaPopulation(1.0, bad)


@each(NO_SHARE)
def test_levels_are_shares(bad):
    for call in (
        lambda: counts.control_limits(1.0, [1.0], level=bad),
        lambda: counts.three_poolings([1, 2], [3, 4], level=bad),
        lambda: counts.interval_coverage(stats.poisson(2), [1], level=bad),
    ):
        with refused("level"):
            call()


@pytest.mark.parametrize("bad", [-1, [1, -2], np.nan, np.inf, "a", None, []])
def test_a_weight_is_of_exposures(bad):
    for size in (1.0, np.inf):
        with refused("n"):
            GammaPopulation(1.0, size).weight(bad)


@each(
    {name: bad for name, bad in NO_NUMBERS.items() if name != "None"}
    | {
        "constant": [1, 1, 1],
        "too few": [1, 2],
        "too many columns": [[1, 2, 3], [1, 2, 5], [5, 4, 1]],
        "a column twice": [[1, 1], [2, 2], [5, 5]],
        "what separates": [-1, -1, 2],
    }
)
def test_predictors_that_have_no_slope_are_refused(bad):
    """The last gave a slope that depended on when the search gave up, the others bare errors."""
    with refused("(y and |y: .*)?predictors|y"):
        fit_population([0, 0, 5], [10, 20, 30], bad)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("y and mean", lambda: GammaPopulation([1, 2, 3], 1).estimate([1, 2], [1, 2])),
        ("y and mean", lambda: GammaPopulation([1, 2, 3], 1).posterior([1, 2], [1, 2])),
        ("y and m", lambda: ONE.predictive([1, 2], [1, 2], [1, 2, 3])),
        ("mean", lambda: GammaPopulation([], 1)),
        ("exposure", lambda: counts.control_limits(1e3, [1e8])),  # was NaN
        ("group", lambda: fit_nested([1, 2, 3], [4, 5, 6], [None, "a", "a"])),
        ("group", lambda: fit_nested([1, 2, 3], [4, 5, 6], [1, np.nan, 2])),
        ("group", lambda: fit_nested([1, 2, 3], [4, 5, 6], None)),
        ("group", lambda: fit_nested([1, 2, 3], [4, 5, 6], [["a"]] * 3)),
        ("distribution", lambda: counts.interval_coverage(stats.poisson([2, 3]), [1, 2, 3])),
        (
            "distribution",
            lambda: counts.randomised_pit(
                stats.poisson([2, 3]), [1, 2, 3], rng=np.random.default_rng(1)
            ),
        ),
        ("rng", lambda: counts.randomised_pit(stats.poisson(2), [1], rng=None)),
    ],
)
def test_what_has_no_answer_is_refused_by_name(name, call):
    with refused(name):
        call()
