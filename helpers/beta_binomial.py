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
from itertools import product

import numpy as np
from scipy import optimize
from scipy.special import digamma, expit, gammaln, logit

from helpers._validate import counts, generator, positive, successes_and_trials, vector, whole

#: Log posterior density this far below its top is left out of a grid (e^-16 is about 1e-7).
DROP = 16.0
#: How many (grid point, unit) pairs are worked on at a time: a few megabytes.
BLOCK = 30_000


@dataclass(frozen=True)
class BetaPopulation:
    """Beta(alpha, beta) distribution of the units' true rates."""

    alpha: float  # prior successes, > 0
    beta: float  # prior failures, > 0
    pooled_mean: float | None = None  # set by `pooled` alone: the one rate all units share

    def __post_init__(self):
        if self.pooled_mean is None:
            object.__setattr__(self, "alpha", float(positive("alpha", self.alpha)))
            object.__setattr__(self, "beta", float(positive("beta", self.beta)))
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
        mean = float(mean)
        if not 0 < mean < 1:
            raise ValueError(f"mean: must lie strictly between 0 and 1; got {mean}")
        return cls(math.inf, math.inf, mean)

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
        size = vector("n", np.ravel(n)).reshape(np.shape(n))
        if (size < 0).any():
            raise ValueError(f"n: trials must be >= 0; got {size.min()}")
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
        m = counts("m", np.ravel(m)).astype(np.int64).reshape(np.shape(m))[()]
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


def log_beta_binomial(y, n, alpha, beta):
    """Return the log probability of y successes in n trials under Beta(alpha, beta) rates.

    Parameters
    ----------
    y, n, alpha, beta : array_like
        They broadcast against each other; every unit may have its own alpha and beta.

    Returns
    -------
    float or ndarray
        log [ C(n, y) B(alpha + y, beta + n - y) / B(alpha, beta) ].

    Notes
    -----
    Written with log-gammas, terms as large as n log n cancel. Here the large parts are cancelled
    on paper: Stirling's formula with its exact remainder, as Loader (2000) does for the binomial.
    What error is left is the rounding of y log(raw rate / mean), and of the same for n - y.
    """
    y, n, alpha, beta = (np.asarray(x, float) for x in (y, n, alpha, beta))
    return _log_beta_binomial(y, n, *_data_terms(y, n), alpha, beta)[()]


def _data_terms(y, n):
    """Return what does not depend on alpha and beta: log(y/n), log(1-y/n), rest of log C(n, y)."""
    log_p = np.where(y > 0, -np.log1p((n - y) / np.maximum(y, 1)), 0.0)
    log_q = np.where(y < n, -np.log1p(y / np.maximum(n - y, 1)), 0.0)
    inner = (y > 0) & (y < n)
    y, n = np.where(inner, y, 1), np.where(inner, n, 2)
    rest = (
        _stirling(n) - _stirling(y) - _stirling(n - y) - 0.5 * np.log(2 * np.pi * y * (n - y) / n)
    )
    return log_p, log_q, np.where(inner, rest, 0.0)


def _log_beta_binomial(y, n, log_p, log_q, binomial, alpha, beta):
    """Do the work of `log_beta_binomial`, given what depends on the data alone."""
    size, rest = alpha + beta, n - y
    log_y, log_rest, log_n = np.log1p(y / alpha), np.log1p(rest / beta), np.log1p(n / size)
    # log of posterior mean / prior mean: near 0 from their difference, which loses no digits
    move = (y * beta - rest * alpha) / (size + n)
    up, down = move / alpha, -move / beta
    up = np.where(up < -0.5, log_y - log_n, np.log1p(np.maximum(up, -0.5)))
    down = np.where(down < -0.5, log_rest - log_n, np.log1p(np.maximum(down, -0.5)))
    total = (alpha + y) * up + (beta + rest) * down
    total += y * (-np.log1p(beta / alpha) - log_p) + rest * (-np.log1p(alpha / beta) - log_q)
    total -= 0.5 * (log_y + log_rest - log_n)
    total += _stirling(alpha + y) + _stirling(beta + rest) - _stirling(size + n)
    total -= _stirling(alpha) + _stirling(beta) - _stirling(size)
    return total + binomial


def _stirling(z):
    """Return log Gamma(z) - [(z - 1/2) log z - z + log(2 pi) / 2], for z > 0."""
    z = np.asarray(z, float)
    far = np.maximum(z, 10.0)
    r = 1 / (far * far)
    rest = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / far
    near = z < 10
    if near.any():
        rest = np.array(rest)
        z = z[near]
        rest[near] = gammaln(z) - ((z - 0.5) * np.log(z) - z + 0.5 * math.log(2 * math.pi))
    return rest


