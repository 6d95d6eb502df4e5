"""`helpers.gamma_poisson` against quadrature, scipy.stats.nbinom, other searches, and limits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from helpers.gamma_poisson import GammaPopulation, fit_marginal_likelihood, three_poolings
from tests.strategies import NO_COUNTS, each, orders, refused, successes

exposed = successes(least=2, both=False).filter(lambda data: data[0].any())
rates, sizes = st.floats(1e-6, 1e3), st.floats(1e-3, 1e9)


@pytest.fixture(scope="module")
def small():
    """Return 400 units of very unequal exposure with true rates from a Gamma population."""
    rng = np.random.default_rng(101)
    n = np.exp(rng.normal(11, 1.4, 400)).round()
    return rng.poisson(n * rng.gamma(12, 1 / 240_000, 400)), n


def negative_binomial(y, n, mean, size):
    """Log probability of each count, by SciPy's distribution."""
    return stats.nbinom.logpmf(y, mean * size, size / (size + n))


# --------------------------------------------------------------------------------- one population

MEAN, SIZE = 1.5, 4.0  # events a year; prior sample size, years


def integral(f, y=0, n=0.0):
    """Integrate f(rate) over population density times Poisson probability of y in n years."""

    def joint(rate):
        prior = SIZE * stats.gamma.pdf(SIZE * rate, MEAN * SIZE)
        return f(rate) * prior * stats.poisson.pmf(y, rate * n)

    return integrate.quad(joint, 0, 60, limit=200, epsabs=1e-13, points=(1, 2, 5))[0]


def test_population_by_quadrature():
    population = GammaPopulation(MEAN, SIZE)
    assert integral(lambda rate: rate) == pytest.approx(population.mean)
    variance = integral(lambda rate: (rate - MEAN) ** 2)
    assert population.sd == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize(("y", "n"), [(0, 2.5), (7, 2.5), (30, 12.0), (0, 0.0)])
def test_estimate_interval_and_predictive_by_quadrature(y, n):
    population = GammaPopulation(MEAN, SIZE)
    whole = integral(np.ones_like, y, n)
    mean = integral(lambda rate: rate, y, n) / whole
    assert population.estimate(y, n) == pytest.approx(mean)
    weight = population.weight(n)
    assert mean == pytest.approx(weight * y / max(n, 1) + (1 - weight) * MEAN)
    for level in (0.5, 0.95):
        for end, below in zip(population.interval(y, n, level), (1, -1), strict=True):
            share = integral(lambda rate, end=end[0]: float(rate < end), y, n) / whole
            assert share == pytest.approx(0.5 - below * level / 2, abs=1e-4)
    assert population.interval(y, n) == population.interval(y, n, 0.95)
    for k in (0, 3, 20):
        ahead = integral(lambda rate, k=k: stats.poisson.pmf(k, rate * 1.7), y, n) / whole
        assert population.predictive(y, n, 1.7).pmf(k) == pytest.approx(ahead, rel=1e-6)


def test_log_likelihood_by_quadrature():
    y, n = np.array([0, 4, 2]), np.array([1.5, 2.0, 0.3])
    each_one = [integral(np.ones_like, k, m) for k, m in zip(y, n, strict=True)]
    told = GammaPopulation(MEAN, SIZE).log_likelihood(y, n)
    assert told == pytest.approx(np.log(each_one).sum())
    mean = np.array([1.0, 2, 3])
    told = GammaPopulation(mean, SIZE).log_likelihood(y, n)
    assert told == pytest.approx(negative_binomial(y, n, mean, SIZE).sum())


def test_without_spread_every_unit_has_the_mean(small):
    y, n = small
    pooled = GammaPopulation(5e-5, np.inf)
    assert pooled.sd == 0 and (pooled.weight(n) == 0).all()
    np.testing.assert_array_equal(pooled.estimate(y, n), 5e-5)
    np.testing.assert_array_equal(pooled.interval(y, n, 0.9), np.full((2, 400), 5e-5))
    np.testing.assert_allclose(pooled.predictive(y, n, n).pmf(y), stats.poisson.pmf(y, 5e-5 * n))
    assert pooled.log_likelihood(y, n) == stats.poisson.logpmf(y, 5e-5 * n).sum()


