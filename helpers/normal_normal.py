"""Units measured with normal noise of known size: every way of choosing how much to pool.

The model of further/garages and of the eight schools:

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

from helpers._validate import refuse


@dataclass(frozen=True)
class Estimates:
    """Estimates of the units' true values with their standard deviations."""

    mean: np.ndarray  # estimate of each unit, shape (..., J)
    sd: np.ndarray  # its standard deviation, same shape

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the normal interval that holds `level` of the probability."""
        reach = ndtri(0.5 + level / 2) * self.sd
        return self.mean - reach, self.mean + reach

    def holds(self, truth) -> np.ndarray:
        """Whether the 95% intervals hold the truth."""
        lower, upper = self.interval()
        return (lower <= truth) & (truth <= upper)


def weight(se, between_sd):
    """Share of a unit's own raw mean: between_sd**2 / (between_sd**2 + se**2) (Gelman & Hill 12.1).

    With ``se = within_sd / sqrt(n)`` this is n / (n + n0), n0 = within_sd**2 / between_sd**2.
    """
    with np.errstate(divide="ignore"):
        return 1 / (1 + np.square(se) / np.square(between_sd))


def centre(raw, se, between_sd):
    """Precision-weighted mean of the raw means, and its sampling variance, shape (...) each.

    Each raw mean (..., J) counts 1 / (between_sd**2 + se**2), with `se` (J,), `between_sd` (...).
    """
    raw, se = _measured(raw, se)
    precision = 1 / (np.square(between_sd)[..., None] + se**2)
    total = precision.sum(-1)
    return (precision * raw).sum(-1) / total, 1 / total


def no_pooling(raw, se) -> Estimates:
    """Each unit by itself: the raw means and their standard errors."""
    raw, se = _measured(raw, se)
    return Estimates(raw, np.broadcast_to(se, raw.shape))


def complete_pooling(raw, se) -> Estimates:
    """One number for all units: the mean weighted by 1 / se**2, and its standard error."""
    mean, variance = centre(raw, se, 0.0)
    same = np.ones(np.shape(raw))
    return Estimates(same * mean[..., None], same * np.sqrt(variance))


def partial_pooling(raw, se, between_sd, *, mean=None) -> Estimates:
    """Shrink every raw mean towards the centre by its weight, taking `between_sd` as known.

    The estimate of raw (..., J) is w * raw + (1 - w) * centre, its standard deviation sqrt(w) * se.
    Without the population's known `mean` the precision-weighted centre is used, and its uncertainty
    is *not* counted in `sd` (that is what plugging in means).
    """
    raw, se = _measured(raw, se)
    middle = centre(raw, se, between_sd)[0][..., None] if mean is None else mean
    share = weight(se, np.asarray(between_sd, float)[..., None])
    estimate = share * raw + (1 - share) * middle
    return Estimates(estimate, np.broadcast_to(np.sqrt(share) * se, estimate.shape))


def three_poolings(raw, se, between_sd) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return pooling -> (estimate, lower, upper), 95% intervals, with `between_sd` as known."""
    found = {
        "no pooling": no_pooling(raw, se),
        "complete pooling": complete_pooling(raw, se),
        "partial pooling": partial_pooling(raw, se, between_sd),
    }
    return {name: (fit.mean, *fit.interval()) for name, fit in found.items()}


def between_sd_corrected(raw, se):
    """Observed variance minus the average noise variance, as a standard deviation; 0 if negative.

    The difference is unbiased for between_sd**2, for equal and unequal standard errors alike.
    """
    return np.sqrt(np.maximum(np.var(raw, axis=-1, ddof=1) - np.mean(np.square(se)), 0))


def flat(between_sd):
    """Log prior, flat in the between-unit sd: improper, and in need of three units."""
    return np.zeros_like(between_sd, float)


def half_cauchy(scale: float) -> Callable:
    """Return the half-Cauchy log prior with this scale: half its probability lies below it."""
    return lambda between_sd: -np.log1p(np.square(between_sd / scale))


def half_normal(scale: float) -> Callable:
    """Return the half-normal log prior: 95% of its probability lies below 2 * scale."""
    return lambda between_sd: -0.5 * np.square(between_sd / scale)


