"""Counts out of trials: y successes in n trials per unit, each unit with its own rate.

The model of notebooks 01 and 04::

    y_j ~ Binomial(n_j, theta_j)        theta_j ~ Beta(alpha, beta)

`alpha + beta` is the prior sample size: how many trials the population is worth beside a unit's
own. `alpha / (alpha + beta)` is the population's mean rate.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import expit, logit

from helpers._beta_binomial import Units
from helpers._beta_binomial import log_beta_binomial as log_beta_binomial  # part of the model
from helpers._grid_edges import beyond, find_box, find_mode
from helpers._validate import (
    counts,
    function,
    generator,
    not_negative,
    positive,
    real,
    shares,
    single,
    successes_and_trials,
    together,
    whole,
)


@dataclass(frozen=True)
class BetaPopulation:
    """Beta(alpha, beta) distribution of the units' true rates."""

    alpha: float  # prior successes, > 0
    beta: float  # prior failures, > 0
    pooled_mean: float | None = None  # set by `pooled` alone: the one rate all units share

    def __post_init__(self):
        if self.pooled_mean is None:
            object.__setattr__(self, "alpha", single("alpha", self.alpha, positive))
            object.__setattr__(self, "beta", single("beta", self.beta, positive))
        elif not (self.alpha == self.beta == math.inf and 0 < self.pooled_mean < 1):
            raise ValueError(
                "pooled_mean: make this limit with BetaPopulation.pooled(mean), 0 < mean < 1; "
                f"got alpha={self.alpha}, beta={self.beta}, pooled_mean={self.pooled_mean}"
            )

    def __repr__(self):
        if self.pooled_mean is not None:
            return f"BetaPopulation.pooled({self.pooled_mean})"
        return f"BetaPopulation(alpha={self.alpha}, beta={self.beta})"

    @classmethod
    def pooled(cls, mean: float) -> BetaPopulation:
        """Return the limit without spread between units: every rate is `mean` (0 < mean < 1)."""
        return cls(math.inf, math.inf, single("mean", mean, shares))

    @property
    def mean(self) -> float:
        """Mean rate of the population, alpha / (alpha + beta)."""
        if self.pooled_mean is not None:
            return self.pooled_mean
        return self.alpha / (self.alpha + self.beta)

    @property
    def prior_sample_size(self) -> float:
        """n0 = alpha + beta: the population counts as this many trials (infinite when pooled)."""
        return self.alpha + self.beta

    @property
    def sd(self) -> float:
        """Standard deviation of the true rates between units."""
        return math.sqrt(self.mean * (1 - self.mean) / (self.prior_sample_size + 1))

    def weight(self, n):
        """Return n / (n + n0), the share of a unit's own data in its estimate.

        Parameters
        ----------
        n : float or array_like
            Trials per unit, >= 0.

        Returns
        -------
        float or ndarray
            Like `n`.
        """
        size = not_negative("n", n)
        return (size / (size + self.prior_sample_size))[()]

    def posterior(self, y, n):
        """Return the distribution of each unit's rate given its data and this population.

        Parameters
        ----------
        y, n : array_like, shape (J,), or numbers
            Successes and trials. A unit with n = 0 gets the population itself.

        Returns
        -------
        scipy.stats frozen distribution
            Beta(alpha + y, beta + n - y), one per unit; a point at the mean if pooled.
            Ask it for `mean()`, `std()`, `interval(0.95)`, `sf(x)`, ...
        """
        y, n = _counts_like(y, n)
        if self.pooled_mean is not None:
            return _Point(np.full(np.shape(n), self.pooled_mean)[()])
        from scipy import stats

        return stats.beta(self.alpha + y, self.beta + (n - y))

    def predictive(self, y, n, m):
        """Return the distribution of the successes in `m` further trials of each unit.

        Parameters
        ----------
        y, n : array_like, shape (J,), or numbers
            Successes and trials seen so far (0 and 0 for a new unit).
        m : array_like or number
            Further trials, whole and >= 0.

        Returns
        -------
        scipy.stats frozen distribution
            Beta-binomial, one per unit; binomial if pooled.
        """
        y, n = _counts_like(y, n)
        m = _counts_of_any_shape("m", m).astype(np.int64)[()]
        together(n=n, m=m)
        from scipy import stats

        if self.pooled_mean is not None:
            return stats.binom(m, np.full(np.shape(n), self.pooled_mean)[()])
        return stats.betabinom(m, self.alpha + y, self.beta + (n - y))


