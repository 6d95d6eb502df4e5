"""Counts out of trials: y successes in n trials per unit, each unit with its own rate.

The model of notebooks 01 and 04::

    y_j ~ Binomial(n_j, theta_j)        theta_j ~ Beta(alpha, beta)

`alpha + beta` is the prior sample size: how many trials the population is worth beside a unit's
own. `alpha / (alpha + beta)` is the population's mean rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize

from helpers._beta_grid import PosteriorGrid, grid_of
from helpers._beta_likelihood import Units, alpha_beta, counts_like
from helpers._beta_likelihood import bda3_prior as bda3_prior
from helpers._beta_likelihood import log_beta_binomial as log_beta_binomial
from helpers._beta_likelihood import log_marginal_likelihood as log_marginal_likelihood
from helpers._validate import successes_and_trials


@dataclass(frozen=True)
class BetaPopulation:
    """Beta(alpha, beta) distribution of the units' true rates."""

    alpha: float  # prior successes, > 0
    beta: float  # prior failures, > 0
    # set by `pooled` alone: the one rate that all units share
    pooled_mean: float | None = field(default=None, repr=False)

    def __post_init__(self):
        if self.pooled_mean is None:
            for name, value in (("alpha", self.alpha), ("beta", self.beta)):
                if not 0 < value < math.inf:
                    raise ValueError(f"{name}: must be finite and > 0; got {value}")
                object.__setattr__(self, name, float(value))

    @classmethod
    def pooled(cls, mean: float) -> BetaPopulation:
        """Return the limit without spread between units: every rate is `mean`."""
        if not 0 < mean < 1:
            raise ValueError(f"mean: must lie strictly between 0 and 1; got {mean}")
        return cls(math.inf, math.inf, float(mean))

    @property
    def mean(self) -> float:
        """Mean rate of the population, alpha / (alpha + beta)."""
        return self.pooled_mean or self.alpha / (self.alpha + self.beta)

    @property
    def prior_sample_size(self) -> float:
        """n0 = alpha + beta: the population counts as this many trials (infinite when pooled)."""
        return self.alpha + self.beta

    @property
    def sd(self) -> float:
        """Standard deviation of the true rates between units."""
        return math.sqrt(self.mean * (1 - self.mean) / (self.prior_sample_size + 1))

    def weight(self, n):
        """Return n / (n + n0), the share of a unit's own data in its estimate; shaped like `n`."""
        return np.asarray(n) / (np.asarray(n) + self.prior_sample_size)

    def posterior(self, y, n):
        """Return the distribution of each unit's rate given its data and this population.

        Of y successes in n trials, numbers or shape (J,): a frozen distribution of scipy.stats,
        Beta(alpha + y, beta + n - y), one per unit; a point at the mean if pooled. A unit with
        n = 0 gets the population itself.
        """
        y, n = counts_like(y, n)
        if self.pooled_mean is not None:
            return _Point(self.pooled_mean + 0 * n)
        from scipy import stats

        return stats.beta(self.alpha + y, self.beta + (n - y))

    def estimate(self, y, n):
        """Return the posterior mean of each unit's rate, (alpha + y) / (alpha + beta + n)."""
        return self.posterior(y, n).mean()

    def interval(self, y, n, level=0.95):
        """Return the ends of each unit's central posterior interval: lower, upper."""
        return self.posterior(y, n).interval(level)

    def predictive(self, y, n, m):
        """Return the distribution of the successes in `m` further trials of each unit.

        Of y successes in n trials so far (0 and 0 for a new unit), numbers or shape (J,): a frozen
        distribution of scipy.stats, beta-binomial, one per unit; binomial if pooled.
        """
        from scipy import stats

        y, n = counts_like(y, n)
        if self.pooled_mean is not None:
            return stats.binom(m, self.pooled_mean + 0 * n)
        return stats.betabinom(m, self.alpha + y, self.beta + (n - y))


