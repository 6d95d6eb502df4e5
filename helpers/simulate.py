"""Data with a known truth, and scores against it.

Draw many data sets from a model whose true values you chose, estimate, and compare:

>>> import numpy as np
>>> from helpers import simulate
>>> rng = np.random.default_rng(1)
>>> data = simulate.normal_means([1, 2, 10], mean=50, between_sd=3, within_sd=10,
...                              rng=rng, replications=2000)
>>> data.truth.shape, data.raw.shape
((2000, 3), (2000, 3))
>>> simulate.score(data.raw, data.truth, axis=0).mse.round(-1)   # 10**2 / n
array([100.,  50.,  10.])

Everything has one column a unit and, if `replications` is given, one row a data set. Without it
there is one data set and the arrays have one dimension.

To hold the true values fixed, or to draw them from a population of your own (a t, two clusters,
one outlier, values that depend on n), make them yourself and pass them as `truth`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers import _validate


@dataclass(frozen=True)
class NormalMeans:
    """The raw means of units measured with normal noise of known size."""

    n: np.ndarray  # observations per unit, shape (J,)
    within_sd: float  # standard deviation of one observation about its unit's true value
    truth: np.ndarray  # true value of each unit, shape ([replications,] J)
    raw: np.ndarray  # mean of each unit's observations, same shape

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of each raw mean, shape (J,)."""
        return self.within_sd / np.sqrt(self.n)


@dataclass(frozen=True)
class BetaBinomialCounts:
    """Successes out of trials of units whose rates come from a beta distribution."""

    n: np.ndarray  # trials per unit, shape (J,)
    truth: np.ndarray  # true rate of each unit, shape ([replications,] J)
    y: np.ndarray  # successes, same shape

    @property
    def raw(self) -> np.ndarray:
        """Observed rates y / n (NaN for a unit without trials)."""
        with np.errstate(invalid="ignore"):
            return self.y / self.n


@dataclass(frozen=True)
class TwoLevelData:
    """Single observations in groups: y = intercept of the group + X @ slopes + noise."""

    group: np.ndarray  # group 0 ... J-1 of each observation, shape (N,)
    truth: np.ndarray  # true intercept of each group, shape ([replications,] J)
    y: np.ndarray  # observations, shape ([replications,] N)


@dataclass(frozen=True)
class Score:
    """Errors of an estimator; mse = bias**2 + variance, exactly."""

    bias: np.ndarray | float  # mean of estimate - truth
    variance: np.ndarray | float  # variance of estimate - truth
    mse: np.ndarray | float  # mean of (estimate - truth)**2
    mse_error: np.ndarray | float  # Monte Carlo standard error of mse
    coverage: np.ndarray | float  # share of intervals that hold the truth; NaN without intervals
    coverage_error: np.ndarray | float  # its Monte Carlo standard error

    def averaged(self) -> dict[str, float]:
        """Average over units: keys squared_bias, variance, mse, coverage (plain floats).

        Scores made with ``axis=0`` have one entry a unit. Biases of opposite sign would cancel,
        so the squared biases are averaged.
        """
        return {
            "squared_bias": float(np.mean(np.square(self.bias))),
            "variance": float(np.mean(self.variance)),
            "mse": float(np.mean(self.mse)),
            "coverage": float(np.mean(self.coverage)),
        }


