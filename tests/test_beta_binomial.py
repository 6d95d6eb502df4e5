"""helpers.beta_binomial: published values, identities, limits, extreme sizes, bad input."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit

from helpers import _grid_edges
from helpers._beta_binomial import BLOCK, data_terms, likelihood
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
    assert grid.edge_mass < 1e-6


# --- the population


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
    assert post.rvs().tolist() == [0.3, 0.3] and post.rvs((3, 2)).tolist() == [[0.3, 0.3]] * 3
    k = np.arange(6)  # the limit of the beta-binomial
    near = np.exp(log_beta_binomial(k, 5, 0.3e9, 0.7e9))
    assert p.predictive(1, 4, 5).pmf(k) == pytest.approx(near, rel=1e-7)
    assert repr(p) == "BetaPopulation.pooled(0.3)"


@pytest.mark.parametrize("a, b", [(0, 1), (1, -2), (np.nan, 1), (1, np.inf)])
def test_population_refuses(a, b):
    with pytest.raises(ValueError, match=r"alpha|beta"):
        BetaPopulation(a, b)


def test_a_pooled_mean_goes_with_infinite_alpha_and_beta_only():
    for a, b, mean in ((2.0, 3.0, 0.4), (np.inf, np.inf, 1.5)):
        with pytest.raises(ValueError, match="pooled_mean"):
            BetaPopulation(a, b, mean)


def test_yes_and_no_count_as_one_and_none():
    yes = log_beta_binomial([True, False], [True, True], 2.0, 6.0)
    np.testing.assert_allclose(yes, np.log([0.25, 0.75]))


@pytest.mark.parametrize("mean", [0, 1, -0.1, np.nan])
def test_pooled_refuses(mean):
    with pytest.raises(ValueError, match="mean"):
        BetaPopulation.pooled(mean)


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
            assert off < 1e-12 * (1 + abs(right)) + 4e-16 * n * (1 - np.log(min(mean, 1 - mean))), (
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


def test_products_and_units_agree(rats):
    """Few counts go by products, many unit by unit: the same sum, however wide the population."""
    y, n = rats
    size = np.logspace(-8, 18, 53)[:, None]
    for mean in (1e-9, 0.14, 0.5, 1 - 1e-9):
        products = log_marginal_likelihood(size * mean, size * (1 - mean), y, n)
        units = log_beta_binomial(y, n, size * mean, size * (1 - mean)).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(products, units, rtol=2e-13, atol=1e-10)


def test_more_units_than_one_block_holds_count_once_each():
    n = np.arange(2_000, 2_000 + 2 * BLOCK + 5)
    y = n // 3
    together = log_marginal_likelihood(2.0, 5.0, y, n)
    assert together == pytest.approx(log_beta_binomial(y, n, 2.0, 5.0).sum(), rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.floats(0.01, 200), st.floats(0.01, 200))
def test_probabilities_sum_to_one(n, a, b):
    assert np.exp(log_beta_binomial(np.arange(n + 1), n, a, b)).sum() == pytest.approx(1, rel=1e-10)


def test_order_and_empty_units_do_not_matter(rats):
    y, n = rats
    shuffled = np.random.default_rng(1).permutation(len(y))
    once = log_marginal_likelihood(2, 14, y, n)
    again = log_marginal_likelihood(2, 14, np.append(y[shuffled], 0), np.append(n[shuffled], 0))
    assert again == pytest.approx(once, rel=1e-13)


# --- the fits


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


def test_moments_by_hand(rats):
    y, n = (x[:-1] for x in rats)
    m, v, h = np.mean(y / n), np.var(y / n, ddof=1), np.mean(1 / n)
    tau2 = (v - m * (1 - m) * h) / (1 - h)
    fit = fit_moments(y, n, remove_noise=True)
    assert (fit.mean, fit.sd**2) == pytest.approx((m, tau2), rel=1e-12)


def test_moments_of_rare_rates_are_matched_too():
    n = np.full(5, 10**7)
    y = np.array([400, 450, 500, 550, 600])
    fit = fit_moments(y, n)
    assert (fit.mean, fit.sd) == pytest.approx((np.mean(y / n), np.std(y / n)), rel=1e-9)


def test_marginal_likelihood_is_a_maximum(rats):
    y, n = (x[:-1] for x in rats)
    fit = fit_marginal_likelihood(y, n)
    at = log_marginal_likelihood(fit.alpha, fit.beta, y, n)
    for factor in (0.999, 1.001):
        assert log_marginal_likelihood(fit.alpha * factor, fit.beta, y, n) < at
        assert log_marginal_likelihood(fit.alpha, fit.beta * factor, y, n) < at
        assert log_marginal_likelihood(fit.alpha * factor, fit.beta * factor, y, n) < at


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
    assert grid.edge_mass < 1e-5
    assert grid.mean(lambda a, b: a) == pytest.approx(fit.alpha, rel=0.02)
    fewer = posterior_grid(y, n, points=20)
    assert grid.mean(lambda a, b: a / (a + b)) == pytest.approx(
        fewer.mean(lambda a, b: a / (a + b)), rel=1e-6
    )


@pytest.mark.parametrize(
    "y, n", [([2, 2, 2], [10, 10, 10]), ([1, 2, 3], [10, 20, 30]), ([50, 52, 48], [100, 100, 100])]
)
def test_no_spread_is_pooled(y, n):
    fit = fit_marginal_likelihood(y, n)
    assert fit.prior_sample_size == np.inf
    assert fit.mean == pytest.approx(np.sum(y) / np.sum(n))
    assert fit_moments(y, n, remove_noise=True).prior_sample_size == np.inf
    assert fit_moments([2, 2, 2], [10, 10, 10]).prior_sample_size == np.inf


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


BAD = {
    "negative": ([-1, 2], [5, 5], "y: counts must be >= 0; entry 0"),
    "more than n": ([1, 6], [5, 5], "y: successes cannot exceed trials n; entry 1"),
    "no trials": ([0, 0], [0, 0], "n: at least one"),
    "nan": ([1, np.nan], [5, 5], "y: every entry must be finite; entry 1"),
    "fraction": ([1, 1.5], [5, 5], "y: counts must be whole numbers; entry 1"),
    "lengths": ([1, 2, 3], [5, 5], "y and n: equal lengths"),
    "empty": ([], [], "y: at least one entry"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize(
    "function",
    [
        fit_moments,
        fit_marginal_likelihood,
        posterior_grid,
        lambda y, n: log_marginal_likelihood(1, 1, y, n),
    ],
)
def test_bad_data_is_refused(function, case):
    y, n, message = BAD[case]
    with pytest.raises(ValueError, match=message.replace("+", "\\+")):
        function(y, n)


def test_bad_hyperparameters_are_refused():
    with pytest.raises(ValueError, match="alpha: must be finite and > 0"):
        log_marginal_likelihood([1, 0], 1, [1], [2])
    with pytest.raises(TypeError, match="rng"):
        posterior_grid([1, 3], [5, 5]).sample(3, rng=42)


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
    assert grid.edge_mass < 1e-6
    assert grid.log_size[-1] < np.log(1000) < 2 * grid.log_size[-1] - grid.log_size[-2]
    assert grid.mean(lambda a, b: np.log(a + b)) == pytest.approx((w * v).sum(), rel=1e-4)
    assert grid.mean(lambda a, b: a / (a + b)) == pytest.approx((w * expit(u)).sum(), rel=1e-4)


def test_grid_does_not_depend_on_its_points(rats):
    y, n = rats
    coarse, fine = posterior_grid(y, n, points=50), posterior_grid(y, n, points=220)
    for f in (
        lambda a, b: np.log(a / b),
        lambda a, b: np.log(a + b),
        lambda a, b: (a + y) / (a + b + n),
    ):
        assert coarse.mean(f) == pytest.approx(fine.mean(f), rel=1e-5)


def test_grid_samples_what_it_says(rats):
    grid = posterior_grid(*rats)
    alpha, beta = grid.sample((2, 20_000), rng=np.random.default_rng(4))
    assert alpha.shape == (2, 20_000)
    for f in (lambda a, b: np.log(a / b), lambda a, b: np.log(a + b)):
        draws = f(alpha, beta)
        assert abs(draws.mean() - grid.mean(f)) < 4 * draws.std() / draws.size**0.5
        assert np.quantile(draws, 0.9) == pytest.approx(grid.quantile(f, 0.9), abs=0.03)


def test_grid_constant_and_shapes(rats):
    y, n = rats
    grid = posterior_grid(y, n, points=40)
    assert grid.mean(lambda a, b: 1.0) == pytest.approx(1)
    assert grid.mean(lambda a, b: (a + y) / (a + b + n)).shape == (71,)
    assert grid.alpha.shape == grid.beta.shape == grid.mass.shape == (40, 40)


def test_grid_says_when_mass_is_left(rats):
    """A flat prior on log(alpha+beta) and the log odds is improper; so is a grid cut short."""
    with pytest.warns(UserWarning, match="beyond the grid's edge"):
        posterior_grid([2, 2, 2], [10, 10, 10], log_prior=lambda a, b: -np.log(a) - np.log(b))
    with pytest.warns(UserWarning, match="beyond the grid's edge"):
        posterior_grid(*rats, bounds=((-2.5, -1.0), (1.0, 3.0)))


@pytest.mark.parametrize(
    ("y", "n"),
    [([1, 0, 3], [9, 9, 4]), ([0, 1], [3, 3]), ([40, 900, 2000], [10**6, 2 * 10**7, 5 * 10**7])],
    ids=["few", "one success", "rare"],
)
def test_the_mode_is_where_a_search_with_slopes_ends(y, n):
    y, n = np.array(y), np.array(n)

    def loss(z):
        a, b = np.exp(z[1]) * expit(z[0]), np.exp(z[1]) * expit(-z[0])
        return -log_marginal_likelihood(a, b, y, n) - bda3_prior(a, b) - np.log(a) - np.log(b)

    mode = np.array(posterior_grid(y, n, points=12).mode)
    away = mode + np.array([0.1, -0.1])
    found = optimize.minimize(loss, away, method="BFGS", options={"gtol": 1e-7})
    assert mode == pytest.approx(found.x, abs=1e-4)


def test_data_sets_in_rows_have_a_likelihood_each():
    y, n = np.array([[0, 3, 9], [1, 1, 4]]), np.array([[4, 7, 9], [1, 30, 5]])
    count, alpha, beta = np.array([1.0, 2, 1]), np.array([[0.7], [20]]), np.array([[3.0], [9]])
    told = likelihood(y.astype(float), n.astype(float), count, data_terms(y, n))(alpha, beta)
    wanted = [log_beta_binomial(y[k], n[k], alpha[k], beta[k]) @ count for k in range(2)]
    np.testing.assert_allclose(told, wanted, rtol=1e-12)


def mass_beyond(density):
    """Return what `beyond` says of a density on a grid over (-2, 2) in both directions."""
    box = np.array([[-2.0, 2], [-2, 2]])
    axis = -2 + (np.arange(100) + 0.5) / 25
    value = density(axis[None, :], axis[:, None])
    mass = np.exp(value - value.max())
    return _grid_edges.beyond(density, axis, axis, box, mass / mass.sum())


def test_the_mass_beyond_the_edges_is_estimated_from_the_fall():
    """Exponential falls, whose tails are known; the estimate may be high by one cell in twelve."""

    def outside(rate, centre):  # of what is inside
        tails = np.exp(-rate * (2 - centre)) / 2 + np.exp(-rate * (2 + centre)) / 2
        return tails / (1 - tails)

    def falls(u, v):
        return -2 * np.abs(u + 0.5) - 3 * np.abs(v - 0.25)

    wanted = outside(2, -0.5) + outside(3, 0.25)
    assert wanted < mass_beyond(falls) < 1.1 * wanted
    assert mass_beyond(lambda u, v: -400 * (np.abs(u) + np.abs(v))) < 1e-300
    assert mass_beyond(lambda u, v: -9e3 * (np.abs(u) + np.abs(v))) == 0  # 0 from there outwards
    assert mass_beyond(lambda u, v: 9e4 * (u - 2) - np.abs(v)) == 1  # in the last cell alone


def test_no_mass_lies_beyond_where_the_prior_ends():
    square = lambda u, v: np.where(np.maximum(np.abs(u), np.abs(v)) <= 2, 0.0, -np.inf)  # noqa: E731
    assert mass_beyond(square) == 0


def test_a_hole_in_the_middle_does_not_hide_where_a_prior_ends():
    def density(u, v):
        return np.where((np.abs(v) > 0.5) & (u < 0.3), 0.0, -np.inf)

    box = _grid_edges._to_hard_edges(density, np.array([[-1.0, 1], [-1, 1]]))
    np.testing.assert_allclose(box, [[-1, 0.3], [-1, 1]])


@pytest.mark.parametrize("points", [3, 2.5])
def test_grid_refuses(rats, points):
    with pytest.raises((ValueError, TypeError), match="points"):
        posterior_grid(*rats, points=points)
    with pytest.raises(ValueError, match="bounds"):
        posterior_grid(*rats, bounds=((1, 0), (0, 1)))
    with pytest.raises(ValueError, match="log_prior"):
        posterior_grid(*rats, log_prior=lambda a, b: -np.inf + 0 * a)