class _Units:
    """Units summed up for the likelihood: each distinct (y, n) once, and how often it occurs."""

    def __init__(self, y, n):
        y, n = successes_and_trials(y, n)
        pairs, self.count = np.unique(y[n > 0] + 1j * n[n > 0], return_counts=True)
        self.y, self.n = pairs.real.copy(), pairs.imag.copy()
        self.total_y, self.total_n = (self.count @ x for x in (self.y, self.n))
        self.log_p, self.log_q, self.binomial = _data_terms(self.y, self.n)
        self.inner = (self.y > 0) & (self.y < self.n)

    def log_likelihood(self, alpha, beta):
        """Sum over units; broadcasts over alpha and beta."""
        alpha, beta = np.broadcast_arrays(alpha, beta)
        total = np.zeros(alpha.size)
        step = max(1, BLOCK // self.y.size)
        for start, first in product(range(0, alpha.size, step), range(0, self.y.size, BLOCK)):
            part, some = slice(start, start + step), slice(first, first + BLOCK)
            terms = _log_beta_binomial(
                self.y[some],
                self.n[some],
                self.log_p[some],
                self.log_q[some],
                self.binomial[some],
                alpha.ravel()[part, None],
                beta.ravel()[part, None],
            )
            total[part] += terms @ self.count[some]
        return total.reshape(alpha.shape)[()]

    def mean_given(self, sizes):
        """Mean rate of the population if alpha + beta were so: a weighted average of rates."""
        rates, step = self.y / self.n, max(1, BLOCK // self.y.size)
        means = []
        for start in range(0, sizes.size, step):
            weight = self.count * self.n / (self.n + sizes[start : start + step, None])
            means.append(weight @ rates / weight.sum(axis=1))
        return np.concatenate(means)

    def pooled_log_likelihood(self):
        """Log likelihood with one rate for all units: the limit of an infinite alpha + beta."""
        mean = self.total_y / self.total_n
        return self.count @ (
            self.binomial
            + self.y * (math.log(mean) - self.log_p)
            + (self.n - self.y) * (math.log1p(-mean) - self.log_q)
        )

    def score(self, log_odds, log_size):
        """Gradient of the log likelihood in (log(alpha/beta), log(alpha+beta))."""
        size, mean = math.exp(log_size), expit(log_odds)
        alpha, beta = size * mean, size * expit(-log_odds)
        d_alpha = self.count @ (digamma(alpha + self.y) - digamma(alpha))
        d_beta = self.count @ (digamma(beta + (self.n - self.y)) - digamma(beta))
        d_size = self.count @ (digamma(size + self.n) - digamma(size))
        return np.array(
            [
                alpha * beta / size * (d_alpha - d_beta),
                alpha * d_alpha + beta * d_beta - size * d_size,
            ]
        )

    def refuse_one_sided(self):
        """Raise `ValueError` if there is no success, or no failure, in all the data."""
        if self.total_y == 0:
            raise ValueError("y: every entry is 0, so no Beta population fits best; add a prior")
        if self.total_y == self.total_n:
            raise ValueError(
                "y: every entry equals n, so no Beta population fits best; add a prior"
            )


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
    return _Units(y, n).log_likelihood(positive("alpha", alpha), positive("beta", beta))


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
    units = _Units(y, n)
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
            Probabilities between 0 and 1.

        Returns
        -------
        float or ndarray
            Like `q`.
        """
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
    units = _Units(y, n)
    points = whole("points", points, least=10)
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

    mode = _find_mode(density, units)
    box = _find_box(density, mode) if bounds is None else np.asarray(bounds, float)
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
    edge = _beyond(density, log_odds, log_size, box, mass)
    if edge > 1e-3:
        warnings.warn(
            f"posterior_grid: about {edge:.2g} of the mass seems to lie beyond the grid's edge; "
            "give wider bounds, or ask whether the posterior is proper",
            stacklevel=2,
        )
    return PosteriorGrid(log_odds, log_size, mass, mode, edge)


#: No grid goes beyond these log(alpha+beta): from 1e-13 to 1e26 trials.
FURTHEST = (-30.0, 60.0)


def _find_mode(density, units):
    """Return (log(alpha/beta), log(alpha+beta)) of the highest density."""
    log_sizes = np.linspace(math.log(1e-3), math.log(1e3 * units.n.max() + 1e3), 60)
    share = units.count * units.n / (units.n + np.exp(log_sizes)[:, None])
    means = share @ ((units.y + 0.5) / (units.n + 1)) / share.sum(axis=1)
    coarse = np.add.outer(np.linspace(-2, 2, 9), logit(means))
    values = density(coarse, log_sizes)
    if not np.isfinite(values).any():
        raise ValueError("log_prior: it is -inf (or NaN) wherever the data are likely")
    row, column = np.unravel_index(np.argmax(values), values.shape)
    x = np.array([coarse[row, column], log_sizes[column]])
    top = values[row, column]
    step = np.array([min(0.5, 2 / math.sqrt(units.total_y + 1)), 0.3])
    for _ in range(2):  # restarted, so that a simplex that collapsed early does no harm
        simplex = x + np.array([[0, 0], [step[0], 0], [0, step[1]]])
        found = optimize.minimize(
            lambda z: top - float(density(*np.clip(z, -700, 700))),
            x,
            method="Nelder-Mead",
            options={"initial_simplex": simplex, "xatol": 1e-6, "fatol": 1e-9, "maxiter": 400},
        )
        x, step = found.x, step / 10
    return float(x[0]), float(x[1])


def _find_box(density, mode):
    """Return the box outside of which the density is below e^-DROP of its top, shape (2, 2)."""
    top = float(density(*mode))
    box = np.empty((2, 2))
    for axis in range(2):  # first guess: walk out along each axis through the mode
        for side, sign in enumerate((-1, 1)):
            step = 1e-9
            while step < 40:
                point = np.array(mode)
                point[axis] += sign * step
                if density(*point) < top - DROP:
                    break
                step *= 2
            box[axis, side] = mode[axis] + sign * step
    box[1] = np.clip(box[1], *FURTHEST)
    for _ in range(40):  # then widen or tighten each side by looking at the whole box
        inside = box.copy()
        grid = [np.linspace(low, high, 17) for low, high in box]
        high_enough = density(grid[0][None, :], grid[1][:, None]) > top - DROP
        for axis, seen in enumerate((high_enough.any(axis=0), high_enough.any(axis=1))):
            where = np.flatnonzero(seen)
            if not where.size:
                continue
            step = grid[axis][1] - grid[axis][0]
            first, last = where[0], where[-1]
            inside[axis, 0] += step * ((first - 1) if first else -6)
            inside[axis, 1] -= step * ((15 - last) if last < 16 else -6)
        inside[1] = np.clip(inside[1], *FURTHEST)
        if np.allclose(inside, box, rtol=0, atol=1e-12):
            break
        box = inside
    return _to_hard_edges(density, box)


def _to_hard_edges(density, box):
    """Move a side that lies where the prior is zero to where the prior ends."""
    box = box.copy()
    for axis in (1, 0):
        across = np.linspace(*box[1 - axis], 33)

        def alive(x, axis=axis, across=across):
            line = np.full(across.shape, x)
            return np.isfinite(density(*((line, across) if axis == 0 else (across, line)))).any()

        middle = box[axis].mean()
        if not alive(middle):
            continue
        for side in range(2):
            if alive(box[axis, side]):
                continue
            dead, live = box[axis, side], middle
            for _ in range(60):
                halfway = (dead + live) / 2
                dead, live = (dead, halfway) if alive(halfway) else (halfway, live)
            box[axis, side] = live
    return box


def _beyond(density, log_odds, log_size, box, mass):
    """Estimate the mass beyond each edge from how fast the outermost cells fall away."""
    total = 0.0
    for axis, lines in ((1, mass.sum(axis=1)), (0, mass.sum(axis=0))):
        centres = (log_odds, log_size)[axis]
        step = centres[1] - centres[0]
        across = (log_odds, log_size)[1 - axis]
        for edge, (outer, inner) in enumerate((lines[[0, 4]], lines[[-1, -5]])):
            line = np.full(across.shape, box[axis, edge] + (step if edge else -step))
            outside = density(*((line, across) if axis == 0 else (across, line)))
            if outer <= 0 or not np.isfinite(outside).any():
                continue  # nothing there, or the prior ends here
            fall = outer / inner if inner > 0 else 1.0
            # a geometric tail with this ratio per four cells; no fall at all: as much again
            total += outer / (1 - fall**0.25) if fall < 0.999 else 1.0
    return float(min(total, 1.0))


def _counts_like(y, n):
    """Check successes and trials, numbers or arrays, and keep their shape."""
    shape = np.broadcast_shapes(np.shape(y), np.shape(n))
    y, n = counts("y", np.ravel(y)), counts("n", np.ravel(n))
    if y.size != n.size and 1 not in (y.size, n.size):
        raise ValueError(f"y and n: equal lengths are wanted; y has {y.size}, n has {n.size}")
    y, n = np.broadcast_arrays(y, n)
    if (y > n).any():
        where = int(np.argmax(y > n))
        raise ValueError(f"y: successes cannot exceed trials n; entry {where} is {y[where]}")
    return y.reshape(shape)[()], n.reshape(shape)[()]
