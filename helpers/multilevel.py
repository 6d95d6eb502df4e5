"""Normal measurements in groups: complete pooling, no pooling, and the model between them.

The model, for row i in group j (a house in a county):

    y_i = alpha_j + x_i' beta + error,        error ~ Normal(0, sigma_y^2)
    alpha_j = gamma_0 + u_j' gamma + eta_j,   eta_j ~ Normal(0, sigma_alpha^2)

`partial_pooling` fits it by (restricted) maximum likelihood, `gibbs` and `posterior_grid` by full
Bayes. All of them look at the rows once, to make a `GroupSummary`: each group's size and means,
and one small matrix of within-group cross-products. Nothing after that depends on the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from helpers._validate import same_length, vector

# ---------------------------------------------------------------- what the fits need of the rows


@dataclass(frozen=True)
class GroupSummary:
    """All that a fit needs to know of the rows; two summaries of different rows can be added."""

    groups: np.ndarray  # (J,) the groups' labels
    n: np.ndarray  # (J,) rows in each group
    means: np.ndarray  # (J, k + 1) each group's means of X's columns and, last, of y
    within: np.ndarray  # (k + 1, k + 1) cross-products about the groups' own means, all groups
    names: tuple[str, ...]  # the k columns of X

    @classmethod
    def from_rows(cls, y, group, X=None) -> GroupSummary:
        """Summarise rows: O(rows), once.

        Parameters
        ----------
        y : array_like, shape (N,)
            The outcome.
        group : array_like, shape (N,)
            Each row's group: any hashable labels.
        X : DataFrame or array_like, shape (N, k), optional
            Predictors of the rows, without the intercept.

        Raises
        ------
        TypeError, ValueError
            For entries that are not finite numbers, missing labels or unequal lengths.
        """
        y = vector("y", y)
        names, columns = _columns("X", X, y.size)
        groups, codes = _codes(group, y.size)
        n = np.bincount(codes, minlength=groups.size).astype(float)
        means = np.empty((groups.size, len(columns) + 1))
        deviations = []
        for k, column in enumerate([*columns, y]):
            means[:, k] = np.bincount(codes, column, minlength=groups.size) / n
            deviations.append(column - means[codes, k])
        within = np.array([[a @ b for b in deviations] for a in deviations])
        return cls(groups, n, means, within, names)

    def __add__(self, other: GroupSummary) -> GroupSummary:
        """Summary of both sets of rows; a group may have rows in either or in both."""
        if self.names != other.names:
            raise ValueError(f"names: equal columns are wanted; {self.names} and {other.names}")
        groups, codes = _codes(np.concatenate([self.groups, other.groups]))
        here, there = np.split(codes, [self.groups.size])
        n = np.zeros((2, groups.size))
        means = np.zeros((2, groups.size, self.means.shape[1]))
        n[0, here], n[1, there] = self.n, other.n
        means[0, here], means[1, there] = self.means, other.means
        total = n.sum(axis=0)
        share = np.divide(n[1], total, out=np.zeros_like(total), where=total > 0)
        gap = means[1] - means[0]
        # Two parts of one group vary within themselves and between their means.
        between = (gap * (n[0] * share)[:, None]).T @ gap
        within = self.within + other.within + between
        return GroupSummary(groups, total, means[0] + share[:, None] * gap, within, self.names)


# ------------------------------------------------------------------------- what the fits return


@dataclass(frozen=True)
class RegressionFit:
    """One regression for all rows: complete pooling."""

    names: tuple[str, ...]  # "intercept", then X's columns
    coefficients: np.ndarray  # in that order
    standard_errors: np.ndarray
    sigma_y: float  # residual sd, with N - p in the denominator
    deviance: float  # -2 log likelihood at its maximum
    covariance: np.ndarray = field(repr=False)  # of the coefficients


@dataclass(frozen=True)
class NoPoolingFit:
    """One intercept for each group, on its own data, and slopes in common."""

    names: tuple[str, ...]  # X's columns
    coefficients: np.ndarray  # their slopes
    standard_errors: np.ndarray
    sigma_y: float  # residual sd, with N - J - k in the denominator
    groups: np.ndarray = field(repr=False)
    n: np.ndarray = field(repr=False)  # (J,) rows in each group
    intercept_values: np.ndarray = field(repr=False)  # (J,)
    intercept_errors: np.ndarray = field(repr=False)  # (J,)

    @cached_property
    def intercepts(self):
        """Each group's intercept, a pandas Series by group."""
        return _series(self.intercept_values, self.groups, "intercept")

    @cached_property
    def intercept_sd(self):
        """Their standard errors, a pandas Series by group."""
        return _series(self.intercept_errors, self.groups, "intercept_sd")


