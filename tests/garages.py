"""The garages, schools and batters once more, by other routes than pages 02 and further/garages.

There algebra is done by sympy, towns are drawn, and curves are summed over grids. Here weights are
best linear predictors, risks are sums over quantiles of a chi-square, and posteriors are integrals.
"""

from __future__ import annotations

import csv
import functools

import numpy as np
from scipy import integrate, optimize, special, stats

from helpers.datasets import DATA

TAU, SIGMA, N0 = 3.0, 10.0, 100 / 9
Z = stats.norm.ppf(0.975)
S2 = SIGMA**2 / 3  # variance of a mean of three visits
VISITS = np.array([1, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48])
# Rubin (1981): effects of coaching in eight schools and their standard errors
SCHOOLS = np.array([28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16])
ERRORS = np.array([14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6])


def weight(n):
    """Return the weight by equation 12.1."""
    return n / (n + N0)


def kept(n):
    """Return the estimate of a garage whose n visits have the mean 2."""
    return 20 - 18 * weight(n)


#: Beyond this distance from the mean, partial pooling after three visits is worse than none.
LIMIT = optimize.brentq(
    lambda off: ((1 - weight(3)) * off) ** 2 + weight(3) ** 2 * S2 - S2, 0.1, 50
)


def close(found, wanted, error=1e-9) -> bool:
    """Say whether numbers are equal but for a relative error."""
    return np.allclose(found, wanted, rtol=error, atol=error)


def best_weight(shares, spread, j):
    """Return the exact best weight of unit j if the centre is sum(shares * raw).

    Derived apart from the page: the best linear predictor of truth - centre from raw - centre.
    """
    shares, spread = np.asarray(shares, float), np.asarray(spread, float)
    noise = spread - TAU**2
    own = np.eye(len(shares))[j] - shares
    # raw_j - centre = own @ (effects + noise); truth_j - centre = own @ effects - shares @ noise
    covariance = TAU**2 * own @ own - (own * shares) @ noise
    return covariance / (own**2 @ spread)


def halfway(repairs, n=3, units=10):
    """Return the weight at tau = 3, sigma = 10 with the named slips mended."""
    visits = units * n if 1 in repairs else n
    noise = SIGMA**2 / n
    between = TAU**2 / units if 2 in repairs else TAU**2 / visits
    within = SIGMA**2 / visits if 2 in repairs else 0.0
    covariance = TAU**2 / units if 3 in repairs else 0.0
    shared = noise / units if 3 in repairs and 2 in repairs else 0.0
    pulled = TAU**2 + between + within - 2 * covariance
    return (pulled - shared) / (pulled + noise - 2 * shared)


WAYS = {
    "no pooling": lambda v: 1.0,
    "complete pooling": lambda v: 0.0,
    "naive plug-in": lambda v: v / (v + S2),
    "corrected plug-in": lambda v: np.maximum(0, 1 - S2 / v),
    "best": lambda v: weight(3),
}


@functools.cache
def risk(name, tau=TAU, units=10):
    """Return the MSE of a way after three visits: a sum over quantiles of the means' variance."""
    spread, best = tau**2 + S2, tau**2 / (tau**2 + S2)
    squares = spread * stats.chi2.ppf((np.arange(20_000) + 0.5) / 20_000, units - 1)
    excess = (WAYS[name](squares / (units - 1)) - best) ** 2 * squares
    return S2 / units + excess.mean() / units + (1 - 1 / units) * S2 * best


def zero_share() -> float:
    """Return how often the corrected variance of ten garages after three visits is negative."""
    return stats.chi2.cdf(9 * S2 / (TAU**2 + S2), 9)


@functools.cache
def diaries() -> float:
    """Return the 95% quantile of the corrected spread of ten garages, three visits, all unknown."""
    rng = np.random.default_rng(1)
    between = (TAU**2 + S2) * rng.chisquare(9, 400_000) / 9
    within = SIGMA**2 * rng.chisquare(20, 400_000) / 20
    return np.quantile(np.maximum(between - within / 3, 0), 0.95) ** 0.5