class _Point:
    """A distribution with all its mass at one value, with the methods the pages ask for."""

    def __init__(self, at):
        self._at = at

    def mean(self):
        return self._at

    median = mean

    def std(self):
        return np.zeros_like(self._at)[()]

    var = std

    def interval(self, confidence=0.95):
        return self._at, self._at

    def ppf(self, q):
        return (np.zeros_like(q, dtype=float) + self._at)[()]

    def cdf(self, x):
        return np.where(np.asarray(x) >= self._at, 1.0, 0.0)[()]

    def sf(self, x):
        return 1.0 - self.cdf(x)

    def rvs(self, size=None, random_state=None):
        return np.broadcast_to(self._at, np.shape(self._at) if size is None else size).copy()


def bda3_prior(alpha, beta):
    """Return log p(alpha, beta) = -5/2 log(alpha + beta), up to a constant.

    The hyperprior of Gelman et al., Bayesian Data Analysis, third edition, equation 5.9: flat in
    the mean and in (alpha + beta)^(-1/2), which is about the population's standard deviation.
    """
    return -2.5 * np.log(np.asarray(alpha) + beta)


def log_marginal_likelihood(alpha, beta, y, n):
    """Return log p(y | alpha, beta), the units' rates integrated out, summed over units.

    Parameters
    ----------
    alpha, beta : float or array_like
        Hyperparameters, > 0. They broadcast against each other.
    y, n : array_like, shape (J,)
        Successes and trials of each unit. The binomial coefficients are included.

    Returns
    -------
    float or ndarray
        One value per (alpha, beta).
    """
    alpha, beta = together(alpha=positive("alpha", alpha), beta=positive("beta", beta))
    return Units(y, n).log_likelihood(alpha, beta)


def fit_moments(y, n, *, remove_noise: bool = False) -> BetaPopulation:
    """Fit the population by matching the mean and variance of the raw rates y/n.

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Successes and trials. Units with n = 0 have no rate and are left out.
    remove_noise : bool
        False: match mean m and variance v (ddof 0) of the raw rates as they are. The variance
        holds binomial noise too, so the population comes out too wide.
        True: take the noise off first. With v (ddof 1) and h = mean(1/n),
        tau^2 = (v - m (1 - m) h) / (1 - h), because E[v] = tau^2 + h (m (1 - m) - tau^2).

    Returns
    -------
    BetaPopulation
        The limit `pooled(m)` where no spread between units is left.

    Raises
    ------
    ValueError
        If every y is 0, every y is n, or every unit is all or nothing (no Beta is that wide).
    """
    y, n = successes_and_trials(y, n)
    y, n = y[n > 0], n[n > 0]
    rates = y / n
    mean = float(rates.mean())
    if mean in (0.0, 1.0):
        raise ValueError(f"y: every raw rate is {mean:.0f}, so there is no spread to match")
    if remove_noise:
        if rates.size < 2:
            raise ValueError("y: at least two units with trials are needed to see a spread; got 1")
        noise = float((1 / n).mean())
        if noise == 1:  # one trial each: spread and noise cannot be told apart
            return BetaPopulation.pooled(mean)
        variance = (float(rates.var(ddof=1)) - mean * (1 - mean) * noise) / (1 - noise)
    else:
        variance = float(rates.var())
    if variance <= 1e-14 * mean * (1 - mean):
        return BetaPopulation.pooled(mean)
    size = mean * (1 - mean) / variance - 1
    if size <= 1e-12:
        raise ValueError(
            f"y: the rates' variance {variance:.3g} is as large as mean (1 - mean); "
            "no Beta population is that wide"
        )
    return BetaPopulation(size * mean, size * (1 - mean))


def fit_marginal_likelihood(y, n) -> BetaPopulation:
    """Fit the population by maximising `log_marginal_likelihood` (type-2 maximum likelihood).

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Successes and trials.

    Returns
    -------
    BetaPopulation
        Where the data show no spread between units beyond binomial noise, the likelihood rises
        all the way to an infinite alpha + beta, and the answer is `pooled(sum(y) / sum(n))`.

    Raises
    ------
    ValueError
        If every y is 0 or every y is n (the best mean is 0 or 1), or if every unit is all or
        nothing with both kinds present (the best alpha + beta is 0).

    Notes
    -----
    A coarse look along alpha + beta finds the right hill, and a root search on the gradient its
    top; where that strays, a quasi-Newton search climbs instead.
    """
    units = Units(y, n)
    units.refuse_one_sided()
    pooled = BetaPopulation.pooled(units.total_y / units.total_n)
    if units.n.max() == 1:
        return pooled  # one trial each: the likelihood does not depend on alpha + beta
    if not units.inner.any():
        raise ValueError("y: every unit is 0 or n; the best alpha + beta is 0, which is no Beta")

    log_sizes = np.linspace(math.log(1e-4), math.log(1e6 * units.n.max()), 90)
    sizes = np.exp(log_sizes)
    means = np.clip(units.mean_given(sizes), 1e-300, 1 - 1e-16)
    values = units.log_likelihood(sizes * means, sizes * (1 - means))
    best = int(np.argmax(values))
    scale = float(units.count.sum())

    def loss(x):
        size = math.exp(x[1])
        value = units.log_likelihood(size * expit(x[0]), size * expit(-x[0]))
        return -value / scale, -units.score(*x) / scale

    start = np.array([logit(means[best]), log_sizes[best]])
    x = optimize.root(lambda x: units.score(*np.clip(x, -700, 700)) / scale, start, tol=1e-12).x
    if np.abs(x - start).max() > 1 or loss(x)[0] > -values[best] / scale + 1e-12:
        around = [(start[0] - 8, start[0] + 8), (log_sizes[0], log_sizes[-1])]
        found = optimize.minimize(
            loss, start, jac=True, method="L-BFGS-B", bounds=around, options={"ftol": 1e-14}
        )
        x = found.x
    at_top = x[1] > log_sizes[-1] - 1e-6
    gain = -loss(x)[0] * scale - units.pooled_log_likelihood()
    if at_top or gain <= 1e-9 * scale**0.5:
        return pooled
    size = math.exp(x[1])
    return BetaPopulation(size * float(expit(x[0])), size * float(expit(-x[0])))