@dataclass(frozen=True)
class Prediction:
    """What a fit expects at given predictors; arrays, one entry per row asked for."""

    mean: np.ndarray  # expected outcome
    parameter_sd: np.ndarray  # sd of the group's own mean there: what more rows would tell
    observation_sd: np.ndarray  # sd of one new observation there


@dataclass(frozen=True)
class MultilevelFit:
    """A fitted two-level model: one spread within groups, one between them."""

    names: tuple[str, ...]  # "intercept", X's columns, group predictors
    coefficients: np.ndarray  # in that order
    standard_errors: np.ndarray  # given the two sigmas
    sigma_y: float  # sd of rows within a group
    sigma_alpha: float  # sd of the groups' intercepts about their mean; 0 is legal
    deviance: float  # -2 log likelihood, or -2 log restricted likelihood under "reml"
    method: str  # "reml" or "ml"
    covariance: np.ndarray = field(repr=False)  # of the coefficients
    groups: np.ndarray = field(repr=False)
    n: np.ndarray = field(repr=False)  # (J,) rows in each group
    design_means: np.ndarray = field(repr=False)  # (J, p) each group's mean row of the design
    intercept_values: np.ndarray = field(repr=False)  # (J,)
    row_predictors: int = field(repr=False)  # how many columns X had

    @property
    def prior_sample_size(self) -> float:
        """n0 = sigma_y^2 / sigma_alpha^2: the rows that the population is worth (inf at 0)."""
        return (self.sigma_y / self.sigma_alpha) ** 2 if self.sigma_alpha > 0 else np.inf

    @property
    def intraclass_correlation(self) -> float:
        """Share of the variance that lies between groups."""
        return self.sigma_alpha**2 / (self.sigma_alpha**2 + self.sigma_y**2)

    def weight(self, n):
        """Share of a group's own data in its intercept: n / (n + prior sample size)."""
        n = np.asarray(n, float)
        if not (np.isfinite(n) & (n >= 0)).all():
            raise ValueError(f"n: sizes must be finite and >= 0; got {n}")
        return n / (n + self.prior_sample_size)

    @cached_property
    def intercepts(self):
        """Each group's intercept, partially pooled, a pandas Series by group.

        First coefficient + the group predictors' part + the group's deviation.
        """
        return _series(self.intercept_values, self.groups, "intercept")

    @cached_property
    def intercept_sd(self):
        """Sd of each intercept given the sigmas, coefficient uncertainty included (Series)."""
        at = self.design_means.copy()
        at[:, 1 : 1 + self.row_predictors] = 0  # an intercept is the line at X = 0
        sd = self._sd_in_group(at, slice(None))
        return _series(sd, self.groups, "intercept_sd")

    def predict(self, X=None, *, group=None, group_predictors=None) -> Prediction:
        """Predict at the rows of `X`, for seen groups or for a new one.

        Parameters
        ----------
        X : DataFrame or array_like, shape (M, k), optional
            Row predictors, as in the fit; left out where the fit had none. One row (or, with one
            predictor, one number) serves all groups asked for.
        group : label or sequence of M labels, optional
            The rows' groups, seen in the fit. Left out: each row is in a new group.
        group_predictors : array_like, shape (M, q), optional
            Of the new group, where the fit had any; a seen group has its own.

        Returns
        -------
        Prediction
            Given the two sigmas; the coefficients' uncertainty is included.

        Raises
        ------
        ValueError
            For a group that the fit has not seen, or predictors that do not match the fit's.
        """
        k, p = self.row_predictors, self.coefficients.size
        members = None if group is None else self._positions(group)
        rows = 1 if members is None else members.size
        if X is not None:
            rows = _rows_of(X, k)
        elif group_predictors is not None:
            rows = _rows_of(group_predictors, p - 1 - k)
        at = np.ones((rows, p))
        at[:, 1 : 1 + k] = self._given("X", X, rows, k)
        if members is None:
            at[:, 1 + k :] = self._given("group_predictors", group_predictors, rows, p - 1 - k)
            variance = np.einsum("ij,jk,ik->i", at, self.covariance, at) + self.sigma_alpha**2
            mean, sd = at @ self.coefficients, np.sqrt(variance)
        else:
            if group_predictors is not None:
                raise ValueError("group_predictors: a seen group has its own; leave them out")
            if members.size == 1:
                members = np.repeat(members, rows)
            if rows == 1:
                at = np.repeat(at, members.size, axis=0)
            same_length(X=at, group=members)
            at[:, 1 + k :] = self.design_means[members, 1 + k :]
            mean = self.intercept_values[members] + at[:, 1 : 1 + k] @ self.coefficients[1 : 1 + k]
            sd = self._sd_in_group(at, members)
        return Prediction(mean, sd, np.hypot(sd, self.sigma_y))

    def _sd_in_group(self, at, members):
        """Sd of the line of each group `members` at the design rows `at` (Henderson, 1975)."""
        weight = self.weight(self.n[members])
        move = at - weight[:, None] * self.design_means[members]
        variance = np.einsum("ij,jk,ik->i", move, self.covariance, move)
        return np.sqrt(variance + (1 - weight) * self.sigma_alpha**2)

    def _positions(self, group):
        place = {label: at for at, label in enumerate(self.groups.tolist())}
        single = isinstance(group, str) or np.ndim(group) == 0 or _is_label(group, place)
        labels = [group] if single else list(group)
        labels = [label.item() if isinstance(label, np.generic) else label for label in labels]
        for at, label in enumerate(labels):
            if label not in place:
                raise ValueError(
                    f"group: entry {at} is {label!r}, which the fit has not seen; "
                    "for a new group leave `group` out"
                )
        return np.array([place[label] for label in labels])

    def _given(self, name, values, rows, wanted):
        """Return the values asked for as an array of shape (rows, wanted)."""
        if wanted == 0 or values is None:
            if (values is None) != (wanted == 0):
                raise ValueError(f"{name}: the fit had {wanted} column(s); give as many")
            return np.empty((rows, 0))
        if hasattr(values, "columns"):
            start = 1 if name == "X" else 1 + self.row_predictors
            expected = list(self.names[start : start + wanted])
            missing = [column for column in expected if column not in map(str, values.columns)]
            if missing:
                raise ValueError(f"{name}: column {missing[0]!r} of the fit is missing")
            values = values.rename(columns=str)[expected]
        array = np.asarray(values, float)
        if array.ndim < 2:
            array = array.reshape(-1, wanted) if array.size % wanted == 0 else array.reshape(1, -1)
        if array.shape[1] != wanted or array.shape[0] not in (1, rows):
            raise ValueError(f"{name}: shape ({rows}, {wanted}) is wanted; got {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: every entry must be finite")
        return np.broadcast_to(array, (rows, wanted))