@given(rates, st.one_of(sizes, st.just(np.inf)), exposed)
def test_weights_lie_in_0_to_1_and_estimates_between_raw_rate_and_mean(mean, size, data):
    population, (y, n) = GammaPopulation(mean, size), data
    weight, estimate = population.weight(n), population.estimate(y, n)
    assert ((weight >= 0) & (weight <= 1)).all()
    assert (np.minimum(y / n, mean) * (1 - 1e-9) <= estimate).all()
    assert (estimate <= np.maximum(y / n, mean) * (1 + 1e-9)).all()
    ahead = population.predictive(y, n, 0.5 * n).mean()
    np.testing.assert_allclose(ahead, 0.5 * n * estimate, rtol=1e-6)


# ----------------------------------------------------------------------------------------- the fit


def direct(y, n, X, start):
    """Maximise the negative binomial likelihood by another search, without any slope."""

    def loss(z):
        return -negative_binomial(y, n, np.exp(X @ z[:-1]), np.exp(z[-1])).sum()

    options = {"xatol": 1e-8, "fatol": 1e-9, "maxiter": 9000, "maxfev": 9000}
    found = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
    return found.x, -found.fun


@pytest.mark.parametrize("predictors", [0, 1, 2])
def test_fit_equals_a_search_without_slopes(small, predictors):
    y, n = small
    X = np.column_stack([np.log(n / 1e5), np.sin(np.arange(400.0))])[:, :predictors]
    fit = fit_marginal_likelihood(y, n, X if predictors else None)
    design = np.column_stack([np.ones(400), X])
    z, value = direct(y, n, design, [np.log(y.sum() / n.sum()), *np.zeros(predictors), 12.0])
    np.testing.assert_allclose(fit.coefficients, z[:-1], atol=1e-4 if predictors else 1e-6)
    assert np.log(fit.prior_sample_size) == pytest.approx(z[-1], abs=1e-4)
    np.testing.assert_allclose(
        fit.mean, np.exp(design @ fit.coefficients)[:: 1 if predictors else 400]
    )
    assert fit.log_likelihood(y, n) == pytest.approx(value, abs=1e-6)
    assert np.ndim(fit.mean) == (predictors > 0)


@pytest.mark.parametrize(
    ("low", "y", "n"),
    [
        (True, [0, 3205, 25], [11.9, 14453.8, 39.9]),
        (False, [6035, 612, 799_335], [334.13, 33.81, 45_721.4]),
        (
            False,
            [8, 455_327, 13, 34, 1091, 35, 22, 373, 6],
            [1.52, 89_311.29, 1.99, 6.78, 227.96, 8.08, 3.82, 79.26, 1.99],
        ),
    ],
)
def test_the_higher_of_two_hills_is_found(low, y, n):
    """Few units of very unequal exposure: a search from one place only ended on the lower hill."""
    y, n = np.array(y), np.array(n)
    fit = fit_marginal_likelihood(y, n)
    size = np.geomspace(1, 1e4 * n.max(), 80)[:, None, None]
    mean = y.sum() / n.sum() * np.geomspace(0.5, 2, 81)[:, None]
    assert fit.log_likelihood(y, n) >= negative_binomial(y, n, mean, size).sum(axis=-1).max()
    assert (fit.prior_sample_size < 1000) == low


