"""helpers.beta_binomial: published values, identities, limits, extreme sizes, any valid data."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit

from helpers._beta_likelihood import BLOCK, Units, log_likelihood_of_rows
from helpers.beta_binomial import (
    BetaPopulation,
    bda3_prior,
    fit_marginal_likelihood,
    fit_moments,
    log_beta_binomial,
    log_marginal_likelihood,
    posterior_grid,
)
from helpers.datasets import load_rat_tumors
from tests.strategies import orders, refused, successes


@pytest.fixture(scope="module")
def rats():
    table = load_rat_tumors()
    return table["tumors"].to_numpy(), table["rats"].to_numpy()


# --- published values


def test_source_moments(rats):
    """Source notes on the rat tumours: mean, variance, alpha, beta of 70, and experiment 71."""
    y, n = (x[:-1] for x in rats)
    assert np.mean(y / n) == pytest.approx(0.13600653889043893, rel=1e-14)
    assert np.var(y / n) == pytest.approx(0.010557640623609196, rel=1e-13)
    fit = fit_moments(y, n)
    assert fit.alpha == pytest.approx(1.3777748392916778, rel=1e-13)
    assert fit.beta == pytest.approx(8.7524354471531129, rel=1e-13)
    assert fit.posterior(4, 14).mean() == pytest.approx(0.22286481449822493, rel=1e-13)


def test_published_mode(rats):
    """BDA3 section 5.3: the posterior mode is near (-1.79, 2.74) for all 71 experiments."""
    grid = posterior_grid(*rats)
    assert grid.mode == pytest.approx((-1.79, 2.74), abs=0.005)


def test_population_identities():
    p = BetaPopulation(2.0, 8.0)
    assert (p.mean, p.prior_sample_size) == (0.2, 10.0)
    assert p.sd == pytest.approx(stats.beta(2, 8).std())
    assert p.weight(10) == 0.5
    assert p.weight([0, 10, 30]) == pytest.approx([0, 0.5, 0.75])
    y, n = np.array([0, 3, 9]), np.array([0, 7, 10])
    mean = p.posterior(y, n).mean()
    raw = np.array([0, 3 / 7, 0.9])
    assert mean == pytest.approx(p.weight(n) * raw + (1 - p.weight(n)) * p.mean)
    assert mean[0] == p.mean  # no trials: the population's
    assert p.estimate(y, n) == pytest.approx(mean)
    assert p.interval(3, 7, 0.8) == pytest.approx(stats.beta(5, 12).ppf([0.1, 0.9]))
    m = 5
    k = np.arange(m + 1)
    assert p.predictive(3, 7, m).pmf(k) == pytest.approx(stats.betabinom(m, 5, 12).pmf(k))


def test_pooled_limit():
    p = BetaPopulation.pooled(0.3)
    assert (p.mean, p.sd, p.prior_sample_size) == (0.3, 0.0, np.inf)
    assert np.all(p.weight([1, 1e9]) == 0)
    post = p.posterior([1, 2], [4, 4])
    assert np.all(post.mean() == 0.3) and np.all(post.std() == 0)
    assert np.all(np.array(post.interval(0.95)) == 0.3)
    assert post.sf(0.2).tolist() == [1, 1] and post.sf(0.4).tolist() == [0, 0]
    assert post.ppf([0.1, 0.9]).tolist() == [0.3, 0.3]
    k = np.arange(6)  # the limit of the beta-binomial
    near = np.exp(log_beta_binomial(k, 5, 0.3e9, 0.7e9))
    assert p.predictive(1, 4, 5).pmf(k) == pytest.approx(near, rel=1e-7)


# --- the likelihood


def exact(y, n, alpha, beta):
    """Fifty digits of log-gamma."""
    with mpmath.workdps(50):
        y, n, a, b = (mpmath.mpf(float(x)) for x in (y, n, alpha, beta))
        lg = mpmath.loggamma
        value = lg(n + 1) - lg(y + 1) - lg(n - y + 1) + lg(a + y) + lg(b + n - y)
        return float(value - lg(a + b + n) - lg(a) - lg(b) + lg(a + b))


@pytest.mark.parametrize("n", [0, 1, 2, 7, 50, 10_000, 10**8, 10**9])
@pytest.mark.parametrize("share", [0, 1e-8, 0.01, 0.3, 0.999, 1])
def test_likelihood_against_fifty_digits(n, share):
    y = np.floor(share * n)
    for size in (1e-4, 1, 20, 4e5, 1e9, 1e15):
        for mean in (1e-7, 5e-5, 0.3, 0.99):
            a, b = size * mean, size * (1 - mean)
            right = exact(y, n, a, b)
            off = abs(float(log_beta_binomial(y, n, a, b)) - right)
            assert off < 2e-12 * (1 + abs(right)) + 7e-16 * n * np.log(size + n + 1), (
                size,
                mean,
            )


def test_likelihood_sums_and_broadcasts(rats):
    y, n = rats
    a, b = np.array([[1.0], [2.0]]), np.array([5.0, 9.0, 14.0])
    value = log_marginal_likelihood(a, b, y, n)
    assert value.shape == (2, 3)
    assert value[1, 2] == pytest.approx(stats.betabinom(n, 2, 14).logpmf(y).sum(), rel=1e-12)
    assert value[0, 1] == pytest.approx(log_beta_binomial(y, n, 1, 9).sum(), rel=1e-12)


def test_more_units_than_one_block_holds_count_once_each():
    n = np.arange(2_000, 2_000 + BLOCK // 5)
    y = n // 3
    alpha = np.linspace(1, 2, 7)
    together = log_marginal_likelihood(alpha, 5.0, y, n)
    wanted = [log_beta_binomial(y, n, a, 5.0).sum() for a in alpha]
    np.testing.assert_allclose(together, wanted, rtol=1e-10)


def test_no_digits_are_lost_on_the_way_to_complete_pooling(rats):
    y, n = rats
    wanted = stats.binom(n, 0.14).logpmf(y).sum()
    for size in 10.0 ** np.arange(9, 17):
        value = log_marginal_likelihood(0.14 * size, 0.86 * size, y, n)
        assert value == pytest.approx(wanted, abs=1e-10 + 3e5 / size)


def test_the_slope_is_that_of_the_likelihood(rats):
    units, x = Units(*map(np.asarray, rats)), np.array([-1.7, 2.9])

    def value(u, v):
        return units.log_likelihood(np.exp(v) * expit(u), np.exp(v) * expit(-u))

    wanted = optimize.approx_fprime(x, lambda x: value(*x), 1e-6)
    assert units.score(*x) == pytest.approx(wanted, abs=1e-4)


def simulate(alpha, beta, n, seed):
    rng = np.random.default_rng(seed)
    return rng.binomial(n, rng.beta(alpha, beta, len(n)))


def test_noise_removed_is_unbiased():
    """Averaged over many data sets, the corrected moments find the true variance of the rates."""
    rng = np.random.default_rng(2)
    n = np.tile([5, 10, 20, 40], 2500)
    y = rng.binomial(n, rng.beta(2, 8, n.size))
    assert fit_moments(y, n, remove_noise=True).sd == pytest.approx(
        stats.beta(2, 8).std(), rel=0.02
    )
    assert fit_moments(y, n).sd > 1.2 * stats.beta(2, 8).std()


@pytest.mark.parametrize("seed", range(30))
def test_marginal_likelihood_beats_every_grid_point(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 60, rng.integers(2, 12))
    size, mean = 10 ** rng.uniform(-1, 4), rng.uniform(0.05, 0.95)
    y = simulate(size * mean, size * (1 - mean), n, seed)
    if y.sum() in (0, n.sum()) or not ((y > 0) & (y < n)).any():
        with pytest.raises(ValueError, match="y: every"):
            fit_marginal_likelihood(y, n)
        return
    fit = fit_marginal_likelihood(y, n)
    sizes, odds = np.geomspace(1e-3, 1e9, 80), np.linspace(-6, 6, 81)
    every = log_marginal_likelihood(
        sizes[:, None] * expit(odds), sizes[:, None] * expit(-odds), y, n
    )
    if fit.prior_sample_size == np.inf:
        best = stats.binom(n, fit.mean).logpmf(y).sum()
        assert fit.mean == pytest.approx(y.sum() / n.sum())
    else:
        best = log_marginal_likelihood(fit.alpha, fit.beta, y, n)
    assert best >= every.max() - 1e-6


def test_counties_sized_data():
    """Rates near 5e-5 and person-years from a thousand to 1e8, as in notebook 01."""
    rng = np.random.default_rng(3)
    n = np.round(10 ** rng.uniform(3, 8, 3109))
    y = rng.binomial(n.astype(int), rng.beta(15, 305_000, n.size))
    fit = fit_marginal_likelihood(y, n)
    assert fit.alpha == pytest.approx(15, rel=0.1)
    assert fit.mean == pytest.approx(15 / 305_015, rel=0.02)
    grid = posterior_grid(y, n, points=30)
    assert grid.mean(lambda a, b: a) == pytest.approx(fit.alpha, rel=0.02)
    fewer = posterior_grid(y, n, points=20)
    assert grid.mean(lambda a, b: a / (a + b)) == pytest.approx(
        fewer.mean(lambda a, b: a / (a + b)), rel=1e-6
    )


@pytest.mark.parametrize("fit", [fit_marginal_likelihood, fit_moments, posterior_grid])
@pytest.mark.parametrize("y", [[0, 0, 0], [5, 7, 9]])
def test_no_success_or_no_failure_has_no_answer(fit, y):
    with pytest.raises(ValueError, match="every"):
        fit(y, [5, 7, 9])


def test_all_or_nothing_units():
    with pytest.raises(ValueError, match="alpha \\+ beta is 0"):
        fit_marginal_likelihood([0, 5, 0, 5], [5, 5, 5, 5])
    with pytest.raises(ValueError, match="no Beta"):
        fit_moments([0, 5, 0, 5], [5, 5, 5, 5])
    with pytest.raises(ValueError, match="improper"):
        posterior_grid([0, 5, 0, 5], [5, 5, 5, 5])
    assert fit_marginal_likelihood([0, 1, 1], [1, 1, 1]).prior_sample_size == np.inf


# --- the grid


def test_grid_against_quadrature():
    """Two units: the same posterior means by Gauss-Legendre integration over mean and log size."""
    y, n = [3, 9], [10, 12]

    def proper(a, b):
        inside = (a + b >= 1) & (a + b <= 1000)
        return np.where(inside, bda3_prior(a, b), -np.inf)

    def density(u, v):
        a, b = np.exp(v) * expit(u), np.exp(v) * expit(-u)
        return a * b * np.exp(log_marginal_likelihood(a, b, y, n) + bda3_prior(a, b))

    node, weight = np.polynomial.legendre.leggauss(400)
    u, v = 14 * node[:, None], np.log(1000) * (node + 1) / 2
    w = density(u, v) * weight * weight[:, None]
    w /= w.sum()
    grid = posterior_grid(y, n, log_prior=proper)
    assert grid.log_size[-1] < np.log(1000) < 2 * grid.log_size[-1] - grid.log_size[-2]
    assert grid.mean(lambda a, b: np.log(a + b)) == pytest.approx((w * v).sum(), rel=1e-4)
    assert grid.mean(lambda a, b: a / (a + b)) == pytest.approx((w * expit(u)).sum(), rel=1e-4)


def test_quantiles_are_those_of_the_rows(rats):
    """Of alpha + beta, each row of cells holds one value: add the rows up, up to their edges."""
    grid = posterior_grid(*rats)
    step = grid.log_size[1] - grid.log_size[0]
    edges = np.append(grid.log_size - step / 2, grid.log_size[-1] + step / 2)
    below = np.append(0, np.cumsum(grid.mass.sum(axis=1)))
    q = [0.025, 0.1, 0.5, 0.9, 0.975]
    assert np.log(grid.quantile(np.add, q)) == pytest.approx(np.interp(q, below, edges), abs=2e-3)


def test_grid_samples_what_it_says(rats):
    grid = posterior_grid(*rats)
    alpha, beta = grid.sample((2, 20_000), rng=np.random.default_rng(4))
    assert alpha.shape == (2, 20_000)
    for f in (lambda a, b: np.log(a / b), lambda a, b: np.log(a + b)):
        draws = f(alpha, beta)
        assert abs(draws.mean() - grid.mean(f)) < 4 * draws.std() / draws.size**0.5
        assert np.quantile(draws, 0.9) == pytest.approx(grid.quantile(f, 0.9), abs=0.03)


def test_grid_says_when_mass_is_left(rats):
    """A flat prior on log(alpha+beta) and the log odds is improper; so is a grid cut short."""
    with pytest.warns(UserWarning, match="at the grid's edge"):
        posterior_grid([2, 2, 2], [10, 10, 10], log_prior=lambda a, b: -np.log(a) - np.log(b))
    with pytest.warns(UserWarning, match="at the grid's edge"):
        posterior_grid(*rats, bounds=((-2.5, -1.0), (1.0, 3.0)))
    with pytest.raises(ValueError, match="log_prior"):
        posterior_grid(*rats, log_prior=lambda a, b: -np.inf + 0 * a)


@pytest.mark.parametrize(
    ("y", "n"),
    [([1, 0, 3], [9, 9, 4]), ([0, 1], [3, 3]), ([40, 900, 2000], [10**6, 2 * 10**7, 5 * 10**7])],
    ids=["few", "one success", "rare"],
)
def test_at_the_mode_the_slope_is_nothing(y, n):
    """The prior's slope in (log odds, log size): -2.5 log size + log alpha + log beta has these."""
    mode = posterior_grid(y, n, points=12).mode
    slope = Units(np.array(y, float), np.array(n, float)).score(*mode)
    slope += [expit(-mode[0]) - expit(mode[0]), -0.5]
    assert slope == pytest.approx([0, 0], abs=2e-3)


