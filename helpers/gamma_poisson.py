"""Rates over exposure: y events in n person-years per unit, each unit with its own rate.

The model of notebook 01::

    y_j ~ Poisson(n_j * rate_j)        rate_j ~ Gamma of mean m and prior sample size n0

The Gamma has the shape m * n0; n0 is in the unit of the exposure. With predictors every unit has
its own m, and log m is a constant plus slopes times predictors. For rare events this is the
Beta-Binomial of `helpers.beta_binomial`; it takes exposures that are not whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import digamma, gammainccinv, gammaincinv, gammaln, xlogy

from helpers._validate import counts, refuse, same_length, vector


@dataclass(frozen=True)
class GammaPopulation:
    """Gamma distribution of the units' true rates; without spread if n0 is infinite."""

    mean: float | np.ndarray  # mean rate: one number, or one per unit (shape (J,))
    prior_sample_size: float  # n0, in the unit of the exposure; may be np.inf
    coefficients: np.ndarray | None = None  # of the log mean: the constant, then the slopes

    def __post_init__(self):
        for name in ("mean", "prior_sample_size"):
            value = np.asarray(getattr(self, name))
            refuse(name, "must be > 0", ~(value > 0), value)

    @property
    def sd(self):
        """Standard deviation of the true rates between units of equal mean."""
        return np.sqrt(self.mean / self.prior_sample_size)

    def weight(self, n):
        """Return n / (n + n0), the share of a unit's own data in its estimate."""
        n = np.asarray(n, float)
        return n / (n + self.prior_sample_size)

    def estimate(self, y, n):
        """Return the posterior mean of each unit's rate: weight * y / n + (1 - weight) * mean."""
        y, n = _events(y, n)
        return y / (n + self.prior_sample_size) + self.mean / (1 + n / self.prior_sample_size)

    def interval(self, y, n, level=0.95):
        """Return lower and upper ends of each unit's central posterior interval."""
        tail = _tail(level)
        y, n = _events(y, n)
        n0 = self.prior_sample_size
        if np.isinf(n0):
            return self.estimate(y, n), self.estimate(y, n)
        shape = self.mean * n0 + y
        return gammaincinv(shape, tail) / (n0 + n), gammainccinv(shape, tail) / (n0 + n)

    def predictive(self, y, n, m):
        """Return the distribution of each unit's events in a further exposure m >= 0.

        A `scipy.stats` distribution: negative binomial, or Poisson if n0 is infinite. With y and n
        of 0 it is that of a new unit.
        """
        from scipy import stats

        y, n = _events(y, n)
        m = vector("m", m)
        refuse("m", "exposures must be >= 0", m < 0, m)
        n0 = self.prior_sample_size
        if np.isinf(n0):
            return stats.poisson(self.mean * m)
        return stats.nbinom(self.mean * n0 + y, (n0 + n) / (n0 + n + m))

    def log_likelihood(self, y, n) -> float:
        """Return the log probability of all units' events, their rates integrated out."""
        return float(self.predictive(np.zeros(len(y)), np.zeros(len(n)), n).logpmf(y).sum())


def fit_marginal_likelihood(y, n, X=None) -> GammaPopulation:
    """Fit mean rate and prior sample size by marginal likelihood (the rates integrated out).

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Events, at least one in all, and exposures, each > 0.
    X : array_like, shape (J,) or (J, K), optional
        Predictors of the log mean rate, without the constant.

    Returns
    -------
    GammaPopulation
        Its n0 is infinite where the counts show no more spread than Poisson counts do: the best
        n0 is over ten times the largest exposure, and gains less than 1 in log likelihood (AIC).
    """
    y, n = _events(y, n)
    refuse("n", "exposures must be > 0", n == 0, n)
    if not y.any():
        raise ValueError("y: every entry is 0; the mean rate has no best value above 0")
    Q, R = np.linalg.qr(_design(X, y))  # the search goes along Q: the predictors' units are gone
    Q, R = Q * np.sqrt(y.size), R / np.sqrt(y.size)
    root = np.sqrt(y + 0.5)
    line = np.linalg.lstsq(Q * root[:, None], root * np.log((y + 0.5) / n))[0]
    log_sizes = np.linspace(np.log(0.01 * n.min()), np.log(1e4 * n.max()), 16)
    starts = []
    for log_size in log_sizes:  # the line, moved to the weighted mean of the rates about it
        weight = n / (n + np.exp(log_size))
        move = np.log(weight @ (y / n / np.exp(Q @ line)) / weight.sum())
        starts.append(np.append(line + Q.mean(axis=0) * move, log_size))
    data = Q, y, n
    depth = np.array([np.inf, *(_deviance(z, *data) for z in starts), np.inf])
    valleys = np.flatnonzero((depth[1:-1] <= depth[:-2]) & (depth[1:-1] < depth[2:]))
    bounds = [(None, None)] * line.size + [(np.log(1e-10 * n.min()), log_sizes[-1])]
    search = {"jac": _slopes, "bounds": bounds, "options": {"ftol": 1e-11, "gtol": 1e-7}}
    with np.errstate(all="ignore"):  # a step may go too far before it is taken back
        found = [optimize.minimize(_deviance, starts[at], data, **search) for at in valleys]
        z = min(found, key=lambda one: one.fun).x
        sharp = optimize.root(_slopes, z, data, tol=1e-13).x  # slopes hold more digits than depths
        z = sharp if np.abs(sharp - z).max() < 0.5 else z
        coefficients, n0 = z[:-1], np.exp(z[-1])
        if n0 > 10 * n.max():
            poisson = optimize.root(lambda c: Q.T @ (y - n * np.exp(Q @ c)), coefficients).x
            expected = n * np.exp(Q @ poisson)
            if (expected - y + xlogy(y, y / expected)).sum() < _deviance(z, *data) + 1:
                coefficients, n0 = poisson, np.inf
    mean = np.exp(Q @ coefficients)
    if np.linalg.matrix_rank(Q[n * mean > 0.01 / y.size]) < coefficients.size:
        raise ValueError("X: a combination of predictors separates the units without an event")
    return GammaPopulation(mean if X is not None else mean[0], n0, np.linalg.solve(R, coefficients))


