"""`helpers.counts` against quadrature, simulation, other formulas, and on bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from helpers import beta_binomial, counts


@pytest.fixture(scope="module")
def small():
    """Return 400 units of very unequal exposure with true rates from a Gamma population."""
    rng = np.random.default_rng(101)
    n = np.exp(rng.normal(11, 1.4, 400)).round()
    theta = rng.gamma(12, 1 / 240_000, 400)
    return rng.poisson(n * theta), n


# ------------------------------------------------------------------------------ control limits


@pytest.mark.parametrize("level", [0.5, 0.95, 0.998])
def test_control_limits_leave_out_no_more_than_they_say_and_not_one_count_too_few(level):
    """Second route: Poisson tails as Gamma tails (the waiting time of the k-th event)."""
    exposure = np.geomspace(1e2, 1e7, 60)
    expected = 5e-5 * exposure
    lower, upper = counts.control_limits(5e-5, exposure, level=level)
    tail = (1 - level) / 2

    def at_least(k):  # P(Y >= k) = P(k-th event comes within the exposure)
        return np.where(k > 0, stats.gamma.cdf(expected, np.maximum(k, 1)), 1.0)

    assert (at_least(upper + 1) <= tail * (1 + 1e-9)).all()
    assert (at_least(upper) > tail * (1 - 1e-9)).all()
    assert (1 - at_least(lower) <= tail * (1 + 1e-9)).all()
    assert (1 - at_least(lower + 1) > tail * (1 - 1e-9)).all()


def test_control_limits_by_simulation():
    rng = np.random.default_rng(102)
    exposure = np.array([2e4, 3e5, 4e6])
    lower, upper = counts.control_limits(5e-5, exposure, level=0.95)
    drawn = rng.poisson(5e-5 * exposure, (200_000, 3))
    for tail in ((drawn < lower).mean(axis=0), (drawn > upper).mean(axis=0)):
        assert (tail <= 0.025 + 4 * np.sqrt(0.025 / 200_000)).all()


# ------------------------------------------------------------------------------ one population


def test_estimate_is_the_weighted_average_and_the_posterior_mean(small):
    y, n = small
    population = counts.GammaPopulation(5e-5, 240_000)
    weight = population.weight(n)
    np.testing.assert_allclose(
        population.estimate(y, n), weight * y / n + (1 - weight) * 5e-5, rtol=1e-12
    )
    np.testing.assert_allclose(population.estimate(y, n), population.posterior(y, n).mean())
    assert population.sd == pytest.approx(stats.gamma(12, scale=1 / 240_000).std())


def test_predictive_is_the_mixture_of_poissons():
    population = counts.GammaPopulation(5e-5, 240_000)
    predictive = population.predictive(3, 80_000, 70_000.5)
    posterior = population.posterior(3, 80_000)
    for k in (0, 2, 9):
        mixed, _ = integrate.quad(
            lambda t, k=k: stats.poisson.pmf(k, t * 70_000.5) * posterior.pdf(t)[0], 0, 1e-3
        )
        assert predictive.pmf(k)[0] == pytest.approx(mixed, rel=1e-6)


def test_population_without_spread_is_complete_pooling(small):
    y, n = small
    pooled = counts.GammaPopulation(5e-5, np.inf)
    assert pooled.sd == 0 and (pooled.weight(n) == 0).all()
    np.testing.assert_array_equal(pooled.estimate(y, n), 5e-5)
    np.testing.assert_allclose(pooled.predictive(y, n, n).pmf(y), stats.poisson.pmf(y, 5e-5 * n))
    with pytest.raises(ValueError, match="prior_sample_size"):
        pooled.posterior(y, n)


def test_a_unit_without_exposure_gets_the_population():
    assert counts.GammaPopulation(5e-5, 1e5).estimate([0], [0])[0] == pytest.approx(5e-5)


# ----------------------------------------------------------------------------------------- fits


def direct(y, n, X):
    """Maximise the negative binomial likelihood by another search, without any slope."""
    centre = np.log(y.sum() / n.sum())

    def loss(z):
        size = np.exp(z[-1])
        mean = np.exp(X @ z[:-1])
        return -stats.nbinom.logpmf(y, mean * size, size / (size + n)).sum()

    start = np.append(np.zeros(X.shape[1]), 12.0)
    start[0] = centre
    options = {"xatol": 1e-8, "fatol": 1e-9, "maxiter": 6000, "maxfev": 6000}
    found = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
    return found.x, -found.fun


def test_fit_equals_a_search_without_slopes(small):
    y, n = small
    fit = counts.fit_population(y, n)
    z, value = direct(y, n, np.ones((y.size, 1)))
    assert fit.coefficients[0] == pytest.approx(z[0], abs=1e-6)
    assert np.log(fit.population.prior_sample_size) == pytest.approx(z[-1], abs=1e-5)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize(
    ("y", "n"),
    [
        ([6035, 612, 799_335], [334.13, 33.81, 45_721.4]),
        (
            [8, 455_327, 13, 34, 1091, 35, 22, 373, 6],
            [1.52, 89_311.29, 1.99, 6.78, 227.96, 8.08, 3.82, 79.26, 1.99],
        ),
    ],
)
def test_the_higher_of_two_hills_is_found(y, n):
    """Few units of very unequal exposure: a search from one place only ended on the lower hill."""
    y, n = np.array(y), np.array(n)
    fit = counts.fit_population(y, n)
    size = np.geomspace(1, 1e4 * n.max(), 80)[:, None, None]
    mean = y.sum() / n.sum() * np.geomspace(0.5, 2, 81)[:, None]
    every = stats.nbinom.logpmf(y, mean * size, size / (size + n)).sum(axis=-1)
    assert fit.log_likelihood >= every.max()
    assert fit.population.prior_sample_size > 1000


def test_a_fit_whose_steps_must_be_halved_equals_a_search_without_slopes():
    """Newton's full steps jump to and fro here and settle nowhere."""
    y = np.array([20, 17_748, 3, 1, 0, 8963, 1, 15_013, 0, 1])
    n = np.array([145.3, 120_220.9, 13.3, 5.5, 1.9, 57_455.1, 7.7, 97_752.0, 1.6, 16.4])
    x = np.array([-0.61, -0.09, 1.64, -1.17, 0.9, 1.25, 0.35, -0.29, -3.08, -0.71])
    fit = counts.fit_population(y, n, x)
    _, value = direct(y, n, np.column_stack([np.ones(10), x]))
    assert fit.log_likelihood == pytest.approx(value, abs=1e-6)


