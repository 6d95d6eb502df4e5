"""helpers.beta_binomial on any valid data, on any invalid argument, and at the extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from helpers.beta_binomial import (
    BetaPopulation,
    fit_marginal_likelihood,
    fit_moments,
    log_beta_binomial,
    log_marginal_likelihood,
    posterior_grid,
)
from tests.strategies import (
    NO_COUNTS,
    NO_SHARE,
    NO_SIZE,
    each,
    few,
    orders,
    refused,
    successes,
)

positive = st.floats(1e-3, 1e6)


def fitted(fit, y, n):
    """Return the population, or skip an example that has none (an error of its own tests)."""
    try:
        return fit(y, n)
    except ValueError as error:
        assert str(error).startswith("y: ")
        assume(False)


def without_noise(y, n):
    return fit_moments(y, n, remove_noise=True)


FITS = pytest.mark.parametrize("fit", [fit_marginal_likelihood, fit_moments, without_noise])


def same(one, two, rel=1e-4):
    """Two populations alike; where no spread can be seen, n0 may be anything beyond the data."""
    assert one.mean == pytest.approx(two.mean, rel=1e-6)
    assert 1 / one.prior_sample_size == pytest.approx(1 / two.prior_sample_size, rel=rel, abs=1e-12)


# ------------------------------------------------------------------------------- the population


@given(positive, positive, successes())
def test_weights_lie_in_0_to_1_and_estimates_between_raw_rate_and_mean(alpha, beta, data):
    population, (y, n) = BetaPopulation(alpha, beta), data
    weight, estimate = population.weight(n), population.posterior(y, n).mean()
    assert ((weight >= 0) & (weight <= 1)).all()
    ends = np.sort([y / n, np.full(n.size, population.mean)], axis=0)
    assert (estimate >= ends[0] * (1 - 1e-12)).all() and (estimate <= ends[1] * (1 + 1e-12)).all()
    assert estimate == pytest.approx(weight * y / n + (1 - weight) * population.mean, rel=1e-9)


@given(positive, positive)
def test_without_data_the_population_with_endless_data_the_raw_rate(alpha, beta):
    population = BetaPopulation(alpha, beta)
    assert population.weight(0) == 0 and population.posterior(0, 0).mean() == population.mean
    assert population.weight(1e15) == pytest.approx(1, abs=1e-8)
    assert population.posterior(3e14, 1e15).mean() == pytest.approx(0.3, abs=1e-8)


@given(positive, positive, successes(trials=1000), st.integers(0, 50))
def test_swapping_successes_and_failures_swaps_alpha_and_beta(alpha, beta, data, m):
    (y, n), one, two = data, BetaPopulation(alpha, beta), BetaPopulation(beta, alpha)
    assert one.mean + two.mean == pytest.approx(1) and one.sd == pytest.approx(two.sd)
    there, back = one.posterior(y, n), two.posterior(n - y, n)
    assert there.mean() + back.mean() == pytest.approx(1)
    assert there.std() == pytest.approx(back.std(), rel=1e-6)
    value = log_marginal_likelihood(alpha, beta, y, n)
    assert log_marginal_likelihood(beta, alpha, n - y, n) == pytest.approx(
        value, rel=1e-9, abs=1e-9
    )
    ahead = one.predictive(y, n, m).pmf(m // 2)
    assert two.predictive(n - y, n, m).pmf(m - m // 2) == pytest.approx(ahead, rel=1e-6)


@given(successes(trials=1000), st.floats(0.01, 0.99))
def test_complete_pooling_gives_every_unit_the_mean_with_certainty(data, mean):
    (y, n), pooled = data, BetaPopulation.pooled(mean)
    assert (pooled.weight(n) == 0).all() and pooled.sd == 0
    told = pooled.posterior(y, n)
    assert (told.mean() == mean).all() and (told.std() == 0).all()
    near = BetaPopulation(mean * 1e12, (1 - mean) * 1e12)
    assert near.posterior(y, n).mean() == pytest.approx(mean, rel=1e-6)
    assert near.predictive(y, n, 7).mean() == pytest.approx(pooled.predictive(y, n, 7).mean())


@given(st.floats(0.5, 1e3), st.floats(0.5, 1e3), successes(trials=1000))
def test_wider_levels_give_wider_intervals_about_the_median(alpha, beta, data):
    told = BetaPopulation(alpha, beta).posterior(*data)
    ends = [told.interval(0.95)[0], told.interval(0.5)[0], told.median()]
    ends += [told.interval(0.5)[1], told.interval(0.95)[1]]
    assert (np.diff(ends, axis=0) >= 0).all() and np.min(ends) >= 0 and np.max(ends) <= 1


# ------------------------------------------------------------------------------------- the fits


@FITS
@given(successes(least=2), st.data())
@example(([2277291.0, 2277291.0], [140648560.0, 140648560.0]), None)
@example(([2277291.0], [140648560.0]), None)  # overflowed in the slope
def test_the_order_of_the_units_does_not_matter(fit, data, more):
    y, n = map(np.array, data)
    order = np.arange(n.size)[::-1] if more is None else orders(more.draw, n.size)
    same(fitted(fit, y, n), fitted(fit, y[order], n[order]))


@FITS
@given(successes(least=2))
def test_swapped_data_swap_the_fit(fit, data):
    y, n = data
    one, two = fitted(fit, y, n), fitted(fit, n - y, n)
    assert one.mean + two.mean == pytest.approx(1, abs=1e-9)
    assert 1 / one.prior_sample_size == pytest.approx(
        1 / two.prior_sample_size, rel=1e-3, abs=1e-12
    )


@FITS
@given(successes(least=2))
def test_units_without_trials_say_nothing(fit, data):
    y, n = data
    same(fitted(fit, y, n), fitted(fit, np.append(y, 0), np.append(n, 0)))


@given(successes(least=2, trials=1000), st.integers(2, 5))
def test_every_unit_several_times_leaves_the_fit_where_it_was(data, times):
    """The likelihood is raised to a power, the moments with ddof 0 stay."""
    y, n = data
    for fit in (fit_marginal_likelihood, fit_moments):
        same(fitted(fit, y, n), fitted(fit, np.tile(y, times), np.tile(n, times)), rel=1e-3)


@FITS
@given(st.integers(1, 40), st.integers(0, 40), st.integers(2, 6), st.integers(1, 10**7))
def test_identical_rates_give_complete_pooling(fit, y, more, units, times):
    n = (y + more) * times
    assume(more > 0)
    found = fit([y * times] * units, [n] * units)
    assert found.prior_sample_size == np.inf and found.mean == pytest.approx(y * times / n)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=30))
def test_one_trial_each_cannot_show_a_spread(y):
    assume(0 < sum(y) < len(y))
    for fit in (fit_marginal_likelihood, without_noise):
        found = fit(y, [1] * len(y))
        assert found.prior_sample_size == np.inf and found.mean == pytest.approx(np.mean(y))


@given(successes(most=1))
def test_one_unit_is_its_own_mean_with_no_spread_to_see(data):
    y, n = data
    assert fit_marginal_likelihood(y, n).mean == pytest.approx((y / n).item())
    assert fit_marginal_likelihood(y, n).prior_sample_size == np.inf
    with pytest.raises(ValueError, match=r"^y: at least two units"):
        fit_moments(y, n, remove_noise=True)


@given(successes(least=2))
def test_no_point_nearby_is_more_likely_than_the_fit(data):
    y, n = data
    found = fitted(fit_marginal_likelihood, y, n)
    assume(np.isfinite(found.prior_sample_size))
    top = log_marginal_likelihood(found.alpha, found.beta, y, n)
    for a, b in ((1.05, 1), (1, 1.05), (1.05, 1.05), (0.95, 1), (1, 0.95), (0.95, 0.95)):
        near = log_marginal_likelihood(found.alpha * a, found.beta * b, y, n)
        assert near <= top + 1e-7 * (1 + abs(top))


@pytest.mark.parametrize("fit", [fit_marginal_likelihood, fit_moments])
def test_a_million_units(fit):
    rng = np.random.default_rng(901)
    n = rng.integers(1, 40, 10**6)
    y = rng.binomial(n, rng.beta(2, 8, n.size))
    found = fit(y, n) if fit is fit_marginal_likelihood else without_noise(y, n)
    assert found.alpha == pytest.approx(2, rel=0.02) and found.beta == pytest.approx(8, rel=0.02)


# ------------------------------------------------------------------------------------- the grid


@settings(max_examples=few(3))
@given(successes(least=2, most=5, trials=40), st.data())
def test_the_grid_keeps_its_promises(data, more):
    y, n = data
    assume(((y > 0) & (y < n)).any())
    grid = posterior_grid(y, n, points=40)
    assert grid.mass.sum() == pytest.approx(1) and (grid.mass >= 0).all()
    mean = grid.mean(lambda a, b: (a + y) / (a + b + n))
    assert ((mean > 0) & (mean < 1)).all()
    q = grid.quantile(lambda a, b: a / (a + b), [0.01, 0.3, 0.5, 0.9])
    assert (np.diff(q) > 0).all() and q[0] > 0 and q[-1] < 1
    order = orders(more.draw, n.size)
    turned = posterior_grid(y[order], n[order], points=40)
    again = turned.mean(lambda a, b: (a + y) / (a + b + n))
    assert again == pytest.approx(mean, rel=1e-4)
    swapped = posterior_grid(n - y, n, points=40)
    assert swapped.mean(lambda a, b: (b + y) / (a + b + n)) == pytest.approx(mean, rel=1e-3)
    alpha, beta = grid.sample(50, rng=np.random.default_rng(902))
    assert (alpha > 0).all() and (beta > 0).all()


# ------------------------------------------------------------------------------------ bad input

WITH_DATA = {
    "moments": fit_moments,
    "marginal likelihood": fit_marginal_likelihood,
    "grid": posterior_grid,
    "log likelihood": lambda y, n: log_marginal_likelihood(1, 1, y, n),
}


@pytest.mark.parametrize("function", list(WITH_DATA.values()), ids=list(WITH_DATA))
@each(NO_COUNTS)
def test_what_is_no_count_is_refused(function, bad):
    with refused("y"):
        function(bad, [5, 5, 5])
    with refused("n"):
        function([1, 2, 3], bad)


@each({name: bad for name, bad in NO_COUNTS.items() if name != "a table"})
def test_posterior_predictive_and_probability_refuse_what_is_no_count(bad):
    population = BetaPopulation(1, 2)
    for function in (population.posterior, lambda y, n: population.predictive(y, n, 3)):
        with refused("y"):
            function(bad, [5, 5, 5])
        with refused("n"):
            function([1, 2, 3], bad)
    with refused("m"):
        population.predictive([1, 2, 3], [5, 5, 5], bad)
    with refused("y"):
        log_beta_binomial(bad, [5, 5, 5], 1, 1)
    with refused("n"):
        log_beta_binomial([1, 2, 3], bad, 1, 1)


def test_arrays_that_do_not_fit_are_refused_by_name():
    population = BetaPopulation(1, 2)
    with refused("y and n"):
        population.posterior([1, 2], [3, 4, 5])
    with refused("n and m"):
        population.predictive([1, 2], [3, 4], [1, 2, 3])
    with refused("alpha and beta"):
        log_marginal_likelihood([1, 2], [1, 2, 3], [1], [2])
    with pytest.raises(ValueError, match=r"entry 1 is 6\.0, n is 5\.0"):
        population.posterior([1, 6], [5, 5])
    with pytest.raises(ValueError, match=r"got 3\.0 of 2\.0"):
        log_beta_binomial(3, 2, 1, 1)


@each(NO_SIZE)
def test_hyperparameters_are_single_numbers_above_0(bad):
    for name, at in (("alpha", (bad, 1)), ("beta", (1, bad))):
        with refused(name):
            BetaPopulation(*at)
        if np.ndim(bad) == 0:
            with refused(name):
                log_marginal_likelihood(*at, [1], [2])
            with refused(name):
                log_beta_binomial(1, 2, *at)


@each(NO_SHARE)
def test_shares_lie_strictly_between_0_and_1(bad):
    with refused("mean"):
        BetaPopulation.pooled(bad)
    if np.ndim(bad) == 0:
        with refused("q"):
            posterior_grid([1, 3], [5, 5], points=10).quantile(lambda a, b: a, bad)


@pytest.mark.parametrize("bad", [-1, [1, -2], np.nan, np.inf, "a", None, []])
def test_a_weight_is_of_sizes(bad):
    with refused("n"):
        BetaPopulation(1, 1).weight(bad)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("bounds", "ab"),
        ("bounds", ((1, "a"), (1, 2))),
        ("bounds", ((1, 2), (1, 2, 3))),
        ("bounds", ((0, np.inf), (1, 2))),
        ("log_prior", None),
        ("log_prior", lambda a, b: np.nan * a),
        ("points", 50.0),
        ("points", True),
    ],
)
def test_the_grid_refuses_by_name(name, bad):
    with refused(name):
        posterior_grid([1, 3], [5, 5], **{name: bad})


@pytest.mark.parametrize("bad", [-1, 2.5, "a", None, (3, -1)])
def test_a_sample_has_a_whole_size(bad):
    with refused("size"):
        posterior_grid([1, 3], [5, 5], points=10).sample(bad, rng=np.random.default_rng(1))
