"""Counts over exposures: deaths y in n person-years per unit, each unit with its own rate.

The model of notebook 01::

    y_j ~ Poisson(n_j theta_j)        theta_j ~ Gamma(mean * n0, n0)

`n0` is the prior sample size, in the unit of the exposure. For rare events this is the
Beta-Binomial of `helpers.beta_binomial`; it takes exposures that are not whole numbers, and a mean
that differs from unit to unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import digamma, gammaincinv, gammaln, logsumexp, zeta

from helpers import _validate
from helpers._validate import labels as label_codes


def control_limits(rate, exposure, *, level=0.95):
    """Return the smallest and largest count that are not surprising at one common rate.

    Parameters
    ----------
    rate : float
        Events per unit of exposure, > 0.
    exposure : array_like, shape (J,)
        Exposure of each unit, > 0 (person-years, say).
    level : float
        Chance of staying within the limits, at least (counts are whole numbers).

    Returns
    -------
    lower, upper : ndarray, shape (J,)
        Counts. Each tail beyond them has probability (1 - level) / 2 at most.

    Notes
    -----
    Exact Poisson limits for a funnel plot (Spiegelhalter, Statistics in Medicine 24, 2005),
    without interpolation between counts. As rates they are the limits divided by `exposure`.
    """
    from scipy import stats

    rate = _validate.single("rate", rate, _validate.positive)
    expected = rate * _validate.positive("exposure", exposure)
    if expected.max() > 1e10:  # SciPy's quantiles end a little further on, in NaN
        raise ValueError(
            f"exposure: at most 1e10 events may be expected; at this rate {expected.max():.3g}"
        )
    tail = (1 - _level(level)) / 2
    return stats.poisson.ppf(tail, expected), stats.poisson.isf(tail, expected)


def lognormal_prior(mean, mean_sd, n0, n0_sd):
    """Return a hyperprior with log-normal mean rate and log-normal prior sample size.

    Parameters
    ----------
    mean, n0 : float
        Medians of the mean rate alpha / (alpha + beta) and of the prior sample size alpha + beta.
    mean_sd, n0_sd : float
        Standard deviations of their logarithms.

    Returns
    -------
    callable
        log p(alpha, beta) up to a constant, a density in alpha and beta (so it holds the Jacobian
        1 / (alpha (alpha + beta))), as `helpers.beta_binomial.posterior_grid` takes it.
    """
    given = {"mean": mean, "n0": n0, "mean_sd": mean_sd, "n0_sd": n0_sd}
    mean, n0, *sd = (_validate.single(*item, _validate.positive) for item in given.items())
    centre = math.log(mean), math.log(n0)

    def log_prior(alpha, beta):
        log_n0 = np.log(alpha + beta)
        log_mean = np.log(alpha) - log_n0
        value = ((log_mean - centre[0]) / sd[0]) ** 2 + ((log_n0 - centre[1]) / sd[1]) ** 2
        return -value / 2 - np.log(alpha) - log_n0

    return log_prior


@dataclass(frozen=True)
class GammaPopulation:
    """Gamma distribution of the units' true rates; without spread if n0 is infinite."""

    mean: float | np.ndarray  # mean rate: one number, or one per unit (shape (J,))
    prior_sample_size: float  # n0, in the unit of the exposure; > 0, may be infinite

    def __post_init__(self):
        mean = _validate.positive("mean", self.mean)
        object.__setattr__(self, "mean", mean if mean.ndim else float(mean))
        size = _validate.single("prior_sample_size", self.prior_sample_size, _validate.real)
        if not size > 0:
            raise ValueError(f"prior_sample_size: must be > 0; got {size}")
        object.__setattr__(self, "prior_sample_size", size)

    @property
    def sd(self):
        """Standard deviation of the true rates between units of equal mean."""
        return np.sqrt(self.mean / self.prior_sample_size)[()]

    def weight(self, n):
        """Return n / (n + n0), the share of a unit's own data in its estimate."""
        n = _validate.not_negative("n", n)
        return n / (n + self.prior_sample_size)

    def estimate(self, y, n):
        """Return the posterior mean of each unit's rate: mean + weight * (y / n - mean)."""
        y, n = self._units(y, n)
        raw = np.divide(y, n, out=np.zeros_like(n), where=n > 0)
        own, others = self.weight(n), 1 / (1 + n / self.prior_sample_size)
        # Start from the nearer end: no digits are lost, however far apart the two are.
        return np.where(
            own < others, self.mean + own * (raw - self.mean), raw + others * (self.mean - raw)
        )

    def posterior(self, y, n):
        """Return the Gamma distribution of each unit's rate given its data (`scipy.stats`).

        Raises
        ------
        ValueError
            If n0 is infinite: every rate is `mean` then, with certainty.
        """
        from scipy import stats

        y, n = self._units(y, n)
        size = self.prior_sample_size
        if math.isinf(size):
            raise ValueError("prior_sample_size: without spread every rate is exactly the mean")
        return stats.gamma(self.mean * size + y, scale=1 / (size + n))

    def predictive(self, y, n, m):
        """Return the distribution of the events in a further exposure `m` of each unit.

        Parameters
        ----------
        y, n : array_like, shape (J,)
            Events and exposure seen so far.
        m : array_like
            Further exposure, > 0; it need not be a whole number.

        Returns
        -------
        scipy.stats frozen distribution
            Negative binomial, one per unit; Poisson if n0 is infinite.
        """
        from scipy import stats

        y, n = self._units(y, n)
        m = _validate.positive("m", m)
        _validate.together(y=y, m=m)
        size = self.prior_sample_size
        if math.isinf(size):
            return stats.poisson(self.mean * m)
        return stats.nbinom(self.mean * size + y, (size + n) / (size + n + m))

    def _units(self, y, n):
        y, n = _events(y, n)
        _validate.together(y=y, mean=np.asarray(self.mean))
        return y, n