def test_fit_with_predictors_equals_a_search_without_slopes(small):
    y, n = small
    size = np.log(n / 1e5)
    fit = counts.fit_population(y, n, size)
    z, value = direct(y, n, np.column_stack([np.ones(y.size), size]))
    np.testing.assert_allclose(fit.coefficients, z[:2], atol=1e-5)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-7)
    np.testing.assert_allclose(fit.population.mean, np.exp(z[0] + z[1] * size), rtol=1e-4)


def test_two_predictors_equal_a_search_without_slopes(small):
    y, n = small
    X = np.column_stack([np.log(n / 1e5), np.random.default_rng(108).normal(size=y.size)])
    fit = counts.fit_population(y, n, X)
    z, value = direct(y, n, np.column_stack([np.ones(y.size), X]))
    np.testing.assert_allclose(fit.coefficients, z[:3], atol=1e-4)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-6)


def test_the_column_that_adds_nothing_is_named(small):
    y, n = small
    own, other = np.log(n), np.sin(np.arange(n.size))
    with pytest.raises(ValueError, match="column 2 is a combination"):
        counts.fit_population(y, n, np.column_stack([own, other, 2 * own - other]))


def test_reach_of_a_step_is_the_farthest_that_anything_moves():
    X = np.array([[1.0, 2], [1, -3]])
    assert counts._reach(np.array([1.0, 1, 0.5]), X) == 3  # the first unit
    assert counts._reach(np.array([0.0, 0, -5]), X) == 5  # the log of n0


def test_with_predictors_and_no_further_spread_the_fit_is_a_poisson_regression():
    """Counts nearer to the line than chance would have them: the slopes solve X'(y - mean) = 0."""
    x, n = np.linspace(-1, 1, 30), np.full(30, 1e4)
    y = np.round(n * 0.01 * np.exp(0.7 * x))
    fit = counts.fit_population(y, n, x)
    assert fit.population.prior_sample_size == np.inf
    X, mean = np.column_stack([np.ones(30), x]), n * fit.population.mean
    covariance = np.linalg.inv(X.T @ (mean[:, None] * X))
    error = np.sqrt(np.diag(covariance))
    assert np.abs(covariance @ X.T @ (y - mean) / error).max() < 1e-4
    np.testing.assert_allclose(fit.standard_errors, error, rtol=1e-3)
    assert fit.log_likelihood == pytest.approx(stats.poisson.logpmf(y, mean).sum(), abs=1e-8)