def three_poolings(y, n, *, level=0.95) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return pooling -> (estimate, lower, upper) of all units' rates, each of shape (J,).

    Without pooling and with complete pooling the intervals are the exact Poisson ones (Garwood,
    Biometrika 28, 1936), of the unit and of the total; with partial pooling the posterior's, with
    the fitted population plugged in.
    """
    y, n = _events(y, n)
    population = fit_marginal_likelihood(y, n)
    total, exposure = np.full(y.shape, y.sum()), np.full(n.shape, n.sum())
    found = {
        "no pooling": (y / n, *_exact_interval(y, n, level)),
        "complete pooling": (total / exposure, *_exact_interval(total, exposure, level)),
        "partial pooling": (population.estimate(y, n), *population.interval(y, n, level)),
    }
    if np.isinf(population.prior_sample_size):
        found["partial pooling"] = found["complete pooling"]
    return found


def _exact_interval(y, n, level):
    """Return the exact Poisson interval of a rate; it starts at 0 where there is no event."""
    lower = np.where(y > 0, gammaincinv(np.maximum(y, 1), _tail(level)), 0.0)
    return lower / n, gammainccinv(y + 1, _tail(level)) / n


def _tail(level):
    """Return the probability beyond each end of an interval of that level."""
    if not 0 < level < 1:
        raise ValueError(f"level: must lie strictly between 0 and 1; got {level}")
    return (1 - level) / 2


def _events(y, n):
    """Return events and exposures as float arrays of one length; n = 0 only without events."""
    y, n = counts("y", y), vector("n", n)
    same_length(y=y, n=n)
    refuse("n", "exposures must be >= 0", n < 0, n)
    refuse("y", "events need an exposure n > 0", (y > 0) & (n == 0), y)
    return y, n


def _design(X, y):
    """Return the constant and the predictors, shape (J, K + 1), or refuse what has no slopes."""
    if X is None:
        return np.ones((y.size, 1))
    X = np.asarray(X, float)
    same_length(y=y, X=X)
    refuse("X", "every entry must be finite", ~np.isfinite(X), X)
    design = np.column_stack([np.ones(y.size), X])
    length = np.linalg.norm(design, axis=0)
    if not length.all() or np.linalg.matrix_rank(design / length) < length.size:
        raise ValueError("X: a column is a combination of the constant and the other columns")
    return design


def _log_density(shape, size, y, n):
    """Log probability of y, the rates integrated out, less what depends on y and n alone."""
    return gammaln(shape + y) - gammaln(shape) - shape * np.log1p(n / size) - y * np.log1p(size / n)


def _deviance(z, Q, y, n):
    """Log likelihood of rates y / n, less that of the coefficients and log n0 in z."""
    size = np.exp(z[-1])
    log_density = _log_density(size * np.exp(Q @ z[:-1]), size, y, n)
    return (xlogy(y, y) - y - log_density).sum()


def _slopes(z, Q, y, n):
    """Slopes of `_deviance` in z."""
    size = np.exp(z[-1])
    shape, share = size * np.exp(Q @ z[:-1]), n / (n + size)
    by_mean = shape * (digamma(shape + y) - digamma(shape) - np.log1p(n / size))
    by_size = by_mean + shape * share - y * (1 - share)
    return -np.append(Q.T @ by_mean, by_size.sum())