@dataclass(frozen=True)
class GammaFit:
    """A Gamma population fitted to counts by marginal likelihood."""

    population: GammaPopulation
    coefficients: np.ndarray  # log mean rate: the constant, then one per predictor
    standard_errors: np.ndarray  # of the coefficients, from the curvature at the maximum
    log_likelihood: float  # at its maximum, constants included


def fit_population(y, n, predictors=None) -> GammaFit:
    """Fit mean rate and prior sample size by marginal likelihood (the rates integrated out).

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Events and exposures (> 0).
    predictors : array_like, shape (J, K), optional
        The population's mean is ``exp(constant + predictors @ slopes)``.

    Returns
    -------
    GammaFit
        Where the counts vary no more than Poisson counts would, the prior sample size is infinite.

    Raises
    ------
    ValueError
        If there is no event at all; if a predictor is a combination of the constant and those
        before it, or separates the units without an event from the others.
    """
    y, n = _events(y, n)
    n = _validate.positive("n", n)
    if not y.any():
        raise ValueError("y: every entry is 0; the mean rate has no best value above 0")
    X = np.ones((y.size, 1))
    if predictors is not None:
        more = _columns(predictors, y.size)
        middle, unit = more.mean(axis=0), more.std(axis=0)
        X = np.column_stack([X, (more - middle) / unit])
    constant = float(gammaln(y + 1).sum())
    top = math.log(1e4 * n.max())
    x = np.zeros(X.shape[1] + 1)
    x[0], x[-1] = _start(y, n, top)
    value, slope, curvature = _gamma_poisson(x, X, y, n)
    settled = False
    for _ in range(100):
        moving = x.size - (x[-1] == top)  # at the top only the coefficients are left to move
        step = np.zeros(x.size)
        step[:moving] = _uphill(slope[:moving], curvature[:moving, :moving])
        step /= max(1.0, _reach(step, X) / 2)
        promised = slope @ step
        while True:
            new = x + step
            new[-1] = min(new[-1], top)
            tried = _gamma_poisson(new, X, y, n)
            if tried[0] >= value - 1e-9 * abs(value) or _reach(step, X) < 1e-10:
                break
            step /= 2
        x, (value, slope, curvature) = new, tried
        # A flat top is known to fewer digits: what the step promises is lost in rounding there.
        if _reach(step, X) < 1e-7 or promised < 1e-14 * abs(value):
            settled = True
            break
        if np.ptp(X @ x[:-1]) > 100:
            break
    if not settled:
        raise ValueError(
            "y: the search found no best values; with predictors, is there a combination of them "
            "that tells the units without an event?"
        )
    pooled = x[-1] > top - 7  # so little spread that it makes no difference anywhere
    free = X.shape[1] if pooled else x.size
    covariance = np.linalg.inv(-curvature[:free, :free])[: X.shape[1], : X.shape[1]]
    mean = np.exp(X @ x[:-1]) if predictors is not None else math.exp(x[0])
    if pooled and predictors is None:
        mean = y.sum() / n.sum()
    if pooled:  # Poisson counts, then
        value = (y * np.log(mean * n) - mean * n).sum()
    population = GammaPopulation(mean, math.inf if pooled else math.exp(x[-1]))
    coefficients = x[:-1]
    if predictors is not None:  # back to the predictors' own units
        turn = np.diag(np.append(1.0, 1 / unit))
        turn[0, 1:] = -middle / unit
        coefficients, covariance = turn @ coefficients, turn @ covariance @ turn.T
    errors = np.sqrt(np.diag(covariance))
    return GammaFit(population, coefficients, errors, float(value - constant))