# -------------------------------------------------------------------------------- the three fits


def complete_pooling(y, X=None) -> RegressionFit:
    """Least squares for all rows together, as if there were no groups.

    Parameters
    ----------
    y : array_like, shape (N,)
    X : DataFrame or array_like, shape (N, k), optional
        Predictors without the intercept; left out, the fit is the mean.

    Raises
    ------
    TypeError, ValueError
        For bad input, fewer than p + 1 rows, or a column that repeats the others.
    """
    y = vector("y", y)
    summary = GroupSummary.from_rows(y, np.zeros(y.size, int), X)
    names = ("intercept", *summary.names)
    if y.size <= len(names):
        raise ValueError(f"y: more than {len(names)} rows are wanted; got {y.size}")
    least = _least_of_own(summary.within, summary.n, summary.means)
    _full_rank(summary.within, least, summary.names, "the intercept")
    slopes, rss, unscaled = _least_squares(summary.within)
    mean = summary.means[0]
    freedom = y.size - len(names)
    # The intercept is y-mean - x-mean' slopes; its error has both parts.
    covariance = np.empty((len(names), len(names)))
    covariance[1:, 1:] = unscaled
    covariance[0, 1:] = covariance[1:, 0] = -unscaled @ mean[:-1]
    covariance[0, 0] = 1 / y.size + mean[:-1] @ unscaled @ mean[:-1]
    covariance *= rss / freedom
    return RegressionFit(
        names=names,
        coefficients=np.r_[mean[-1] - mean[:-1] @ slopes, slopes],
        standard_errors=np.sqrt(np.diag(covariance)),
        sigma_y=float(np.sqrt(rss / freedom)),
        deviance=float(y.size * (1 + np.log(2 * np.pi * rss / y.size))) if rss > 0 else -np.inf,
        covariance=covariance,
    )