def normal_means(n, *, mean=0.0, between_sd=None, within_sd, rng, truth=None, replications=None):
    """Draw truth ~ N(mean, between_sd**2) and raw means ~ N(truth, within_sd**2 / n).

    Parameters
    ----------
    n : array_like, shape (J,)
        Observations per unit, whole numbers >= 1. They may differ.
    mean : float
        Mean of the population of units.
    between_sd : float
        Standard deviation of the true values, >= 0. Ignored if `truth` is given.
    within_sd : float
        Standard deviation of one observation, > 0.
    rng : numpy.random.Generator
    truth : array_like, optional
        True values to use instead of drawing them: shape (J,) to hold them fixed over the
        replications, or (replications, J).
    replications : int, optional
        How many data sets; without it one, in arrays of shape (J,).

    Returns
    -------
    NormalMeans
    """
    n = _at_least_one("n", n)
    within_sd = _validate.single("within_sd", within_sd, _validate.positive)
    rng = _validate.generator(rng)
    shape = _shape(n.size, replications)
    if truth is None:
        between_sd = _spread("between_sd", between_sd)
        truth = _validate.single("mean", mean) + between_sd * rng.standard_normal(shape)
    else:
        truth = _fixed("truth", truth, shape)
    raw = truth + within_sd / np.sqrt(n) * rng.standard_normal(shape)
    return NormalMeans(n=n, within_sd=within_sd, truth=truth, raw=raw)


def beta_binomial(n, *, alpha=None, beta=None, rng, truth=None, replications=None):
    """Draw rates and counts: truth ~ Beta(alpha, beta), y ~ Binomial(n, truth).

    Parameters
    ----------
    n : array_like, shape (J,)
        Trials per unit, whole numbers >= 0.
    alpha, beta : float
        Prior successes and failures of the population of rates, > 0. Ignored if `truth` is given.
    rng : numpy.random.Generator
    truth : array_like, optional
        True rates (0 to 1) to use instead: shape (J,) or (replications, J).
    replications : int, optional
        How many data sets; without it one, in arrays of shape (J,).

    Returns
    -------
    BetaBinomialCounts
    """
    n = _validate.counts("n", n)
    rng = _validate.generator(rng)
    shape = _shape(n.size, replications)
    if truth is None:
        if alpha is None or beta is None:
            raise ValueError("alpha, beta: both are wanted unless truth is given")
        alpha = _validate.single("alpha", alpha, _validate.positive)
        beta = _validate.single("beta", beta, _validate.positive)
        truth = rng.beta(alpha, beta, shape)
    else:
        truth = _fixed("truth", truth, shape)
        bad = (truth < 0) | (truth > 1)
        if bad.any():
            raise ValueError(f"truth: rates must lie in 0 to 1; got {truth[bad][0]}")
    y = rng.binomial(n.astype(np.int64), truth).astype(float)
    return BetaBinomialCounts(n=n, truth=truth, y=y)