def three_poolings(y, n, *, level=0.95) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Estimate all units' rates with no, complete and partial pooling, each with an interval.

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Events and exposures (> 0).
    level : float
        Of the intervals, central.

    Returns
    -------
    dict
        "no pooling", "complete pooling", "partial pooling" -> estimate, lower, upper, each of
        shape (J,). Without pooling and with complete pooling the intervals are the exact Poisson
        ones (Garwood, Biometrika 28, 1936), of the unit and of the total; with partial pooling
        the posterior under the fitted population (plugged in).
    """
    y, n = _events(y, n)
    n = _validate.positive("n", n)
    tail = (1 - _level(level)) / 2

    def exact(events, exposure):
        lower, upper = _gamma_quantile(events, tail), _gamma_quantile(events + 1, 1 - tail)
        return lower / exposure, upper / exposure

    total, everything = np.full(y.shape, y.sum()), n.sum()
    found = {
        "no pooling": (y / n, *exact(y, n)),
        "complete pooling": (total / everything, *exact(total, everything)),
    }
    population = fit_population(y, n).population
    if math.isinf(population.prior_sample_size):
        found["partial pooling"] = found["complete pooling"]
        return found
    size = population.prior_sample_size
    shape, spread = population.mean * size + y, size + n
    ends = (_gamma_quantile(shape, q) / spread for q in (tail, 1 - tail))
    found["partial pooling"] = (population.estimate(y, n), *ends)
    return found


@dataclass(frozen=True)
class NestedFit:
    """Units within groups: a population of groups, and in each group a population of units."""

    mean: float  # geometric mean rate of the population of groups
    group_sd: float  # standard deviation of the groups' log mean rates
    prior_sample_size: float  # n0 of the units within their group
    groups: np.ndarray  # labels, shape (G,)
    group_means: np.ndarray  # posterior mean of each group's mean rate, shape (G,)
    log_likelihood: float
    group: np.ndarray  # number of each unit's group, shape (J,)

    @property
    def population(self) -> GammaPopulation:
        """The population each unit is drawn towards: its own group's (plugged in)."""
        return GammaPopulation(self.group_means[self.group], self.prior_sample_size)


