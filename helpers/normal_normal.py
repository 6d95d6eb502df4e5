"""Units measured with normal noise of known size: every way of choosing how much to pool.

The model of notebook 02 and of the eight schools:

    truth_j ~ Normal(mean, between_sd**2)           the population of units
    raw_j   ~ Normal(truth_j, se_j**2)              what is seen; se_j is known

Arrays have one entry a unit on their last axis. Leading axes are data sets, so the same function
serves one table and ten thousand simulated ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from helpers import _validate, simulate


@dataclass(frozen=True)
class Estimates:
    """Estimates of the units' true values with their standard deviations."""

    mean: np.ndarray  # estimate of each unit, shape (..., J)
    sd: np.ndarray  # its standard deviation, same shape

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the normal interval that holds `level` of the probability."""
        reach = ndtri(0.5 + _validate.single("level", level, _validate.shares) / 2) * self.sd
        return self.mean - reach, self.mean + reach


def weight(se, between_sd):
    """Share of a unit's own raw mean: between_sd**2 / (between_sd**2 + se**2) (Gelman & Hill 12.1).

    With ``se = within_sd / sqrt(n)`` this is n / (n + n0), n0 = within_sd**2 / between_sd**2.
    An infinite `between_sd` gives 1.
    """
    se = _validate.positive("se", se)
    between = _validate.not_negative("between_sd", between_sd, finite=False)
    noise, between = _validate.together(se=np.square(se), between_sd=np.square(between))
    share = np.ones(between.shape)
    return np.divide(between, between + noise, out=share, where=np.isfinite(between))[()]


def centre(raw, se, between_sd):
    """Precision-weighted mean of the raw means: each counts 1 / (between_sd**2 + se**2).

    Parameters
    ----------
    raw : array_like, shape (..., J)
    se : array_like, shape (J,)
    between_sd : float or array_like, shape (...)
        Infinity gives the plain mean of the raw means.

    Returns
    -------
    mean, variance : ndarray, shape (...)
        The centre and its sampling variance (infinite if `between_sd` is).
    """
    raw, se = _raw_and_se(raw, se)
    between = np.square(_between(between_sd, raw))[..., None]
    boundless = np.isinf(between)
    precision = 1 / np.where(boundless, 1.0, between + se**2)
    total = precision.sum(-1)
    variance = np.where(boundless[..., 0], np.inf, 1 / total)[()]
    return (precision * raw).sum(-1) / total, variance


def no_pooling(raw, se) -> Estimates:
    """Each unit by itself: the raw means and their standard errors."""
    raw, se = _raw_and_se(raw, se)
    return Estimates(raw, np.broadcast_to(se, raw.shape))


def complete_pooling(raw, se) -> Estimates:
    """One number for all units: the mean weighted by 1 / se**2, and its standard error."""
    raw, se = _raw_and_se(raw, se)
    mean, variance = centre(raw, se, np.zeros(raw.shape[:-1]))
    shape = raw.shape
    return Estimates(
        np.broadcast_to(mean[..., None], shape), np.broadcast_to(variance[..., None] ** 0.5, shape)
    )


def partial_pooling(raw, se, between_sd, *, mean=None) -> Estimates:
    """Shrink every raw mean towards the centre by its weight, taking `between_sd` as known.

    Parameters
    ----------
    raw : array_like, shape (..., J)
    se : array_like, shape (J,)
    between_sd : float or array_like, shape (...)
    mean : float, optional
        Known mean of the population; by default the precision-weighted centre is used and its
        uncertainty is *not* counted in `sd` (that is what plugging in means).

    Returns
    -------
    Estimates
        Mean w * raw + (1 - w) * centre and standard deviation sqrt(w) * se.
    """
    raw, se = _raw_and_se(raw, se)
    between_sd = _between(between_sd, raw)
    if mean is None:
        middle = centre(raw, se, between_sd)[0][..., None]
    else:
        middle = _validate.single("mean", mean)
    share = weight(se, between_sd[..., None])
    estimate = share * raw + (1 - share) * middle
    return Estimates(estimate, np.broadcast_to(np.sqrt(share) * se, estimate.shape))


def between_sd_naive(raw):
    """Return the standard deviation of the raw means (ddof 1): true spread *and* noise."""
    return _raw(raw, least=2).std(-1, ddof=1)


def between_sd_corrected(raw, se):
    """Observed variance minus the average noise variance, as a standard deviation; 0 if negative.

    The difference is unbiased for between_sd**2 before it is cut off at 0, for equal and unequal
    standard errors alike.
    """
    raw, se = _raw_and_se(_raw(raw, least=2), se)
    return np.sqrt(np.maximum(raw.var(-1, ddof=1) - np.mean(se**2), 0))


def james_stein(raw, se: float):
    """Positive-part James-Stein estimates towards the mean of the raw means, one common `se`.

    The weight of a unit's own mean is max(0, 1 - (J - 3) se**2 / sum of squares about the mean)
    (Efron & Morris 1973). It needs J >= 4.
    """
    raw, se = _raw(raw), _validate.single("se", se, _validate.positive)
    units = raw.shape[-1]
    if units < 4:
        raise ValueError(f"raw: James-Stein towards the mean needs 4 or more units; got {units}")
    middle = raw.mean(-1, keepdims=True)
    squares = ((raw - middle) ** 2).sum(-1, keepdims=True)
    noise = (units - 3) * se**2
    share = np.zeros(squares.shape)  # none where the noise alone would spread them as far
    np.divide(squares - noise, squares, out=share, where=squares > noise)
    return middle + share * (raw - middle)


@dataclass(frozen=True)
class Prior:
    """A prior of the between-unit standard deviation, by name; call it for its log density."""

    name: str
    log_density: Callable[[np.ndarray], np.ndarray]  # up to a constant

    def __call__(self, between_sd):
        """Return the log density, up to a constant."""
        return self.log_density(np.asarray(between_sd, float))


#: Flat in the between-unit standard deviation: improper, and in need of three units.
flat = Prior("flat", np.zeros_like)


def half_cauchy(scale: float) -> Prior:
    """Return the half-Cauchy prior with this scale: half its probability lies below it."""
    scale = _validate.single("scale", scale, _validate.positive)
    return Prior(f"half-Cauchy({scale:g})", lambda sd: -np.log1p((sd / scale) ** 2))


def half_normal(scale: float) -> Prior:
    """Return the half-normal prior with this scale: 95% of its probability lies below 2 * scale."""
    scale = _validate.single("scale", scale, _validate.positive)
    return Prior(f"half-normal({scale:g})", lambda sd: -0.5 * (sd / scale) ** 2)


@dataclass(frozen=True)
class Posterior:
    """Posterior of the normal-normal model, a mixture over a grid of between-unit sds."""

    between_sd: np.ndarray  # grid, shape (G,)
    probability: np.ndarray  # posterior probability of each grid point, shape (..., G)
    width: np.ndarray  # quadrature width of each grid point: density = probability / width
    conditional_mean: np.ndarray  # mean of truth_j given between_sd, shape (..., G, J)
    conditional_sd: np.ndarray  # its standard deviation, shape (..., G, J)

    @property
    def mean(self) -> np.ndarray:
        """Posterior mean of each unit's true value, shape (..., J)."""
        return np.einsum("...g,...gj->...j", self.probability, self.conditional_mean)

    @property
    def sd(self) -> np.ndarray:
        """Posterior standard deviation of each unit's true value, shape (..., J)."""
        square = self.conditional_sd**2 + (self.conditional_mean - self.mean[..., None, :]) ** 2
        return np.sqrt(np.einsum("...g,...gj->...j", self.probability, square))

    def cdf(self, value) -> np.ndarray:
        """Posterior probability that truth_j <= value, shape (..., J).

        A 95% interval holds the truth exactly where ``0.025 < cdf(truth) < 0.975``.
        """
        value = _validate.real("value", value)
        _validate.together(value=value, units=self.conditional_mean[..., 0, :])
        value = np.atleast_1d(value)[..., None, :]
        below = ndtr((value - self.conditional_mean) / self.conditional_sd)
        return np.einsum("...g,...gj->...j", self.probability, below)

    def quantile(self, level: float) -> np.ndarray:
        """Posterior quantile of each unit's true value, shape (..., J), by bisection."""
        level = _validate.single("level", level, _validate.shares)
        low = (self.conditional_mean - 9 * self.conditional_sd).min(-2)
        high = (self.conditional_mean + 9 * self.conditional_sd).max(-2)
        for _ in range(60):
            middle = (low + high) / 2
            below = self.cdf(middle) < level
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the central interval that holds `level` of the posterior."""
        level = _validate.single("level", level, _validate.shares)
        return self.quantile(0.5 - level / 2), self.quantile(0.5 + level / 2)

    def between_sd_quantile(self, level):
        """Return posterior quantiles of the between-unit sd (one data set).

        Interpolated where the quadrature is even, in between_sd / (between_sd + scale), so that a
        heavy tail does not spoil it.
        """
        if self.probability.ndim != 1:
            raise ValueError("between_sd_quantile: a single data set is wanted")
        level = _validate.shares("level", level)
        scale = np.sqrt(self.between_sd[0] * self.between_sd[-1])
        width = self.width * scale / (self.between_sd + scale) ** 2
        edges = np.append(0, np.cumsum(width))
        u = np.interp(level, np.append(0, np.cumsum(self.probability)), edges / edges[-1])
        return scale * u / (1 - u)


def full_bayes(raw, se, *, log_prior=flat, nodes: int = 100) -> Posterior:
    """Integrate over the unknown mean (flat prior) and between-unit sd, exactly, without sampling.

    Given between_sd everything is normal, so the mean is integrated by formula (BDA3 5.20-5.21)
    and only one dimension is left for quadrature. The substitution
    between_sd = scale * u / (1 - u) maps (0, 1) to (0, infinity): no upper bound is cut off.

    Parameters
    ----------
    raw : array_like, shape (..., J)
        With a flat prior at least three units are needed for a proper posterior.
    se : array_like, shape (J,)
    log_prior : callable
        Log prior density of between_sd, up to a constant.
    nodes : int
        Gauss-Legendre nodes.

    Returns
    -------
    Posterior

    Raises
    ------
    ValueError
        If the posterior sits on so few nodes that the answer could not be trusted.
    """
    raw, se = _raw_and_se(raw, se)
    _validate.function("log_prior", log_prior)
    if log_prior is flat and raw.shape[-1] < 3:
        raise ValueError(
            f"raw: a flat prior needs 3 or more units for a proper posterior; got {raw.shape[-1]}"
        )
    scale = np.sqrt(np.exp(np.mean(np.log(se**2))) + np.median(raw.var(-1)))
    u, width = np.polynomial.legendre.leggauss(_validate.whole("nodes", nodes, least=10))
    u, width = (u + 1) / 2, width / 2
    grid = scale * u / (1 - u)
    width = width * scale / (1 - u) ** 2
    middle, variance = centre(raw[..., None, :], se, grid)  # (..., G), (G,)
    spread = grid[:, None] ** 2 + se**2
    squares = ((raw[..., None, :] - middle[..., None]) ** 2 / spread).sum(-1)
    log_density = -0.5 * squares - 0.5 * np.log(spread).sum(-1) + 0.5 * np.log(variance)
    prior = _validate.log_density("log_prior", log_prior(grid), grid)
    log_density = log_density + prior + np.log(width)
    probability = np.exp(log_density - log_density.max(-1, keepdims=True))
    probability /= probability.sum(-1, keepdims=True)
    if probability.max() > 0.5:
        raise ValueError(f"nodes: {nodes} are too few for a posterior this narrow; give more")
    share = weight(se, grid[:, None])
    conditional_mean = share * raw[..., None, :] + (1 - share) * middle[..., None]
    conditional_sd = np.sqrt(share * se**2 + (1 - share) ** 2 * variance[:, None])
    return Posterior(
        grid,
        probability,
        width,
        conditional_mean,
        np.broadcast_to(conditional_sd, conditional_mean.shape),
    )


def every_method(raw, se: float, *, names=None, nodes: int = 60) -> dict:
    """Estimate equally precise units in every way of this module, with nothing known but `se`.

    Parameters
    ----------
    raw : array_like, shape (..., J)
    se : float
        Common standard error of the raw means.
    names : sequence of str, optional
        Only these methods; by default all that work with so few units (James-Stein needs four).
    nodes : int
        Quadrature nodes of the full Bayes answer.

    Returns
    -------
    dict of str to Estimates or Posterior
        Name of the method -> its answer, with `mean` and `interval(level)`. James-Stein gives no
        standard deviation (NaN).
    """
    se = _validate.single("se", se, _validate.positive)
    raw, all_se = _raw_and_se(raw, se)
    methods = {
        "no pooling": lambda: no_pooling(raw, all_se),
        "complete pooling": lambda: complete_pooling(raw, all_se),
        "naive plug-in": lambda: partial_pooling(raw, all_se, between_sd_naive(raw)),
        "corrected plug-in": lambda: partial_pooling(
            raw, all_se, between_sd_corrected(raw, all_se)
        ),
        "James-Stein": lambda: Estimates(james_stein(raw, se), np.full(raw.shape, np.nan)),
        "full Bayes": lambda: full_bayes(raw, all_se, nodes=nodes),
    }
    if names is None:
        names = [name for name in methods if name != "James-Stein" or raw.shape[-1] >= 4]
    unknown = [name for name in names if name not in methods]
    if unknown:
        raise ValueError(f"names: no method {unknown[0]!r}; known are {', '.join(methods)}")
    return {name: methods[name]() for name in names}


def three_poolings(raw, se, between_sd) -> dict[str, Estimates]:
    """Return no, complete and partial pooling by name, the last with `between_sd` as known."""
    return {
        "no pooling": no_pooling(raw, se),
        "complete pooling": complete_pooling(raw, se),
        "partial pooling": partial_pooling(raw, se, between_sd),
    }


def trial(truth, *, se: float, rng, only=None, names=None) -> dict[str, simulate.Score]:
    """Draw one raw mean for every true value, and score every method of `every_method`.

    Parameters
    ----------
    truth : array_like, shape (replications, J)
        True values, one row a data set, from whatever population is on trial; J >= 3.
    se : float
        Standard error of each raw mean.
    rng : numpy.random.Generator
    only : array_like of bool, shape (replications, J), optional
        Score only these units (all are used in the estimates).
    names : sequence of str, optional
        Only these methods.

    Returns
    -------
    dict
        Name of the method -> `helpers.simulate.Score`, with the coverage of its 95% intervals
        (NaN for James-Stein, which gives none).
    """
    truth = _validate.all_finite("truth", truth)
    if truth.ndim != 2:
        raise ValueError(f"truth: two dimensions are wanted; got shape {truth.shape}")
    if only is not None and np.shape(only) != truth.shape:
        raise ValueError(f"only: shape {truth.shape} is wanted; got {np.shape(only)}")
    size = np.ones(truth.shape[-1])
    raw = simulate.normal_means(
        size, within_sd=se, truth=truth, rng=rng, replications=len(truth)
    ).raw
    kept = (lambda values: values) if only is None else (lambda values: values[np.asarray(only)])
    scores = {}
    for name, answer in every_method(raw, se, names=names).items():
        if name == "James-Stein":
            inside = None
        elif isinstance(answer, Posterior):
            below = answer.cdf(truth)
            inside = kept((below > 0.025) & (below < 0.975))
        else:
            lower, upper = answer.interval()
            inside = kept((lower <= truth) & (truth <= upper))
        scores[name] = simulate.score(kept(answer.mean), kept(truth), inside=inside)
    return scores


def _raw(raw, *, least=1):
    raw = _validate.all_finite("raw", raw)
    if raw.ndim == 0:
        raise ValueError(f"raw: at least one unit is wanted, in an array; got the number {raw}")
    if raw.shape[-1] < least:
        raise ValueError(f"raw: at least {least} units are wanted; got {raw.shape[-1]}")
    return raw


def _raw_and_se(raw, se):
    raw, se = _raw(raw), _validate.positive("se", se)
    try:
        se = np.broadcast_to(se, raw.shape[-1:])
    except ValueError:
        raise ValueError(
            f"se: one entry a unit is wanted, shape {raw.shape[-1:]}; got {se.shape}"
        ) from None
    return raw, se


def _between(between_sd, raw):
    between = _validate.not_negative("between_sd", between_sd, finite=False)
    _validate.together(between_sd=between, **{"data sets": raw[..., 0]})
    return between