class _Point:
    """A distribution with all its mass at one value, with the methods the pages ask for."""

    def __init__(self, at):
        self.mean = self.median = lambda: at
        self.std = self.var = lambda: 0.0 * at
        self.interval = lambda confidence=0.95: (at, at)
        self.ppf = lambda q: at + 0.0 * np.asarray(q)
        self.sf = lambda x: np.where(np.asarray(x) < at, 1.0, 0.0)[()]
        self.cdf = lambda x: 1.0 - self.sf(x)


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
    rates, h = y / n, np.mean(1 / n)
    m = float(rates.mean())
    if m in (0, 1):
        raise ValueError(f"y: every raw rate is {m:.0f}, so there is no spread to match")
    variance = rates.var()
    if remove_noise:
        if n.size == 1:
            raise ValueError("y: at least two units with trials are needed to see a spread; got 1")
        # one trial each (h = 1): spread and noise cannot be told apart
        variance = (rates.var(ddof=1) - m * (1 - m) * h) / (1 - h) if h < 1 else 0.0
    if variance <= 1e-14 * m * (1 - m):
        return BetaPopulation.pooled(m)
    size = m * (1 - m) / variance - 1
    if size <= 1e-12:
        raise ValueError("y: the rates vary as much as all-or-nothing rates; no Beta is that wide")
    return BetaPopulation(float(size * m), float(size * (1 - m)))


def fit_marginal_likelihood(y, n) -> BetaPopulation:
    """Fit the population by maximising `log_marginal_likelihood` (type-2 maximum likelihood).

    Where the data (J,) show no spread between units beyond binomial noise, the likelihood rises all
    the way to an infinite alpha + beta, and the answer is `pooled(sum(y) / sum(n))`. There can be
    two hills: a coarse look along alpha + beta finds the higher one.

    Raises
    ------
    ValueError
        If every y is 0 or every y is n (the best mean is 0 or 1), or if every unit is all or
        nothing with both kinds present (the best alpha + beta is 0).
    """
    units = Units(*successes_and_trials(y, n))
    units.refuse_one_sided()
    m, most = units.total_y / units.total_n, units.n.max()
    pooled = BetaPopulation.pooled(float(m))
    if most == 1:
        return pooled  # one trial each: the likelihood does not depend on alpha + beta
    if not units.inner.any():
        raise ValueError("y: every unit is 0 or n; the best alpha + beta is 0, which is no Beta")

    log_sizes = np.linspace(math.log(1e-4), math.log(1e6 * most), 45)
    ridge = units.ridge(log_sizes)
    best = units.log_likelihood(*alpha_beta(ridge, log_sizes)).argmax()
    start = np.array([ridge[best], log_sizes[best]])
    scale = units.count.sum()

    def loss(x):
        return -units.log_likelihood(*alpha_beta(*x)) / scale, -units.score(*x) / scale

    x = optimize.root(lambda x: units.score(*np.clip(x, -700, 700)) / scale, start, tol=1e-12).x
    if np.abs(x - start).max() > 1 or loss(x)[0] > loss(start)[0] + 1e-8:  # it strayed: climb
        ends = [(start[0] - 8, start[0] + 8), (log_sizes[0], log_sizes[-1])]
        climb = {"jac": True, "method": "L-BFGS-B", "bounds": ends, "options": {"ftol": 1e-14}}
        x = optimize.minimize(loss, start, **climb).x
    failures = units.n - units.y
    limit = units.constant + units.count @ (units.y * math.log(m) + failures * math.log1p(-m))
    gain = -loss(x)[0] * scale - limit
    if x[1] > log_sizes[-1] - 1e-6 or gain <= 1e-6:
        return pooled
    return BetaPopulation(*alpha_beta(*x))


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
        If more than 0.1% of the mass lies in the cells at an edge: the posterior may be improper.

    Notes
    -----
    The density in (log(alpha/beta), log(alpha+beta)) is the density in (alpha, beta) times
    alpha beta (Bayesian Data Analysis, third edition, section 5.3).
    """
    units = Units(*successes_and_trials(y, n))
    if log_prior is bda3_prior:
        units.refuse_one_sided()
        if not units.inner.any():
            raise ValueError("y: no unit has 0 < y < n; under bda3_prior the posterior is improper")

    def density(log_odds, log_size):
        alpha, beta = np.maximum(alpha_beta(log_odds, log_size), 1e-300)
        prior = log_prior(alpha, beta) + np.log(alpha) + np.log(beta)
        return np.where(prior > -np.inf, prior + units.log_likelihood(alpha, beta), -np.inf)

    log_size = np.linspace(math.log(1e-3), math.log(1e3 * units.n.max() + 1e3), 40)
    coarse = units.ridge(log_size) + np.linspace(-2, 2, 5)[:, None]
    return grid_of(density, (coarse, log_size), points=points, bounds=bounds)