@pytest.mark.parametrize("times", [1e5, 1e7, 1e9])
def test_huge_counts_in_forty_digits(times):
    n = times * np.array([0.3, 1.0, 1.7, 2.2, 4.0])
    y = np.round(n * np.array([0.9, 1.1, 1.0, 1.3, 0.8]) * 0.2)
    fit = fit_marginal_likelihood(y, n)

    def exact(mean, size):
        a, total = mpmath.mpf(mean) * size, 0
        for k, m in zip(y, n, strict=True):
            total += mpmath.loggamma(a + k) - mpmath.loggamma(a) - a * mpmath.log1p(m / size)
            total += k * (mpmath.log(m) - mpmath.log(m + size))
        return total

    mean, size = map(mpmath.mpf, (float(fit.mean), float(fit.prior_sample_size)))
    with mpmath.workdps(40):
        top = exact(mean, size)
        for a, b in ((1 + 1e-6, 1), (1 - 1e-6, 1), (1, 1 + 1e-5), (1, 1 - 1e-5)):
            assert exact(mean * a, size * b) < top


@given(st.integers(1, 10**6), st.floats(1e-3, 1e9), st.integers(1, 8))
def test_identical_rates_and_one_unit_give_complete_pooling(y, n, units):
    found = fit_marginal_likelihood([y] * units, [n] * units)
    assert found.prior_sample_size == np.inf and found.mean == pytest.approx(y / n)
    poolings = three_poolings([y] * units, [n] * units)
    np.testing.assert_array_equal(poolings["partial pooling"], poolings["complete pooling"])


def test_with_predictors_and_no_further_spread_the_fit_is_a_poisson_regression():
    """Counts nearer to the line than chance would have them: the slopes solve X'(y - mean) = 0."""
    x, n = np.linspace(-1, 1, 30), np.full(30, 1e4)
    y = np.round(n * 0.01 * np.exp(0.7 * x))
    fit = fit_marginal_likelihood(y, n, x)
    assert fit.prior_sample_size == np.inf
    X = np.column_stack([np.ones(30), x])
    np.testing.assert_allclose(X.T @ (n * fit.mean), X.T @ y, rtol=1e-9)
    np.testing.assert_allclose(fit.coefficients, [np.log(0.01), 0.7], atol=1e-3)


def test_no_spread_in_the_truth_nothing_lost_by_saying_so():
    n = np.geomspace(300, 3e7, 3109)
    for seed in range(12):
        y = np.random.default_rng(seed).poisson(5e-5 * n)
        fit = fit_marginal_likelihood(y, n)
        told = fit.log_likelihood(y, n) + (1 if np.isinf(fit.prior_sample_size) else 0)
        for size in np.geomspace(1e5, 1e12, 30):
            assert told >= negative_binomial(y, n, y.sum() / n.sum(), size).sum() - 1e-6


def test_spread_is_told_where_there_is_evidence_and_where_n0_is_small():
    """Claims: one year of each of 10,000 drivers, with the weight 1/17; and four units in all."""
    rng = np.random.default_rng(107)
    claims = fit_marginal_likelihood(rng.poisson(rng.gamma(1.6, 1 / 16, 10_000)), np.ones(10_000))
    assert claims.prior_sample_size == pytest.approx(16, rel=0.25)
    y, n = np.array([3, 8, 2, 9]), np.full(4, 10.0)
    z, _ = direct(y, n, np.ones((4, 1)), [-0.6, 2.0])
    assert np.log(fit_marginal_likelihood(y, n).prior_sample_size) == pytest.approx(z[-1], abs=1e-4)


def same(one, two, unit=1.0, rel=1e-4):
    """Two populations alike, the second with exposures counted in another unit."""
    assert np.asarray(two.mean) * unit == pytest.approx(np.asarray(one.mean), rel=1e-5)
    assert unit / two.prior_sample_size == pytest.approx(1 / one.prior_sample_size, rel=rel)