def no_pooling(y, group, X=None) -> NoPoolingFit:
    """Least squares with an intercept of its own for every group, and slopes in common.

    Parameters
    ----------
    y : array_like, shape (N,)
    group : array_like, shape (N,)
        Any hashable labels.
    X : DataFrame or array_like, shape (N, k), optional
        Predictors that vary within groups.

    Raises
    ------
    TypeError, ValueError
        For bad input; for a column that is constant in every group or repeats the others.
    """
    summary = GroupSummary.from_rows(y, group, X)
    freedom = summary.n.sum() - summary.n.size - len(summary.names)
    if freedom < 1:
        raise ValueError("group: too few rows to estimate an intercept for every group")
    least = _least_of_own(summary.within, summary.n, summary.means)
    _full_rank(summary.within, least, summary.names, "the groups' intercepts")
    slopes, rss, unscaled = _least_squares(summary.within)
    sigma_y = np.sqrt(rss / freedom)
    x_means, y_means = summary.means[:, :-1], summary.means[:, -1]
    variance = 1 / summary.n + np.einsum("ij,jk,ik->i", x_means, unscaled, x_means)
    return NoPoolingFit(
        names=summary.names,
        coefficients=slopes,
        standard_errors=sigma_y * np.sqrt(np.diag(unscaled)),
        sigma_y=float(sigma_y),
        groups=summary.groups,
        n=summary.n,
        intercept_values=y_means - x_means @ slopes,
        intercept_errors=sigma_y * np.sqrt(variance),
    )


def partial_pooling(y, group, X=None, *, group_predictors=None, method="reml") -> MultilevelFit:
    """Fit the two-level model by restricted ("reml") or full ("ml") maximum likelihood.

    Only one number has to be searched for, the variance ratio sigma_alpha^2 / sigma_y^2: given it,
    the best coefficients and the best sigma_y have formulas (Bates et al., 2015, section 3.4).

    Parameters
    ----------
    y : array_like, shape (N,)
    group : array_like, shape (N,)
        Any hashable labels.
    X : DataFrame or array_like, shape (N, k), optional
        Row predictors, without the intercept.
    group_predictors : DataFrame, Series or array_like, optional
        Predictors of the groups: either N rows, constant within each group, or a pandas object
        indexed by group.
    method : {"reml", "ml"}

    Raises
    ------
    TypeError, ValueError
        For bad input; for a column that repeats the others (named); where the two sigmas cannot be
        told apart because no group has two rows.
    """
    if group_predictors is not None:
        group_predictors = _by_group(group_predictors, group)
    return fit_summary(
        GroupSummary.from_rows(y, group, X), group_predictors=group_predictors, method=method
    )


def fit_summary(summary: GroupSummary, *, group_predictors=None, method="reml") -> MultilevelFit:
    """Fit as `partial_pooling` does, from a `GroupSummary` instead of rows.

    `group_predictors` is a pandas Series or DataFrame indexed by group.
    """
    if method not in ("reml", "ml"):
        raise ValueError(f'method: "reml" or "ml" is wanted; got {method!r}')
    profile = _Profile(summary, group_predictors)
    return profile.fit(_best_ratio(profile, method), method)


def fit_at(sigma_ratio, summary: GroupSummary, *, group_predictors=None, method="reml"):
    """Fit as `fit_summary` does, with sigma_alpha / sigma_y held at `sigma_ratio` >= 0."""
    if not (np.isfinite(sigma_ratio) and sigma_ratio >= 0):
        raise ValueError(f"sigma_ratio: must be finite and >= 0; got {sigma_ratio}")
    return _Profile(summary, group_predictors).fit(float(sigma_ratio) ** 2, method)


def profile_deviance(sigma_ratio, summary: GroupSummary, *, group_predictors=None, method="reml"):
    """Deviance at given sigma_alpha / sigma_y, all else at its best: the curve that is minimised.

    Parameters
    ----------
    sigma_ratio : array_like, shape (G,)
    summary : GroupSummary

    Returns
    -------
    numpy.ndarray, shape (G,)
    """
    ratio = vector("sigma_ratio", sigma_ratio) ** 2
    return _Profile(summary, group_predictors).deviance(ratio, method)[0]