def fit_nested(y, n, group) -> NestedFit:
    """Fit two levels by marginal likelihood: log group mean ~ N(log mean, sd**2), units within it.

    Parameters
    ----------
    y, n : array_like, shape (J,)
        Events and exposures (> 0).
    group : array_like, shape (J,)
        Label of each unit's group.

    Returns
    -------
    NestedFit

    Notes
    -----
    For a given n0 each group's likelihood is tabulated once over its mean rate; mean and sd of the
    groups are then found on that table, and n0 by a search in one dimension.
    """
    y, n = _events(y, n)
    n = _validate.positive("n", n)
    labels, code = label_codes(group)
    if code.size != y.size:
        raise ValueError(f"group: one label a unit is wanted; got {code.size} for {y.size} units")
    flat = fit_population(y, n)
    centre = math.log(y.sum() / n.sum())
    grid = centre + np.linspace(-1.5, 1.5, 81)

    def table(log_size):
        size = math.exp(log_size)
        shape = size * np.exp(grid)
        rows = np.empty((grid.size, labels.size))
        shrink, kept = np.log1p(n / size), y * np.log(n / (size + n)) - gammaln(y + 1)
        for row, a in zip(rows, shape, strict=True):
            unit = gammaln(a + y) - gammaln(a) - a * shrink + kept
            row[:] = np.bincount(code, unit, minlength=labels.size)
        return rows

    def by_group(z, rows):
        density = -0.5 * ((grid - z[0]) / math.exp(z[1])) ** 2
        return rows + (density - logsumexp(density))[:, None]

    def best(log_size):
        rows = table(log_size)
        found = optimize.minimize(
            lambda z: -logsumexp(by_group(z, rows), axis=0).sum(),
            [centre, math.log(0.15)],
            bounds=[(grid[0], grid[-1]), (math.log(0.02), math.log(1.0))],
        )
        return found, rows

    guess = min(math.log(flat.population.prior_sample_size), math.log(1e3 * n.max()))
    search = optimize.minimize_scalar(
        lambda log_size: best(log_size)[0].fun,
        bounds=(guess - 2, guess + 3),
        method="bounded",
        options={"xatol": 1e-3},
    )
    found, rows = best(search.x)
    joint = by_group(found.x, rows)
    share = np.exp(joint - logsumexp(joint, axis=0))
    return NestedFit(
        mean=math.exp(found.x[0]),
        group_sd=math.exp(found.x[1]),
        prior_sample_size=math.exp(search.x),
        groups=labels,
        group_means=np.exp(grid) @ share,
        log_likelihood=-float(found.fun),
        group=code,
    )


def randomised_pit(distribution, y, *, rng):
    """Return where each count falls in its predictive distribution, spread evenly over its step.

    Parameters
    ----------
    distribution : scipy.stats frozen distribution of counts
        One per unit.
    y : array_like, shape (J,)
        The counts that came.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (J,)
        Uniform between 0 and 1 if the predictions are right (Czado, Gneiting and Held, Biometrics
        65, 2009, whose non-random version this is drawn from).
    """
    y = _validate.counts("y", y)
    below, upto = _one_per_unit(distribution, y).cdf(y - 1), distribution.cdf(y)
    return below + _validate.generator(rng).random(y.size) * (upto - below)