def test_standard_errors_are_the_spread_of_refits(small):
    _, n = small
    rng = np.random.default_rng(103)
    slopes = []
    for _ in range(150):
        y = rng.poisson(n * rng.gamma(12, 1 / 240_000, n.size))
        fit = counts.fit_population(y, n, np.log(n / 1e5))
        slopes.append(fit.coefficients[1])
    assert fit.standard_errors[1] == pytest.approx(np.std(slopes), rel=0.2)


def test_rare_events_agree_with_the_beta_binomial(small):
    y, n = small
    gamma, beta = (
        counts.fit_population(y, n).population,
        beta_binomial.fit_marginal_likelihood(y, n),
    )
    assert gamma.mean == pytest.approx(beta.mean, rel=1e-4)
    assert gamma.prior_sample_size == pytest.approx(beta.prior_sample_size, rel=1e-3)


def test_no_more_spread_than_chance_gives_an_infinite_prior_sample_size():
    n = np.full(50, 1e5)
    fit = counts.fit_population(np.full(50, 5), n)
    assert fit.population == counts.GammaPopulation(5e-5, np.inf)
    assert fit.log_likelihood == pytest.approx(50 * stats.poisson.logpmf(5, 5), abs=1e-3)


@pytest.mark.long
def test_nested_fit_by_quadrature_in_every_group():
    """The same likelihood by adaptive quadrature, and no better point nearby."""
    rng = np.random.default_rng(104)
    group = np.repeat(np.arange(8), 15)
    n = np.exp(rng.normal(11.5, 1, group.size)).round()
    mean = 5e-5 * np.exp(rng.normal(0, 0.3, 8))
    y = rng.poisson(n * rng.gamma(20 * mean[group] / 5e-5, 5e-5 / 20))
    fit = counts.fit_nested(y, n, group)

    def log_likelihood(log_mean, sd, size):
        total = 0.0
        for g in range(8):
            at = group == g

            def each(u, at=at):
                shape = size * np.exp(log_mean + sd * u)
                return stats.nbinom.logpmf(y[at], shape, size / (size + n[at])).sum()

            offset = each(0)

            def joint(u, each=each, offset=offset):
                return np.exp(each(u) - offset) * stats.norm.pdf(u)

            total += np.log(integrate.quad(joint, -7, 7, limit=200)[0]) + offset
        return total

    here = np.log(fit.mean), fit.group_sd, fit.prior_sample_size
    top = log_likelihood(*here)
    assert fit.log_likelihood == pytest.approx(top, abs=1e-4)
    for factor in (0.8, 1.25):
        assert log_likelihood(here[0], here[1] * factor, here[2]) < top
        assert log_likelihood(here[0], here[1], here[2] * factor) < top
    assert log_likelihood(here[0] + 0.05, *here[1:]) < top
    assert fit.population.mean.shape == y.shape


def test_three_poolings_by_definition(small):
    y, n = small
    found = counts.three_poolings(y, n)
    assert list(found) == ["no pooling", "complete pooling", "partial pooling"]
    np.testing.assert_allclose(found["no pooling"][0], y / n)
    np.testing.assert_allclose(found["complete pooling"][0], y.sum() / n.sum())
    population = counts.fit_population(y, n).population
    np.testing.assert_allclose(found["partial pooling"][0], population.estimate(y, n))
    ends = population.posterior(y, n).interval(0.95)
    np.testing.assert_allclose(found["partial pooling"][1:], ends, rtol=1e-9)
    _, lower, upper = found["no pooling"]
    np.testing.assert_allclose(stats.poisson.cdf(y, n * upper), 0.025, rtol=1e-6)
    some = y > 0
    np.testing.assert_allclose(stats.poisson.sf(y[some] - 1, (n * lower)[some]), 0.025, rtol=1e-6)
    assert (lower[~some] == 0).all()


def test_lognormal_prior_is_the_density_it_says():
    """Draw means and sizes; compare a corner's probability with the integral over alpha, beta."""
    log_prior = counts.lognormal_prior(0.1, 0.3, 20, 0.5)
    alpha, beta = np.meshgrid(np.linspace(0.01, 30, 1500), np.linspace(0.01, 200, 2000))
    density = np.exp(log_prior(alpha, beta))
    inside = (alpha < 2) & (beta < 20)
    rng = np.random.default_rng(105)
    mean, n0 = np.exp(rng.normal(np.log([[0.1], [20]]), [[0.3], [0.5]], (2, 400_000)))
    wanted = ((mean * n0 < 2) & ((1 - mean) * n0 < 20))[mean < 1].mean()
    assert density[inside].sum() / density.sum() == pytest.approx(wanted, abs=0.01)