def test_data_sets_in_rows_have_a_likelihood_each():
    y, n = np.array([[0.0, 3, 9], [1, 1, 4]]), np.array([[4.0, 7, 9], [1, 30, 5]])
    alpha, beta = np.array([0.7, 2000]), np.array([3.0, 9000])
    told = log_likelihood_of_rows(y, n)(alpha, beta)
    wanted = [log_beta_binomial(y[k], n[k], alpha[k], beta[k]).sum() for k in range(2)]
    np.testing.assert_allclose(told, wanted, rtol=1e-12)


# --- any valid data


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


@FITS
@given(successes(least=2), st.data())
@example(([2277291.0, 2277291.0], [140648560.0, 140648560.0]), None)
@example(([2277291.0], [140648560.0]), None)
def test_order_and_units_without_trials_do_not_matter(fit, data, more):
    y, n = map(np.array, data)
    order = np.arange(n.size)[::-1] if more is None else orders(more.draw, n.size)
    same(fitted(fit, y, n), fitted(fit, np.append(y[order], 0), np.append(n[order], 0)))


@FITS
@given(successes(least=2))
def test_swapped_data_swap_the_fit(fit, data):
    y, n = data
    one, two = fitted(fit, y, n), fitted(fit, n - y, n)
    same(
        one,
        BetaPopulation.pooled(1 - two.mean)
        if two.beta == np.inf
        else BetaPopulation(two.beta, two.alpha),
        1e-3,
    )