def interval_coverage(distribution, y, *, level=0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return which counts lie in their central interval, and the chance each interval holds.

    Counts jump, so an interval that should hold `level` holds more: compare the two answers with
    each other, not with `level`.

    Parameters
    ----------
    distribution : scipy.stats frozen distribution of counts
    y : array_like, shape (J,)
    level : float

    Returns
    -------
    inside : ndarray of bool, shape (J,)
    implied : ndarray, shape (J,)
    """
    y = _validate.counts("y", y)
    lower, upper = _one_per_unit(distribution, y).interval(_level(level))
    inside = (lower <= y) & (y <= upper)
    return inside, distribution.cdf(upper) - distribution.cdf(lower - 1)


def _events(y, n):
    """Return events and exposures as float arrays of one length."""
    y, n = _validate.counts("y", y), _validate.vector("n", n)
    _validate.same_length(y=y, n=n)
    _validate.not_negative("n", n)
    impossible = (y > 0) & (n == 0)
    if impossible.any():
        where = int(np.argmax(impossible))
        raise ValueError(
            f"y: events need an exposure n > 0; entry {where} is {y[where]:.0f}, n is 0"
        )
    return y, n


def _columns(predictors, rows):
    """Return predictors as (rows, K), no column a combination of the others and a constant."""
    more = _validate.all_finite("predictors", predictors)
    if more.ndim not in (1, 2) or len(more) != rows:
        raise ValueError(f"predictors: shape ({rows},) or ({rows}, K) is wanted; got {more.shape}")
    more = more.reshape(rows, -1)
    centred = more - more.mean(axis=0)
    own = np.linalg.norm(centred, axis=0)
    varies = own > 1e-10 * np.linalg.norm(more, axis=0)
    left = np.zeros(own.size)
    if varies.all():
        diagonal = np.abs(np.diag(np.linalg.qr(centred / own, mode="r")))
        left[: diagonal.size] = diagonal
    bad = ~varies if not varies.all() else left < 1e-10
    if bad.any() or rows <= own.size:
        where = int(np.argmax(bad)) if bad.any() else own.size - 1
        raise ValueError(
            f"predictors: column {where} is a combination of the constant and the columns before it"
        )
    return more


def _one_per_unit(distribution, y):
    """Return the distribution if it has as many entries as `y`, or one for all of them."""
    size = np.size(distribution.mean())
    if size not in (1, y.size):
        raise ValueError(f"distribution: one per unit is wanted; got {size} for {y.size} units")
    return distribution


def _gamma_quantile(shape, q):
    """Return the quantile of a Gamma(shape, 1); 0 for shape 0."""
    return np.where(shape > 0, gammaincinv(np.maximum(shape, 1e-300), q), 0.0)


def _level(level):
    return _validate.single("level", level, _validate.shares)


def _start(y, n, top):
    """Return log mean and log n0 to search from: on the right hill, where there are several."""
    if y.size > 1000:  # so many units make one hill
        return math.log(y.sum() / n.sum()), math.log(3 * np.median(n))
    size = np.exp(np.linspace(math.log(1e-2 * n.min()), top, 24))[:, None]
    weight = n / (n + size)
    mean = (weight @ (y / n) / weight.sum(axis=1))[:, None]
    shape = mean * size
    value = gammaln(shape + y) - gammaln(shape) - shape * np.log1p(n / size) + y * np.log(weight)
    best = int(np.argmax(value.sum(axis=1)))
    return math.log(mean[best, 0]), math.log(size[best, 0])


def _gamma_poisson(x, X, y, n):
    """Return log likelihood (without -log y!), slope and curvature in coefficients and log n0."""
    size = math.exp(x[-1])
    shape = size * np.exp(X @ x[:-1])
    shrink, share = np.log1p(n / size), n / (size + n)
    value = gammaln(shape + y) - gammaln(shape) - shape * shrink + y * np.log(share)
    first = shape * (digamma(shape + y) - digamma(shape) - shrink)
    second = shape**2 * (zeta(2, shape + y) - zeta(2, shape)) + first
    by_size = first + shape * share - y * (1 - share)
    across = second + shape * share
    last = across + shape * share - (shape + y) * share * (1 - share)
    slope = np.append(X.T @ first, by_size.sum())
    curvature = np.empty((x.size, x.size))
    curvature[:-1, :-1] = (X.T * second) @ X
    curvature[-1, :-1] = curvature[:-1, -1] = X.T @ across
    curvature[-1, -1] = last.sum()
    return value.sum(), slope, curvature


def _reach(step, X):
    """Return how far a step moves any unit's log mean rate, or log n0."""
    return max(np.abs(X @ step[:-1]).max(), abs(step[-1]))


def _uphill(slope, curvature):
    """Return Newton's step, or where the hill is not yet round a step that still leads up."""
    # In units of each direction's own curvature: rates may be known a million times better than n0.
    unit = np.sqrt(np.maximum(np.abs(np.diag(curvature)), 1e-300))
    values, vectors = np.linalg.eigh(-curvature / np.outer(unit, unit))
    values = np.maximum(np.abs(values), 1e-8 * np.abs(values).max())
    return vectors @ ((vectors.T @ (slope / unit)) / values) / unit