@functools.cache
def town():
    """Return truth and raw means of the twelve garages, drawn anew."""
    rng = np.random.default_rng(206)
    truth = 20 + TAU * rng.standard_normal(12)
    return truth, truth + SIGMA / np.sqrt(VISITS) * rng.standard_normal(12)


@functools.cache
def pooled():
    """Return the estimates of the twelve garages and their sds.

    Partial pooling is the posterior under a flat prior of the mean: a matrix of precisions, which
    holds nothing against a shift of all garages alike.
    """
    _, raw = town()
    se = SIGMA / np.sqrt(VISITS)
    covariance = np.linalg.inv(np.diag(1 / se**2) + (np.eye(12) - 1 / 12) / TAU**2)
    everyone = np.full(12, VISITS @ raw / VISITS.sum())
    return {
        "no pooling": (raw, se),
        "complete pooling": (everyone, np.full(12, SIGMA / np.sqrt(VISITS.sum()))),
        "partial pooling": (covariance @ (raw / se**2), np.sqrt(np.diag(covariance))),
    }


def outside() -> float:
    """Return the share of truths outside the interval of complete pooling."""
    mean, sd = pooled()["complete pooling"]
    return np.mean(np.abs(town()[0] - mean) > Z * sd)


def moved():
    """Return how far each of the twelve garages moves."""
    return np.abs(town()[1] - pooled()["partial pooling"][0])


@functools.cache
def reml():
    """Return mu, tau and sigma of section 7's visits, by the whole covariance matrix."""
    rng = np.random.default_rng(207)
    garage = np.repeat(np.arange(20), np.arange(1, 21))
    y = (20 + 3 * rng.standard_normal(20))[garage] + 10 * rng.standard_normal(garage.size)
    same, one = garage[:, None] == garage, np.ones(garage.size)

    def loss(z):
        inverse = np.linalg.inv(np.exp(2 * z[0]) * same + np.exp(2 * z[1]) * np.eye(garage.size))
        total = one @ inverse @ one
        mu = one @ inverse @ y / total
        loss.mu = mu
        off = y - mu
        return off @ inverse @ off - np.linalg.slogdet(inverse)[1] + np.log(total)

    best = optimize.minimize(loss, [1, 2], method="Nelder-Mead", options={"xatol": 1e-5})
    loss(best.x)
    return loss.mu, *np.exp(best.x)


# --- batters