def two_level(
    group,
    X=None,
    *,
    mean=0.0,
    slopes=(),
    between_sd=None,
    within_sd,
    rng,
    truth=None,
    replications=None,
):
    """Draw single observations in groups: y = intercept[group] + X @ slopes + N(0, within_sd**2).

    Parameters
    ----------
    group : array_like of int, shape (N,)
        Group of each observation, numbered 0 ... J-1 without gaps
        (`np.repeat(np.arange(J), n)` makes it from sample sizes).
    X : array_like, shape (N,) or (N, K), optional
        Predictors, without an intercept column.
    mean : float or array_like, shape (J,)
        Mean of the group intercepts; one entry a group if a group predictor moves it.
    slopes : float or array_like, shape (K,)
        One slope a column of `X`.
    between_sd : float
        Standard deviation of the intercepts about `mean`, >= 0. Ignored if `truth` is given.
    within_sd : float
        Standard deviation of one observation, > 0.
    rng : numpy.random.Generator
    truth : array_like, optional
        Intercepts to use instead: shape (J,) or (replications, J).
    replications : int, optional
        How many data sets; without it one, with `y` of shape (N,).

    Returns
    -------
    TwoLevelData
    """
    group = _validate.counts("group", group).astype(int)
    present = np.unique(group)
    groups = present.size
    if present[-1] != groups - 1:
        raise ValueError(f"group: numbers 0 to J-1 without gaps are wanted; got {present[:8]}")
    within_sd = _validate.single("within_sd", within_sd, _validate.positive)
    rng = _validate.generator(rng)
    shape = _shape(groups, replications)
    if truth is None:
        between_sd = _spread("between_sd", between_sd)
        truth = _fixed("mean", mean, (groups,)) + between_sd * rng.standard_normal(shape)
    else:
        truth = _fixed("truth", truth, shape)
    slopes = np.empty(0) if np.size(slopes) == 0 else _validate.vector("slopes", slopes)
    X = np.empty((group.size, 0)) if X is None else _validate.all_finite("X", X)
    X = X[:, None] if X.ndim == 1 else X
    if X.shape != (group.size, slopes.size):
        raise ValueError(
            f"X: shape {(group.size, slopes.size)} is wanted, one row an observation and one "
            f"column a slope; got {X.shape}"
        )
    noise = within_sd * rng.standard_normal((*shape[:-1], group.size))
    return TwoLevelData(group=group, truth=truth, y=truth[..., group] + X @ slopes + noise)


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
    axis : None, 0 or 1
        Average over everything (None: one number each); over replications (0: one entry a unit);
        over units (1: one entry a replication).

    Returns
    -------
    Score
        Bias and variance are those of the error, estimate - truth. Over replications with a fixed
        truth that is the textbook bias and variance of the estimator, unit by unit.

    Notes
    -----
    Units of one data set share the estimated centre, so their errors go together. The Monte Carlo
    errors of ``axis=None`` are therefore taken over replications, not over all entries.
    """
    estimates, truth = _validate.together(
        estimates=_validate.all_finite("estimates", estimates),
        truth=_validate.all_finite("truth", truth),
    )
    error = estimates - truth
    if error.ndim not in (1, 2):
        raise ValueError(f"estimates: one or two dimensions are wanted; got {error.ndim}")
    if axis not in (None, 0, 1) or (axis is not None and error.ndim == 1):
        raise ValueError(
            f"axis: None, 0 or 1 is wanted (None for one data set); got {axis!r} "
            f"with {error.ndim} dimension(s)"
        )
    mse, mse_error = _mean_with_error(error**2, axis)
    coverage = coverage_error = np.full_like(mse, np.nan)
    if (lower is None) != (upper is None):
        raise ValueError("lower, upper: give both or neither")
    if lower is not None and inside is not None:
        raise ValueError("inside: give it or the ends lower and upper, not both")
    if lower is not None:
        ends = {"lower": _validate.real("lower", lower), "upper": _validate.real("upper", upper)}
        lower, upper, _ = _validate.together(**ends, estimates=error)
        for name, end in (("lower", lower), ("upper", upper)):
            if np.isnan(end).any():
                raise ValueError(f"{name}: the end of an interval may be infinite, but not NaN")
        if np.any(lower > upper):
            raise ValueError("lower: may not lie above upper")
        inside = (lower <= truth) & (truth <= upper)
    if inside is not None:
        inside = _validate.real("inside", inside, bools=True)
        if not np.isin(inside, (0, 1)).all():
            raise ValueError("inside: True or False is wanted for each interval")
        inside = _validate.together(inside=inside, estimates=error)[0]
        coverage, coverage_error = _mean_with_error(inside, axis)
    values = (error.mean(axis), error.var(axis), mse, mse_error, coverage, coverage_error)
    return Score(*(float(v) if axis is None else v for v in values))


def score_all(answers, truth) -> dict[str, Score]:
    """Score several estimators unit by unit.

    Parameters
    ----------
    answers : mapping of str to (estimate, lower, upper)
        Such as `helpers.normal_normal.three_poolings` returns for many data sets.
    truth : array_like, shape (J,) or (replications, J)

    Returns
    -------
    dict of str to Score
        Made with ``axis=0``, coverage of the 95% intervals included.
    """
    return {
        name: score(estimate, truth, lower, upper, axis=0)
        for name, (estimate, lower, upper) in answers.items()
    }


def table(trials) -> str:
    """Write a table with one line a trial: the MSE of each method, and the coverage of the last.

    Parameters
    ----------
    trials : mapping of str to (mapping of str to Score)
        Name of the trial -> name of the method -> its score over everything (``axis=None``).
    """
    _some("trials", trials)
    wide = max(map(len, trials))
    names = list(next(iter(trials.values())))
    lines = [" ".join([f"{'MSE':{wide}}", *(f"{name:>17}" for name in names), "  (coverage)"])]
    for label, scores in trials.items():
        mse = (f"{scores[name].mse:17.1f}" for name in names)
        lines.append(" ".join([f"{label:{wide}}", *mse, f"{scores[names[-1]].coverage:11.0%}"]))
    return "\n".join(lines)


def report(scores) -> str:
    """Write scores made with ``axis=0`` as a table, ready to print.

    Parameters
    ----------
    scores : mapping of str to Score
        Name of the estimator -> its scores, one entry a unit.

    Returns
    -------
    str
        Averages over the units (bias squared first), then the range of the units' coverages.
    """
    _some("scores", scores)
    wide = max(map(len, scores))
    lines = [f"{'':{wide}}  bias²  variance    MSE  coverage  (unit by unit)"]
    for name, score in scores.items():
        mean = score.averaged()
        lines.append(
            f"{name:{wide}}  {mean['squared_bias']:5.1f}  {mean['variance']:8.1f}"
            f"  {mean['mse']:5.1f}  {mean['coverage']:8.0%}"
            f"  ({np.min(score.coverage):.0%} to {np.max(score.coverage):.0%})"
        )
    return "\n".join(lines)


def best_weight(raw, truth, centre, *, axis=None):
    """Find the w that brings w * raw + (1 - w) * centre closest to the truth (least squares).

    Parameters
    ----------
    raw, truth : array_like, shape (replications, J)
    centre : array_like, shape (replications, 1) or (replications, J)
        What each data set is shrunk towards.
    axis : None or 0
        One weight for all units (None) or one for each (0).

    Returns
    -------
    weight, error : float or ndarray, shape (J,)
        The weight and its Monte Carlo standard error over replications.
    """
    raw, truth = _validate.all_finite("raw", raw), _validate.all_finite("truth", truth)
    if raw.ndim != 2 or raw.shape != truth.shape:
        raise ValueError(
            f"raw, truth: one shape (replications, J) is wanted; got {raw.shape}, {truth.shape}"
        )
    if axis not in (None, 0):
        raise ValueError(f"axis: None or 0 is wanted; got {axis!r}")
    if len(raw) < 2:
        raise ValueError("raw: at least two replications are wanted; got 1")
    centre = _validate.together(centre=_validate.all_finite("centre", centre), raw=raw)[0]
    if centre.shape != raw.shape:
        raise ValueError(f"centre: it must fit raw, shape {raw.shape}; got {centre.shape}")
    distance = raw - centre
    product, square = distance * (truth - centre), distance**2
    if axis is None:
        product, square = product.sum(1), square.sum(1)
    if not np.all(square.sum(0) > 0):
        raise ValueError("raw: every entry equals the centre, so that any weight will do")
    share = product.sum(0) / square.sum(0)
    residual = product - share * square  # the delta method for a ratio of means
    error = residual.std(0, ddof=1) / square.mean(0) / np.sqrt(len(raw))
    return (float(share), float(error)) if axis is None else (share, error)


class Ledger:
    """Claims of the algebra beside what a simulation found, and how far apart they are.

    If all claims are true, the distances in Monte Carlo errors (z) behave like draws from a
    standard normal distribution: nearly all within 3, root mean square near 1.
    """

    def __init__(self):
        self.rows: list[tuple[str, float, float, float]] = []

    def add(self, claim: str, exact, simulated, error) -> None:
        """Write down one claim, or one an entry if arrays are given.

        Parameters
        ----------
        claim : str
            What sort of claim this is; `table` counts them by this name.
        exact, simulated, error : float or array_like
            What the algebra says, what the simulation found, and its Monte Carlo standard error.
        """
        columns = self._columns(exact, simulated, error)
        self.rows += [(claim, *map(float, values)) for values in zip(*columns, strict=True)]

    @staticmethod
    def _columns(exact, simulated, error):
        columns = {
            "exact": _validate.all_finite("exact", exact),
            "simulated": _validate.all_finite("simulated", simulated),
            "error": _validate.positive("error", error),
        }
        return [column.ravel() for column in _validate.together(**columns)]

    def compare(self, claim: str, exact, simulated, error, *, names, digits: int = 3) -> str:
        """Add claims as `add` does, and return them as lines of text, ready to print.

        Parameters
        ----------
        names : sequence
            What stands before each line, text or number.
        digits : int
            Decimals.
        """
        names = [str(name) for name in names]
        claims = self._columns(exact, simulated, error)[0].size
        if len(names) != claims:
            raise ValueError(f"names: one a claim is wanted; got {len(names)} for {claims} claims")
        old = len(self.rows)
        self.add(claim, exact, simulated, error)
        wide = max(map(len, names))
        lines = [claim, f"{'':{wide}}  algebra  simulation   error     z"]
        for name, (_, says, found, off) in zip(names, self.rows[old:], strict=True):
            lines.append(
                f"{name:>{wide}}  {says:7.{digits}f}  {found:10.{digits}f}  {off:6.{digits + 1}f}"
                f"  {(found - says) / off:4.1f}"
            )
        return "\n".join(lines)

    @property
    def z(self) -> np.ndarray:
        """Difference over Monte Carlo error, one entry a claim."""
        values = np.array([row[1:] for row in self.rows]).reshape(-1, 3)
        return (values[:, 1] - values[:, 0]) / values[:, 2]

    @property
    def rms(self) -> float:
        """Root mean square of z."""
        _some("rows", self.rows)
        return float(np.sqrt(np.mean(self.z**2)))

    def table(self) -> str:
        """One line for each sort of claim: how many, and the largest distance."""
        _some("rows", self.rows)
        z = np.abs(self.z)
        sorts = list(dict.fromkeys(row[0] for row in self.rows))
        wide = max(map(len, sorts))
        lines = [f"{'claim':{wide}}  number  largest |z|"]
        for sort in sorts:
            mine = z[[row[0] == sort for row in self.rows]]
            lines.append(f"{sort:{wide}}  {mine.size:6d}  {mine.max():11.2f}")
        lines.append(
            f"{'all':{wide}}  {z.size:6d}  {z.max():11.2f}   root mean square {self.rms:.2f}"
        )
        return "\n".join(lines)


def _mean_with_error(values, axis):
    """Mean over `axis` and its Monte Carlo standard error."""
    independent = values.mean(1) if axis is None and values.ndim == 2 else values
    along = 0 if axis is None else axis
    size = independent.shape[along]
    spread = independent.std(along, ddof=1) if size > 1 else np.nan * independent.sum(along)
    return independent.mean(along), spread / np.sqrt(size)


def _shape(units, replications):
    if replications is None:
        return (units,)
    return (_validate.whole("replications", replications, least=1), units)


def _at_least_one(name, n):
    n = _validate.counts(name, n)
    if (n < 1).any():
        raise ValueError(f"{name}: every unit needs at least one observation; got {n.min():.0f}")
    return n


def _spread(name, value):
    if value is None:
        raise ValueError(f"{name}: wanted unless truth is given")
    return _validate.single(name, value, _validate.not_negative)


def _some(name, what):
    if not what:
        raise ValueError(f"{name}: at least one entry is wanted; got none")


def _fixed(name, truth, shape):
    truth = _validate.all_finite(name, truth)
    try:
        return np.broadcast_to(truth, shape)
    except ValueError:
        raise ValueError(f"{name}: shape {shape} is wanted; got {truth.shape}") from None