class _Profile:
    """The likelihood as a function of ratio = sigma_alpha^2 / sigma_y^2 alone.

    Within a group of n rows the covariance of y is sigma_y^2 (I + ratio 11'). Its inverse leaves
    deviations from the group mean alone and divides the mean by 1 + n ratio. So every quadratic
    form is `within` + sum over groups of n / (1 + n ratio) * (outer product of means), and groups
    of equal size can be added up before the search starts.
    """

    def __init__(self, summary: GroupSummary, group_predictors=None):
        names, at_groups = _of_groups(group_predictors, summary.groups)
        k, q = len(summary.names), len(names)
        self.summary, self.k = summary, k
        self.names = ("intercept", *summary.names, *names)
        self.p = len(self.names)
        self.rows = summary.n.sum()
        filled = summary.n > 0
        if filled.sum() <= q + 1:
            raise ValueError(
                f"group: more than {q + 1} groups with rows are wanted for {q} group predictor(s); "
                f"got {filled.sum()}"
            )
        if self.rows - self.p - (filled.sum() - q - 1) < 1:
            raise ValueError(
                "group: too few rows in groups of two or more to tell sigma_y from sigma_alpha"
            )
        # The groups' mean rows of the design [1, X, group predictors], and of y.
        self.design_means = np.hstack(
            [np.ones((summary.n.size, 1)), summary.means[:, :k], at_groups]
        )
        means = np.hstack([self.design_means, summary.means[:, k:]])
        self.within = np.zeros((self.p + 1, self.p + 1))
        moving = np.r_[1 : 1 + k, self.p]
        self.within[np.ix_(moving, moving)] = summary.within
        least = _least_of_own(self.within, summary.n, means)[1:]
        # Subtracting the grand means keeps the sums exact when the data are far from 0.
        self.origin = summary.n @ means / self.rows
        self.origin[0] = 0.0
        means = means - self.origin
        total = self.within + (summary.n[:, None] * means).T @ means
        _full_rank(total[1:, 1:], least, self.names[1:], "the intercept")
        if summary.within[-1, -1] <= least[-1] * 1e-6:
            raise ValueError("y: it does not vary within groups, so sigma_y cannot be estimated")
        self.sizes, which = np.unique(summary.n, return_inverse=True)
        self.groups_of_size = np.bincount(which)
        outer = np.empty((self.sizes.size, self.p + 1, self.p + 1))
        for a in range(self.p + 1):
            for b in range(a + 1):
                outer[:, a, b] = outer[:, b, a] = np.bincount(which, means[:, a] * means[:, b])
        self.outer = outer.reshape(self.sizes.size, -1)

    def forms(self, ratio):
        """Return Z'V⁻¹Z, Z'V⁻¹y and y'V⁻¹y (times sigma_y^2), stacked over `ratio` (G,)."""
        shrunk = self.sizes / (1 + ratio[:, None] * self.sizes)
        form = (shrunk @ self.outer).reshape(-1, self.p + 1, self.p + 1) + self.within
        return form[:, :-1, :-1], form[:, :-1, -1], form[:, -1, -1]

    def solve(self, ratio):
        """Return best coefficients (about the origin), residual sum and inverse of Z'V⁻¹Z."""
        zz, zy, yy = self.forms(ratio)
        inverse = np.linalg.inv(zz)
        coefficients = (inverse @ zy[..., None])[..., 0]
        return coefficients, yy - (zy * coefficients).sum(-1), inverse

    def log_volume(self, ratio):
        """Log determinant of V, up to its sigma_y^2."""
        return np.log1p(ratio[:, None] * self.sizes) @ self.groups_of_size

    def deviance(self, ratio, method):
        """Return deviance and its slope at each `ratio` (G,)."""
        coefficients, rss, inverse = self.solve(ratio)
        step = (self.sizes / (1 + ratio[:, None] * self.sizes)) ** 2
        outer = (step @ self.outer).reshape(-1, self.p + 1, self.p + 1)
        residual = np.concatenate([-coefficients, np.ones((ratio.size, 1))], axis=1)
        rss_slope = -np.einsum("gi,gij,gj->g", residual, outer, residual)
        freedom = self.rows - (self.p if method == "reml" else 0)
        value = freedom * (1 + np.log(2 * np.pi * rss / freedom)) + self.log_volume(ratio)
        slope = freedom * rss_slope / rss + (self.sizes / (1 + ratio[:, None] * self.sizes)) @ (
            self.groups_of_size
        )
        if method == "reml":
            value = value - np.linalg.slogdet(inverse)[1]
            slope = slope - np.einsum("gij,gji->g", inverse, outer[:, :-1, :-1])
        return value, slope

    def fit(self, ratio: float, method: str) -> MultilevelFit:
        """Everything there is to know at one `ratio`."""
        at = np.array([ratio])
        (coefficients,), (rss,), (inverse,) = self.solve(at)
        sigma_y2 = rss / (self.rows - (self.p if method == "reml" else 0))
        # Back from the origin: only the intercept notices.
        back = np.eye(self.p)
        back[0, 1:] = -self.origin[1:-1]
        coefficients = back @ coefficients
        coefficients[0] += self.origin[-1]
        covariance = sigma_y2 * back @ inverse @ back.T
        n, k = self.summary.n, self.k
        weight = n * ratio / (1 + n * ratio)
        deviation = weight * (self.summary.means[:, -1] - self.design_means @ coefficients)
        level = coefficients[0] + self.design_means[:, 1 + k :] @ coefficients[1 + k :]
        return MultilevelFit(
            names=self.names,
            coefficients=coefficients,
            standard_errors=np.sqrt(np.diag(covariance)),
            sigma_y=float(np.sqrt(sigma_y2)),
            sigma_alpha=float(np.sqrt(ratio * sigma_y2)),
            deviance=float(self.deviance(at, method)[0][0]),
            method=method,
            covariance=covariance,
            groups=self.summary.groups,
            n=n,
            design_means=self.design_means,
            intercept_values=level + deviation,
            row_predictors=k,
        )