@functools.cache
def batters():
    """Return first averages, later ones, James and Stein's estimates, and who is scored."""
    with (DATA / "baseball.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    first = np.array([int(row["hits"]) / int(row["at_bats"]) for row in rows])
    later = np.array([int(r["remaining_hits"]) / int(r["remaining_at_bats"]) for r in rows])
    mean = sum(first) / 18
    shrunk = 1 - 15 * mean * (1 - mean) / 45 / sum((first - mean) ** 2)
    scored = np.array([row["player"] != "Billy Williams" for row in rows])
    return first, later, mean + shrunk * (first - mean), scored


def total(guess) -> float:
    """Return the squared error of a guess over the players that are scored."""
    _, later, _, scored = batters()
    return np.sum(((guess - later) ** 2)[scored])


# --- few garages with ten visits, and other populations


@functools.cache
def trial(sort="normal", units=20, tau=TAU, only="all", seed=7):
    """Return MSE and coverage of the corrected plug-in, drawn anew; no pooling has 10."""
    rng = np.random.default_rng(seed)
    shape = (60_000 // units + 6000, units)
    truth = tau * rng.standard_normal(shape)
    if sort == "t":
        truth = tau * rng.standard_t(3, shape) / np.sqrt(3)
    if sort == "outlier":
        truth[:, 0] = 30
    far = np.abs(truth).argmax(1)[:, None] == np.arange(units)
    where = {"all": far | True, "furthest": far, "others": ~far}[only]
    raw = truth + np.sqrt(10) * rng.standard_normal(shape)
    middle = raw.mean(1, keepdims=True)
    w = np.maximum(0, 1 - 10 / raw.var(1, ddof=1, keepdims=True))
    off = middle + w * (raw - middle) - truth
    return np.mean(off[where] ** 2), np.mean((np.abs(off) <= Z * np.sqrt(10 * w))[where])


def bayes_covers(units, tau=TAU) -> float:
    """Return the coverage of full Bayes after ten visits: a sum over an even grid of u(tau)."""
    rng, u = np.random.default_rng(11), (np.arange(200) + 0.5) / 200
    shape = (60_000 // units + 2000, units)
    truth = tau * rng.standard_normal(shape)
    raw = truth + np.sqrt(10) * rng.standard_normal(shape)
    centre, squares = raw.mean(1, keepdims=True), units * raw.var(1, keepdims=True)
    spread = (5 * u / (1 - u)) ** 2 + 10
    log = -(units - 1) / 2 * np.log(spread) - squares / 2 / spread - 2 * np.log1p(-u)
    chance = np.exp(log - log.max(1, keepdims=True))
    below = np.zeros(shape)
    for share, total in zip(chance.T, spread, strict=True):
        w = 1 - 10 / total
        sd = np.sqrt(10 * w + (1 - w) ** 2 * total / units)
        below += share[:, None] * special.ndtr((truth - w * raw - (1 - w) * centre) / sd)
    return np.mean(np.abs(below / chance.sum(1, keepdims=True) - 0.5) < 0.475)


# --- eight schools (Bayesian Data Analysis, 3rd edition, 5.17 to 5.21)


def given_tau(tau, k=8):
    """Return posterior means and variances of the schools at tau, and the density of tau."""
    y, s2 = SCHOOLS[:k], ERRORS[:k] ** 2
    tau = np.asarray(tau, float)[..., None]
    precision = 1 / (s2 + tau**2)
    total = precision.sum(-1, keepdims=True)
    centre = (precision * y).sum(-1, keepdims=True) / total
    log = 0.5 * np.sum(np.log(precision) - precision * (y - centre) ** 2, -1)
    w = tau**2 * precision
    means = w * y + (1 - w) * centre
    return means, w * s2 + (1 - w) ** 2 / total, np.exp(log) / np.sqrt(total[..., 0])


def average(f, k=8, prior=lambda tau: 1.0) -> float:
    """Return the posterior mean of a function of tau, by quadrature."""

    def over(g):
        on_unit = lambda u: g(10 * u / (1 - u)) / (1 - u) ** 2  # noqa: E731
        return integrate.quad(on_unit, 0, 1, limit=400)[0]

    def density(tau):
        return given_tau(tau, k)[2] * prior(tau)

    return over(lambda tau: f(tau) * density(tau)) / over(density)


def school_a(k=8, prior=lambda tau: 1.0) -> float:
    """Return the full-Bayes estimate of school A."""
    return average(lambda tau: given_tau(tau, k)[0][0], k, prior)


def below(end, k=8, prior=lambda tau: 1.0) -> float:
    """Return the posterior probability that A's true effect lies below a number."""

    def at(tau):
        means, variances, _ = given_tau(tau, k)
        return special.ndtr((end - means[0]) / np.sqrt(variances[0]))

    return average(at, k, prior)


def beyond(value, k=8, prior=lambda tau: 1.0) -> float:
    """Return the posterior probability that tau lies beyond a value, on an even grid of u(tau)."""
    u = (np.arange(40_000) + 0.5) / 40_000
    tau = 10 * u / (1 - u)
    share = given_tau(tau, k)[2] * prior(tau) / (1 - u) ** 2
    return share[tau > value].sum() / share.sum()