@dataclass(frozen=True)
class PosteriorGrid:
    """The exact posterior of (alpha, beta) on a grid of log(alpha/beta) and log(alpha+beta)."""

    log_odds: np.ndarray  # log(alpha/beta) at the cells' centres, shape (columns,)
    log_size: np.ndarray  # log(alpha+beta) at the cells' centres, shape (rows,)
    mass: np.ndarray  # posterior probability of each cell, shape (rows, columns), sums to 1
    mode: tuple[float, float]  # (log_odds, log_size) where their joint density is highest
    edge_mass: float  # about how much probability lies beyond the grid (0 is good)

    @property
    def alpha(self) -> np.ndarray:
        """Prior successes at each cell's centre, shape (rows, columns)."""
        return np.exp(self.log_size)[:, None] * expit(self.log_odds)

    @property
    def beta(self) -> np.ndarray:
        """Prior failures at each cell's centre, shape (rows, columns)."""
        return np.exp(self.log_size)[:, None] * expit(-self.log_odds)

    def mean(self, f: Callable):
        """Return the posterior mean of f(alpha, beta).

        Parameters
        ----------
        f : callable
            Takes alpha and beta of shape (k, 1) and returns shape (k, 1), or (k, J) for J
            quantities at once, as `lambda a, b: (a + y) / (a + b + n)`. It must be integrable:
            under `bda3_prior` the posterior means of alpha and beta themselves are infinite.

        Returns
        -------
        float or ndarray, shape (J,)
        """
        total = 0.0
        for alpha, beta, mass in self._cells():
            value = np.asarray(f(alpha, beta), float)
            total = total + mass @ (value if value.ndim == 2 else np.full(alpha.shape, value))
        return float(total[0]) if total.size == 1 else total

    def quantile(self, f: Callable, q):
        """Return posterior quantiles `q` of one quantity f(alpha, beta), interpolated.

        Parameters
        ----------
        f : callable
            Takes alpha and beta and returns one value per cell.
        q : float or array_like
            Probabilities, strictly between 0 and 1.

        Returns
        -------
        float or ndarray
            Like `q`.
        """
        q = shares("q", q)
        fine = [
            np.linspace(axis[0], axis[-1], max(600, 2 * axis.size))
            for axis in (self.log_size, self.log_odds)
        ]
        log_mass = np.log(np.maximum(self.mass, 1e-300))
        log_mass = np.stack([np.interp(fine[0], self.log_size, x) for x in log_mass.T])
        log_mass = np.stack([np.interp(fine[1], self.log_odds, x) for x in log_mass.T])
        size = np.exp(fine[0])[:, None]
        value = np.ravel(f(size * expit(fine[1]), size * expit(-fine[1])))
        order = np.argsort(value)
        mass = np.exp(log_mass).ravel()[order]
        mass = np.cumsum(mass) - mass / 2
        return np.interp(q, mass / (mass[-1] + mass[0]), value[order])[()]

    def sample(self, size, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw (alpha, beta) from the posterior, spread evenly within each cell.

        Parameters
        ----------
        size : int or tuple of int
            Shape of the draws.
        rng : numpy.random.Generator

        Returns
        -------
        alpha, beta : ndarray
            Of shape `size`.
        """
        rng = generator(rng)
        for length in np.atleast_1d(size).tolist():
            whole("size", length, least=0)
        cumulative = np.cumsum(self.mass)
        cell = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
        row, column = np.divmod(np.minimum(cell, self.mass.size - 1), self.log_odds.size)
        width = (np.diff(axis[:2])[0] for axis in (self.log_odds, self.log_size))
        log_odds = self.log_odds[column] + next(width) * (rng.random(size) - 0.5)
        log_size = self.log_size[row] + next(width) * (rng.random(size) - 0.5)
        scale = np.exp(log_size)
        return scale * expit(log_odds), scale * expit(-log_odds)

    def _cells(self):
        """Yield alpha, beta, mass in blocks, without the cells that hold next to nothing."""
        keep = self.mass.ravel() > 1e-15
        alpha, beta, mass = (x.ravel()[keep] for x in (self.alpha, self.beta, self.mass))
        for start in range(0, mass.size, 250):
            part = slice(start, start + 250)
            yield alpha[part, None], beta[part, None], mass[part]


def posterior_grid(
    y, n, *, log_prior: Callable = bda3_prior, points: int = 100, bounds=None
) -> PosteriorGrid:
    """Compute the posterior of (alpha, beta) on a grid, the units' rates integrated out.

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Successes and trials.
    log_prior : callable
        log p(alpha, beta), a density in alpha and beta (not in their logs) up to a constant;
        -inf where it is zero.
    points : int
        Cells along each axis.
    bounds : ((float, float), (float, float)), optional
        Ends of the grid in log(alpha/beta) and in log(alpha+beta). By default it finds its own:
        everything within a factor e^-16 of the highest density.

    Returns
    -------
    PosteriorGrid

    Raises
    ------
    ValueError
        If the posterior is improper because every unit has y = 0 or y = n (under `bda3_prior`,
        at least one unit with 0 < y < n is needed), or if the prior is zero everywhere.

    Warns
    -----
    UserWarning
        If more than 0.1% of the mass seems to lie beyond an edge: the posterior may be improper.

    Notes
    -----
    The density in (log(alpha/beta), log(alpha+beta)) is the density in (alpha, beta) times
    alpha beta (Bayesian Data Analysis, third edition, section 5.3).
    """
    units = Units(y, n)
    points = whole("points", points, least=10)
    function("log_prior", log_prior)
    if log_prior is bda3_prior:
        units.refuse_one_sided()
        if not units.inner.any():
            raise ValueError("y: no unit has 0 < y < n; under bda3_prior the posterior is improper")

    def density(log_odds, log_size):
        log_odds, log_size = np.broadcast_arrays(
            np.asarray(log_odds, float), np.asarray(log_size, float)
        )
        size = np.exp(log_size)
        alpha, beta = size * expit(log_odds), size * expit(-log_odds)
        with np.errstate(divide="ignore"):
            prior = np.broadcast_to(np.asarray(log_prior(alpha, beta), float), size.shape)
            known = np.isfinite(prior) & (alpha > 0) & (beta > 0)
            value = np.full(size.shape, -np.inf)
            value[known] = prior[known] + np.log(alpha[known]) + np.log(beta[known])
        value[known] += units.log_likelihood(alpha[known], beta[known])
        return value

    mode = find_mode(density, units)
    box = find_box(density, mode) if bounds is None else real("bounds", bounds)
    if box.shape != (2, 2) or not np.isfinite(box).all() or (box[:, 0] >= box[:, 1]).any():
        raise ValueError(f"bounds: two rising pairs of finite numbers are wanted; got {bounds!r}")
    log_odds, log_size = (
        low + (np.arange(points) + 0.5) * (high - low) / points for low, high in box
    )
    value = density(log_odds[None, :], log_size[:, None])
    top = value.max()
    if not np.isfinite(top):
        raise ValueError("log_prior: it is -inf (or NaN) everywhere on the grid")
    mass = np.exp(value - top)
    mass /= mass.sum()
    edge = beyond(density, log_odds, log_size, box, mass)
    if edge > 1e-3:
        warnings.warn(
            f"posterior_grid: about {edge:.2g} of the mass seems to lie beyond the grid's edge; "
            "give wider bounds, or ask whether the posterior is proper",
            stacklevel=2,
        )
    return PosteriorGrid(log_odds, log_size, mass, mode, edge)


def _counts_of_any_shape(name, values):
    """Check counts and keep their shape."""
    values = real(name, values, bools=True)
    return counts(name, values.ravel()).reshape(values.shape)


def _counts_like(y, n):
    """Check successes and trials, numbers or arrays, and give them one shape."""
    y, n = together(y=_counts_of_any_shape("y", y), n=_counts_of_any_shape("n", n))
    if (y > n).any():
        where = int(np.argmax(y > n))
        raise ValueError(
            f"y: successes cannot exceed trials n; entry {where} is {y.flat[where]}, "
            f"n is {n.flat[where]}"
        )
    return y[()], n[()]