def _best_ratio(profile: _Profile, method: str) -> float:
    """Find the ratio of least deviance: a coarse look everywhere, then the root of the slope."""
    grid = np.r_[0, np.geomspace(1e-4 / profile.sizes[-1], 1e6, 45)]
    value, slope = profile.deviance(grid, method)
    best = int(np.argmin(value))
    if slope[-1] < 0 and best == grid.size - 1:
        raise ValueError("y: it hardly varies within groups, so sigma_y cannot be estimated")
    low, high = (best, best + 1) if slope[best] < 0 else (best - 1, best)
    if low < 0:  # least at 0, and rising from there
        return 0.0
    return brentq(
        lambda ratio: profile.deviance(np.array([ratio]), method)[1][0],
        grid[low],
        grid[high],
        xtol=1e-15,
        rtol=1e-12,
    )


# ------------------------------------------------------------------------------ reading arguments


def _rows_of(table, columns):
    """How many rows a table of so many columns has; a flat list is one row or one column."""
    shape = np.shape(table)
    return shape[0] if len(shape) == 2 or (len(shape) == 1 and columns == 1) else 1


def _is_label(value, place) -> bool:
    """Whether `value` (a tuple, say) is itself one of the labels."""
    try:
        return value in place
    except TypeError:
        return False


def _series(values, groups, name):
    """Make a pandas Series by group."""
    import pandas as pd

    return pd.Series(values, index=pd.Index(groups, name="group", tupleize_cols=False), name=name)


def _codes(group, rows=None):
    """Return the labels, sorted where they can be, and each row's position among them."""
    import pandas as pd

    if not isinstance(group, np.ndarray | pd.Series | pd.Index):
        labels = group if isinstance(group, pd.api.extensions.ExtensionArray) else list(group)
        group = pd.Index(labels, tupleize_cols=False)
    if group.ndim != 1:
        raise ValueError(f"group: one label per row is wanted; got shape {group.shape}")
    if rows is not None and len(group) != rows:
        raise ValueError(
            f"y and group: equal lengths are wanted; y has {rows}, group has {len(group)}"
        )
    codes, labels = pd.factorize(group)
    if (codes < 0).any():
        raise ValueError(f"group: a label is missing at entry {int(np.argmax(codes < 0))}")
    labels = np.asarray(labels)
    try:
        order = np.argsort(labels, kind="stable")
    except TypeError:  # labels of several kinds: leave them as they come
        return labels, codes
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return labels[order], rank[codes]