@dataclass(frozen=True)
class Posterior:
    """Posterior of the normal-normal model, a mixture over a grid of between-unit sds."""

    between_sd: np.ndarray  # grid, shape (G,)
    probability: np.ndarray  # posterior probability of each grid point, shape (..., G)
    width: np.ndarray  # quadrature width of each grid point: density = probability / width
    conditional_mean: np.ndarray  # mean of truth_j given between_sd, shape (..., G, J)
    conditional_sd: np.ndarray  # its standard deviation, shape (G, J)

    @property
    def mean(self) -> np.ndarray:
        """Posterior mean of each unit's true value, shape (..., J)."""
        return np.einsum("...g,...gj->...j", self.probability, self.conditional_mean)

    def cdf(self, value) -> np.ndarray:
        """Posterior probability that truth_j <= value, shape (..., J)."""
        value = np.asarray(value, float)[..., None, :]
        below = ndtr((value - self.conditional_mean) / self.conditional_sd)
        return np.einsum("...g,...gj->...j", self.probability, below)

    def holds(self, truth) -> np.ndarray:
        """Whether the central 95% intervals hold the truth (quicker than finding their ends)."""
        return np.abs(self.cdf(truth) - 0.5) < 0.475

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the central interval that holds `level`, shape (..., J) each."""
        return self._quantile(0.5 - level / 2), self._quantile(0.5 + level / 2)

    def _quantile(self, level):
        low = (self.conditional_mean - 9 * self.conditional_sd).min(-2)
        high = (self.conditional_mean + 9 * self.conditional_sd).max(-2)
        for _ in range(60):  # halve the bracket
            middle = (low + high) / 2
            below = self.cdf(middle) < level
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def between_sd_quantile(self, share):
        """Return posterior quantiles of the between-unit sd (one data set).

        Interpolated where the quadrature is even, in between_sd / (between_sd + scale), so that a
        heavy tail does not spoil it.
        """
        scale = np.sqrt(self.between_sd[0] * self.between_sd[-1])
        edges = np.append(0, np.cumsum(self.width * scale / (self.between_sd + scale) ** 2))
        u = np.interp(share, np.append(0, np.cumsum(self.probability)), edges / edges[-1])
        return scale * u / (1 - u)


def full_bayes(raw, se, *, log_prior=flat, nodes: int = 100) -> Posterior:
    """Integrate over the unknown mean (flat prior) and between-unit sd, exactly, without sampling.

    Given between_sd everything is normal, so the mean is integrated by formula (BDA3 5.20-5.21)
    and only one dimension is left for quadrature. The substitution
    between_sd = scale * u / (1 - u) maps (0, 1) to (0, infinity): no upper bound is cut off.

    Of raw (..., J) and se (J,); `log_prior` is the log density of between_sd up to a constant. A
    flat one needs three units for a proper posterior. Too few nodes for a narrow one are refused.
    """
    raw, se = _measured(raw, se)
    if log_prior is flat and raw.shape[-1] < 3:
        raise ValueError(f"raw: a flat prior needs 3 or more units; got {raw.shape[-1]}")
    scale = np.sqrt(np.exp(np.mean(np.log(se**2))) + np.median(raw.var(-1)))
    u, width = np.polynomial.legendre.leggauss(nodes)
    u, width = (u + 1) / 2, width / 2
    grid = scale * u / (1 - u)
    width = width * scale / (1 - u) ** 2
    raw = raw[..., None, :]
    middle, variance = centre(raw, se, grid)  # (..., G), (G,)
    spread = grid[:, None] ** 2 + se**2
    squares = ((raw - middle[..., None]) ** 2 / spread).sum(-1)
    log_density = (np.log(variance) - squares - np.log(spread).sum(-1)) / 2
    log_density = log_density + log_prior(grid) + np.log(width)
    probability = np.exp(log_density - log_density.max(-1, keepdims=True))
    probability /= probability.sum(-1, keepdims=True)
    if not probability.max() < 0.5:
        raise ValueError(f"nodes: {nodes} are too few for a posterior this narrow; give more")
    share = weight(se, grid[:, None])
    conditional_mean = share * raw + (1 - share) * middle[..., None]
    conditional_sd = np.sqrt(share * se**2 + (1 - share) ** 2 * variance[:, None])
    return Posterior(grid, probability, width, conditional_mean, conditional_sd)


def _measured(raw, se):
    """Return raw means (..., J) and standard errors (J,), or refuse them by name."""
    raw, se = np.asarray(raw, float), np.asarray(se, float)
    refuse("raw", "every entry must be finite", ~np.isfinite(raw), raw)
    refuse("se", "must be finite and > 0", ~(np.isfinite(se) & (se > 0)), se)
    if raw.ndim == 0 or raw.size == 0 or se.shape not in ((), (1,), raw.shape[-1:]):
        raise ValueError(f"raw and se: one entry a unit is wanted; got {raw.shape} and {se.shape}")
    return raw, np.broadcast_to(se, raw.shape[-1:])