def test_lognormal_prior_is_two_lognormals_and_the_change_of_variables():
    alpha, beta = np.array([0.3, 2, 5, 1]), np.array([4.0, 9, 90, 1])
    size = alpha + beta
    wanted = stats.lognorm(0.3, scale=0.1).logpdf(alpha / size)
    wanted += stats.lognorm(0.5, scale=20).logpdf(size) - np.log(size)
    told = counts.lognormal_prior(0.1, 0.3, 20, 0.5)(alpha, beta)
    np.testing.assert_allclose(told - told[0], wanted - wanted[0], rtol=1e-12)


# -------------------------------------------------------------------------------- calibration


def test_pit_of_right_predictions_is_uniform_and_coverage_is_what_is_implied():
    rng = np.random.default_rng(106)
    mean = np.exp(rng.normal(0.5, 1.2, 20_000))
    y = rng.poisson(mean)
    place = counts.randomised_pit(stats.poisson(mean), y, rng=rng)
    assert stats.kstest(place, "uniform").pvalue > 1e-3
    inside, implied = counts.interval_coverage(stats.poisson(mean), y, level=0.8)
    assert implied.min() >= 0.8 - 1e-9
    assert inside.mean() == pytest.approx(implied.mean(), abs=4 * np.sqrt(0.16 / 20_000))


def test_pit_and_coverage_by_hand():
    y, mean = np.array([0, 2, 5, 6, 1]), np.array([0.5, 2, 2.5, 2.5, 6])
    place = counts.randomised_pit(stats.poisson(mean), y, rng=np.random.default_rng(107))
    share = np.random.default_rng(107).random(5)
    below = [stats.poisson.pmf(np.arange(k), m).sum() for k, m in zip(y, mean, strict=True)]
    np.testing.assert_allclose(place, below + share * stats.poisson.pmf(y, mean))
    inside, implied = counts.interval_coverage(stats.poisson(mean), y, level=0.8)
    for at, m in enumerate(mean):
        cdf = stats.poisson.cdf(np.arange(40), m)
        lower, upper = np.argmax(cdf >= 0.1), np.argmax(cdf >= 0.9)
        assert inside[at] == (lower <= y[at] <= upper)
        held = stats.poisson.pmf(np.arange(lower, upper + 1), m).sum()
        assert implied[at] == pytest.approx(held)
    assert inside.any() and not inside.all()


# ----------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: counts.control_limits(0, [1.0]), "rate"),
        (lambda: counts.control_limits(1e-5, [0.0]), "exposure"),
        (lambda: counts.control_limits(1e-5, [1.0], level=95), "level"),
        (lambda: counts.GammaPopulation(-1, 5), "mean"),
        (lambda: counts.GammaPopulation(1, 0), "prior_sample_size"),
        (lambda: counts.fit_population([0, 0], [5, 5]), "every entry is 0"),
        (lambda: counts.fit_population([1, -2], [5, 5]), "y"),
        (lambda: counts.fit_population([1.5, 2], [5, 5]), "whole"),
        (lambda: counts.fit_population([1, 2], [5, 0]), "n"),
        (lambda: counts.fit_population([1, 2, 3], [5, 6]), "equal lengths"),
        (lambda: counts.fit_population([1, 2], [5, 6], [np.nan, 1]), "predictors"),
        (lambda: counts.fit_nested([1, 2], [5, 6], ["a"]), "group"),
        (lambda: counts.lognormal_prior(0, 1, 1, 1), "mean"),
    ],
)
def test_bad_input_is_refused_by_name(call, told):
    with pytest.raises(ValueError, match=told):
        call()


def test_a_generator_is_wanted():
    with pytest.raises(TypeError, match="rng"):
        counts.randomised_pit(stats.poisson(2), [1], rng=5)


def test_a_top_that_is_nearly_flat_is_found():
    """Counts without spread: the likelihood hardly changes with n0, and its slope is rounding."""
    n = np.geomspace(300, 3e7, 3109)
    for seed in range(40):
        y = np.random.default_rng(seed).poisson(5e-5 * n)
        fit = counts.fit_population(y, n)
        size = fit.population.prior_sample_size
        for factor in (0.5, 2.0):
            other = min(size, 1e12) * factor
            value = stats.nbinom(5e-5 * other, other / (other + n)).logpmf(y).sum()
            assert fit.log_likelihood >= value - 1e-6