@FITS
@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 6), st.integers(1, 10**7))
def test_identical_rates_give_complete_pooling(fit, y, more, units, times):
    n = (y + more) * times
    found = fit([y * times] * units, [n] * units)
    assert found.prior_sample_size == np.inf and found.mean == pytest.approx(y * times / n)


@pytest.mark.parametrize("fit", [fit_marginal_likelihood, without_noise])
def test_a_million_units(fit):
    rng = np.random.default_rng(901)
    n = rng.integers(1, 40, 10**6)
    y = rng.binomial(n, rng.beta(2, 8, n.size))
    found = fit(y, n)
    assert found.alpha == pytest.approx(2, rel=0.02) and found.beta == pytest.approx(8, rel=0.02)


@pytest.mark.parametrize("function", [fit_moments, fit_marginal_likelihood, posterior_grid])
def test_what_a_learner_mistypes_is_refused_by_name(function):
    for y, n, message in (
        ([-1, 2], [5, 5], "y: counts must be >= 0; entry 0"),
        ([1, 6], [5, 5], "y: successes cannot exceed trials n; entry 1"),
        ([1, 1.5], [5, 5], "y: counts must be whole numbers; entry 1"),
        ([1, 2, 3], [5, 5], "y and n: equal lengths"),
    ):
        with pytest.raises(ValueError, match=message):
            function(y, n)


def test_parameters_are_refused_by_name():
    for alpha, beta in ((0, 1), (1, -2), (np.nan, 1), (1, np.inf)):
        with refused("alpha" if alpha != 1 else "beta"):
            BetaPopulation(alpha, beta)
    with refused("mean"):
        BetaPopulation.pooled(13)
    with refused("y"):
        BetaPopulation(1, 2).posterior([14, 4], [4, 14])
    with refused("y"):
        log_beta_binomial(14, 4, 1, 1)
    with refused("alpha"):
        log_marginal_likelihood([1, 0], 1, [1], [2])
    with refused("rng"):
        posterior_grid([1, 3], [5, 5]).sample(3, rng=42)