def _columns(name, table, rows):
    """Return column names and a list of float columns, each of `rows` finite entries."""
    if table is None:
        return (), []
    if hasattr(table, "columns"):
        names = tuple(str(column) for column in table.columns)
        columns = [table.iloc[:, at] for at in range(len(names))]
    elif hasattr(table, "to_numpy"):  # a Series
        names, columns = (str(table.name) if table.name is not None else "x1",), [table]
    else:
        array = np.asarray(table)
        if array.ndim not in (1, 2):
            raise ValueError(f"{name}: one or two dimensions are wanted; got shape {array.shape}")
        array = array.reshape(array.shape[0], -1)
        names = tuple(f"x{at + 1}" for at in range(array.shape[1]))
        columns = list(array.T)
    columns = [
        vector(f"{name}[{label!r}]", column) for label, column in zip(names, columns, strict=True)
    ]
    for label, column in zip(names, columns, strict=True):
        if column.size != rows:
            raise ValueError(
                f"y and {name}: equal lengths are wanted; y has {rows}, "
                f"{name}[{label!r}] has {column.size}"
            )
    return names, columns


def _by_group(table, group):
    """Return the group predictors as a DataFrame indexed by group."""
    import pandas as pd

    groups, codes = _codes(group)
    keyed = isinstance(table, pd.Series | pd.DataFrame)
    if keyed and len(table) != codes.size:
        return table
    if keyed and groups.size == codes.size and set(table.index) == set(groups.tolist()):
        return table
    names, columns = _columns("group_predictors", table, codes.size)
    names = tuple(f"u{name[1:]}" if not keyed else name for name in names)
    first = np.empty(groups.size, int)
    first[codes[::-1]] = np.arange(codes.size)[::-1]
    for name, column in zip(names, columns, strict=True):
        odd = column != column[first][codes]
        if odd.any():
            raise ValueError(
                f"group_predictors[{name!r}]: it must be constant within a group; "
                f"group {groups.tolist()[codes[np.argmax(odd)]]!r} has several values"
            )
    values = {name: column[first] for name, column in zip(names, columns, strict=True)}
    return pd.DataFrame(values, index=pd.Index(groups, tupleize_cols=False))


def _of_groups(table, groups):
    """Return names and values (J, q) of a pandas object indexed by group."""
    import pandas as pd

    if table is None:
        return (), np.empty((groups.size, 0))
    if isinstance(table, pd.Series):
        table = table.to_frame(table.name if table.name is not None else "u1")
    if not isinstance(table, pd.DataFrame):
        raise TypeError(
            "group_predictors: one value per row, or a pandas object indexed by group, is wanted; "
            f"got {type(table).__name__}"
        )
    if not table.index.is_unique:
        raise ValueError("group_predictors: the index must name each group once")
    at = table.index.get_indexer(pd.Index(groups, tupleize_cols=False))
    if (at < 0).any():
        raise ValueError(
            f"group_predictors: group {groups.tolist()[np.argmax(at < 0)]!r} has no value"
        )
    names, columns = _columns("group_predictors", table, len(table))
    return names, np.column_stack([column[at] for column in columns])


# -------------------------------------------------------------------------------- linear algebra


def _least_of_own(within, n, means) -> np.ndarray:
    """Sum of squares that each column must have left to count as having anything of its own.

    1e-10 of its variation about the grand mean, and more than rounding makes of a constant.
    """
    grand = n @ means / n.sum()
    centred = np.diag(within) + n @ (means - grand) ** 2
    return 1e-10 * centred + 1e-24 * n.sum() * grand**2 + np.finfo(float).tiny


def _full_rank(cross, least, names, others):
    """Raise if a column is (almost) a combination of `others` and those before it, and name it.

    `cross` are the columns' cross-products once `others` are removed.
    """
    left = np.array(cross, float)
    for k, name in enumerate(names):
        if left[k, k] <= least[k]:
            before = ", ".join([others, *map(repr, names[:k])])
            raise ValueError(
                f"X: the design is rank-deficient: column {name!r} is a combination of {before}"
            )
        left = left - np.outer(left[:, k], left[k]) / left[k, k]


def _least_squares(cross):
    """Return slopes, residual sum of squares and inverse from cross-products of [X, y]."""
    inverse = np.linalg.inv(cross[:-1, :-1])
    slopes = inverse @ cross[:-1, -1]
    return slopes, max(cross[-1, -1] - cross[:-1, -1] @ slopes, 0.0), inverse
