"""Data with a known truth, scores against it, and a test of samplers that rests on it.

Draw many data sets from a model whose true values you chose, estimate, and compare:

>>> rng = np.random.default_rng(1)
>>> data = normal_means([1, 2, 10], between_sd=3, within_sd=10, rng=rng, replications=2000)
>>> score(data.raw, data.truth, axis=0).mse.round(-1)   # 10**2 / n
array([100.,  50.,  10.])

Everything has one column a unit and, if `replications` is given, one row a data set. Without it
there is one data set and the arrays have one dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers._validate import counts, generator, refuse


@dataclass(frozen=True)
class NormalMeans:
    """The raw means of units measured with normal noise of known size."""

    truth: np.ndarray  # true value of each unit, shape ([replications,] J)
    raw: np.ndarray  # mean of each unit's observations, same shape
    standard_error: np.ndarray  # standard error of each raw mean, shape (J,)


@dataclass(frozen=True)
class Simulated:
    """Data and the true values behind them."""

    truth: np.ndarray  # true rate or intercept of each unit, shape ([replications,] J)
    y: np.ndarray  # successes, one a unit, or observations, shape ([replications,] N)


@dataclass(frozen=True)
class Score:
    """Errors of an estimator; mse = bias**2 + variance, exactly."""

    bias: np.ndarray | float  # mean of estimate - truth
    variance: np.ndarray | float  # variance of estimate - truth
    mse: np.ndarray | float  # mean of (estimate - truth)**2
    mse_error: np.ndarray | float  # Monte Carlo standard error of mse
    coverage: np.ndarray | float  # share of intervals that hold the truth; NaN without intervals
    coverage_error: np.ndarray | float  # its Monte Carlo standard error


def normal_means(n, *, mean=0, between_sd=0, within_sd, rng, truth=None, replications=None):
    """Draw truth ~ N(mean, between_sd**2) and raw means ~ N(truth, within_sd**2 / n).

    Parameters
    ----------
    n : array_like, shape (J,)
        Observations per unit, whole numbers >= 1.
    mean, between_sd : float
        Mean and standard deviation of the true values. Ignored if `truth` is given.
    within_sd : float
        Standard deviation of one observation.
    rng : numpy.random.Generator
    truth : array_like, optional
        True values to use instead: shape (J,), the same in every data set, or (replications, J).
    replications : int, optional
        How many data sets; without it one, in arrays of shape (J,).

    Returns
    -------
    NormalMeans
    """
    n = counts("n", n)
    refuse("n", "every unit needs at least one observation", n < 1, n)
    rng, shape = generator(rng), _shape(n.size, replications)
    if truth is None:
        truth = mean + between_sd * rng.standard_normal(shape)
    truth = _spread(truth, shape)
    standard_error = within_sd / np.sqrt(n)
    raw = truth + standard_error * rng.standard_normal(shape)
    return NormalMeans(truth, raw, standard_error)


def beta_binomial(n, *, alpha=None, beta=None, rng, truth=None, replications=None):
    """Draw rates and counts: truth ~ Beta(alpha, beta), y ~ Binomial(n, truth).

    Parameters
    ----------
    n : array_like, shape (J,)
        Trials per unit, whole numbers >= 0.
    alpha, beta : float
        Prior successes and failures of the population of rates, > 0. Ignored if `truth` is given.
    rng, truth, replications
        As for `normal_means`; the true values are rates, from 0 to 1.

    Returns
    -------
    Simulated
    """
    n = counts("n", n).astype(np.int64)
    rng, shape = generator(rng), _shape(n.size, replications)
    if truth is None:
        truth = rng.beta(alpha, beta, shape)
    truth = _spread(truth, shape)
    refuse("truth", "rates must lie in 0 to 1", (truth < 0) | (truth > 1), truth)
    return Simulated(truth, rng.binomial(n, truth).astype(float))


def two_level(
    group, X=None, *, mean=0, slopes=(), between_sd=0, within_sd, rng, truth=None, replications=None
):
    """Draw single observations in groups: y = intercept[group] + X @ slopes + N(0, within_sd**2).

    Parameters
    ----------
    group : array_like of int, shape (N,)
        Group of each observation, 0 ... J-1 without gaps; `np.repeat(np.arange(J), n)` makes it.
    X, slopes : array_like, shape (N,) or (N, K), and float or array_like, shape (K,)
        Predictors, without an intercept column, and a slope for each.
    mean : float or array_like, shape (J,)
        Mean of the group intercepts; one entry a group if a group predictor moves it.
    between_sd, within_sd, rng, truth, replications
        As for `normal_means`; the true values are the groups' intercepts.

    Returns
    -------
    Simulated
    """
    group = counts("group", group).astype(int)
    J = np.unique(group).size
    refuse("group", "numbers 0 to J-1 without gaps are wanted", group >= J, group)
    rng, shape = generator(rng), _shape(J, replications)
    if truth is None:
        truth = mean + between_sd * rng.standard_normal(shape)
    truth = _spread(truth, shape)
    X = np.empty((group.size, 0)) if X is None else np.asarray(X, float)
    moved = X.reshape(group.size, -1) @ np.atleast_1d(slopes)
    noise = within_sd * rng.standard_normal((*shape[:-1], group.size))
    return Simulated(truth, truth[..., group] + moved + noise)


def score(estimates, truth, lower=None, upper=None, *, inside=None, axis=None) -> Score:
    """Compare estimates with the truth.

    Parameters
    ----------
    estimates, truth : array_like
        Shape (replications, J), or (J,) for one data set; they are broadcast against each other,
        so a truth held fixed may be (J,) and a complete-pooling estimate (replications, 1).
    lower, upper : array_like, optional
        Ends of an interval for each estimate, in data units (bounds, not offsets).
    inside : array_like of bool, optional
        Instead of the ends: whether each interval holds the truth.
    axis : None or 0
        Average over everything (None), or over replications alone (0: one entry a unit).

    Returns
    -------
    Score
        Its Monte Carlo errors count data sets, not entries: units of one data set share the
        estimated centre, so their errors go together.
    """
    error = np.asarray(estimates, float) - np.asarray(truth, float)
    refuse("estimates", "estimates and truth must be finite", ~np.isfinite(error), error)
    if lower is not None:
        wrong = ~np.less_equal(lower, upper)
        refuse("lower", "may not lie above upper", wrong, np.broadcast_to(lower, wrong.shape))
        inside = np.less_equal(lower, truth) & np.less_equal(truth, upper)
    held = np.broadcast_to(np.nan if inside is None else inside, error.shape).astype(float)
    scores = error.mean(axis), error.var(axis)
    scores += _mean_and_error(error**2, axis) + _mean_and_error(held, axis)
    return Score(*(float(value) if axis is None else value for value in scores))


def draw_populations(repeats, units, *, rng):
    """Draw alpha, beta and rates from the textbook's prior, cut off to 1 <= alpha + beta <= 1000.

    Returns
    -------
    alpha, beta, theta : ndarray, shapes (repeats,), (repeats,) and (repeats, units)
    """
    size = (1 - rng.random(repeats) * (1 - 1000**-0.5)) ** -2  # density as size^(-3/2)
    mean = rng.random(repeats)
    alpha, beta = size * mean, size * (1 - mean)
    return alpha, beta, rng.beta(alpha[:, None], beta[:, None], (repeats, units))


def calibration(sampler, *, repeats, rng, log_prior, trials, ranks=19, thin=10, warmup=300):
    """Rank true values among posterior draws: simulation-based calibration (Talts et al. 2018).

    Parameters
    ----------
    sampler : callable
        Such as `helpers.mcmc.collapsed`.
    repeats, ranks, thin, warmup : int
        Data sets (one chain each), draws that each true value is ranked among, sweeps from one of
        them to the next (so that they are nearly independent), and sweeps thrown away before.
    rng : numpy.random.Generator
    log_prior : callable
        The prior given to the sampler; right is that of `draw_populations`, which draws the truth.
    trials : array_like of int, shape (J,)
        Trials per unit.

    Returns
    -------
    dict
        Ranks from 0 to `ranks`, shape (repeats,), of log_odds, log_size, theta (of the first
        unit) and extremity: theta's distance from one half, which sees a swap of alpha and beta.
    """
    alpha, beta, theta = draw_populations(repeats, len(trials), rng=generator(rng))
    y = rng.binomial(trials, theta)
    options = {"log_prior": log_prior, "rng": rng, "progress": False}
    run = sampler(y, trials, chains=repeats, draws=ranks * thin, warmup=warmup, **options)
    pairs = {
        "log_odds": (run["log_odds"], np.log(alpha / beta)),
        "log_size": (run["log_size"], np.log(alpha + beta)),
        "theta": (run.theta[:, :, 0], theta[:, 0]),
        "extremity": (np.abs(run.theta[:, :, 0] - 0.5), np.abs(theta[:, 0] - 0.5)),
    }
    return {
        name: (drawn[:, thin - 1 :: thin] < true[:, None]).sum(axis=1)
        for name, (drawn, true) in pairs.items()
    }


def _mean_and_error(values, axis):
    """Return the mean over `axis` and its Monte Carlo standard error."""
    if axis is None and values.ndim == 2:
        values = values.mean(axis=1)  # one independent number a data set
    spread = values.std(0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)
    return values.mean(0), spread / np.sqrt(len(values))


def _shape(units, replications):
    return (units,) if replications is None else (replications, units)


def _spread(truth, shape):
    """Return true values, given once or for each data set, as an array of that shape."""
    truth = np.asarray(truth, float)
    if truth.shape not in (shape, shape[-1:]):
        raise ValueError(f"truth: shape {shape} is wanted; got {truth.shape}")
    return np.broadcast_to(truth, shape)