@given(exposed, st.floats(1e-6, 1e6), st.data())
@example((np.array([170920633.0, 2.0]), np.array([169684236.0, 8.8])), 1.0, None)
@example((np.array([3084362.0, 0.0]), np.array([110029235.2, 17.8])), 1e-3, None)
def test_order_of_units_and_unit_of_exposure_do_not_matter(data, unit, more):
    y, n = data
    order = np.arange(n.size)[::-1] if more is None else orders(more.draw, n.size)
    same(fit_marginal_likelihood(y, n), fit_marginal_likelihood(y[order], n[order] * unit), unit)


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_a_predictor_in_another_unit_has_another_slope_and_the_same_means(seed, scale, shift):
    rng = np.random.default_rng(seed)
    n, x = rng.uniform(50, 5000, 12), rng.normal(size=12)
    y = rng.poisson(n * rng.gamma(4, 0.25, 12) * np.exp(0.5 * x) / 20)
    one = fit_marginal_likelihood(y, n, x)
    two = fit_marginal_likelihood(y, n, scale * (x + shift))
    same(one, two, rel=1e-3)
    assert two.coefficients[1] * scale == pytest.approx(one.coefficients[1], rel=1e-3, abs=1e-5)


@given(exposed)
def test_no_population_nearby_is_more_likely_than_the_fit(data):
    y, n = data
    found = fit_marginal_likelihood(y, n)
    top, mean, size = found.log_likelihood(y, n), found.mean, found.prior_sample_size
    assume(np.isfinite(size))
    for a, b in ((1.1, 1), (0.9, 1), (1, 1.1), (1, 0.9)):
        near = negative_binomial(y, n, mean * a, size * b).sum()
        assert near <= top + 1e-6 * (1 + abs(top))


# ---------------------------------------------------------------------- three poolings, bad input


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_three_poolings_by_definition(small, level):
    y, n = small
    found = three_poolings(y, n, level=level)
    assert list(found) == ["no pooling", "complete pooling", "partial pooling"]
    population, tail = fit_marginal_likelihood(y, n), (1 - level) / 2
    partial = population.estimate(y, n), *population.interval(y, n, level)
    np.testing.assert_array_equal(found["partial pooling"], partial)
    total, exposure, one = np.full(400, y.sum()), np.full(400, n.sum()), np.ones(400, bool)
    for name, k, m, some in (("no", y, n, y > 0), ("complete", total, exposure, one)):
        estimate, lower, upper = found[f"{name} pooling"]
        np.testing.assert_allclose(estimate, k / m)
        np.testing.assert_allclose(stats.poisson.cdf(k, m * upper), tail, rtol=1e-6)
        np.testing.assert_allclose(stats.poisson.sf(k - 1, m * lower)[some], tail, rtol=1e-6)
        assert (lower[~some] == 0).all()


@each(NO_COUNTS)
def test_what_is_no_count_is_refused(bad):
    for function in (fit_marginal_likelihood, three_poolings, GammaPopulation(1, 1).estimate):
        with refused("y"):
            function(bad, [5.0, 5.0, 5.0])


ONE = GammaPopulation(1.0, 1.0)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("y", lambda: fit_marginal_likelihood([0, 0], [5, 5])),
        ("y", lambda: ONE.estimate([1, 2], [5, 0])),
        ("n", lambda: fit_marginal_likelihood([1, 0], [5, 0])),
        ("y and n", lambda: fit_marginal_likelihood([1, 2, 3], [5, 6])),
        ("m", lambda: ONE.predictive([1], [2], [-1])),
        ("level", lambda: ONE.interval([1], [2], 95)),
        ("mean", lambda: GammaPopulation(0, 5)),
        ("prior_sample_size", lambda: GammaPopulation(1, -5)),
        ("y and X", lambda: fit_marginal_likelihood([1, 2, 3], [4, 5, 6], [1, 2])),
        ("X", lambda: fit_marginal_likelihood([1, 2], [5, 6], [np.nan, 1])),
        ("X", lambda: fit_marginal_likelihood([1, 2, 9], [5, 6, 7], [[1, 2], [2, 4], [5, 10]])),
        ("X", lambda: fit_marginal_likelihood([0, 0, 5], [10, 20, 30], [-1, -1, 2])),  # separated
    ],
)
def test_what_has_no_answer_is_refused_by_name(name, call):
    with refused(name):
        call()
