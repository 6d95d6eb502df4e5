"""Normal measurements in groups: complete pooling, no pooling, and the model between them.

The model, for row i in group j (a house in a county):

    y_i = alpha_j + x_i' beta + error,        error ~ Normal(0, sigma_y^2)
    alpha_j = gamma_0 + u_j' gamma + eta_j,   eta_j ~ Normal(0, sigma_alpha^2)

A fit needs of the rows only sums per group; given the ratio sigma_alpha^2 / sigma_y^2, everything
else has a formula (Bates et al., 2015, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from helpers._validate import labels, refuse, same_length, vector


def index_of(groups):
    """Make a pandas Index of labels, tuples among them."""
    import pandas as pd

    return pd.Index(groups, name="group", tupleize_cols=False)


def series(values, groups, name):
    """Make a pandas Series by group."""
    import pandas as pd

    return pd.Series(values, index=index_of(groups), name=name)


def columns_of(name, table, letter="x"):
    """Return names and float columns of a DataFrame, a Series or an array, one row a row."""
    if table is None:
        return (), []
    if hasattr(table, "columns"):
        names = tuple(map(str, table.columns))
        columns = [table.iloc[:, at] for at in range(len(names))]
    elif getattr(table, "name", None) is not None:  # a Series
        names, columns = (str(table.name),), [table]
    else:
        array = np.asanyarray(table)
        columns = [array] if array.ndim < 2 else list(array.T)
        names = tuple(f"{letter}{at + 1}" for at in range(len(columns)))
    named = zip(names, columns, strict=True)
    return names, [vector(f"{name}[{at!r}]", column) for at, column in named]


@dataclass(frozen=True)
class GroupSums:
    """All that a fit needs to know of the rows."""

    groups: np.ndarray  # (J,) labels
    n: np.ndarray  # (J,) rows
    means: np.ndarray  # (J, k + 1) of X's columns and, last, of y, less the centre
    within: np.ndarray  # (k + 1, k + 1) cross-products about the groups' means, of all rows
    centre: np.ndarray  # (k + 1,)
    names: tuple[str, ...]  # the k columns of X
    codes: np.ndarray | None = None  # (N,) each row's position in groups

    @classmethod
    def from_table(cls, table, *, y="y", X=(), centre=None) -> GroupSums:
        """Read a table that GROUP BY made: in a database, in Polars, in Dask, in pandas.

        Parameters
        ----------
        table : DataFrame
            Indexed by group, with columns `n` = COUNT(*), `a` = SUM(a - c_a) for y and each name
            in `X`, and `a*b` = SUM((a - c_a) * (b - c_b)) for each pair, in either order, a = b
            included. Tables of parts are added: ``pd.concat(parts).groupby(level=0).sum()``.
        y : str
        X : sequence of str
        centre : mapping, optional
            c by name: any number near the column's mean, the same in all groups; 0 if left out.
        """
        names = [*X, y]
        n, sums = table["n"].to_numpy(float), table[names].to_numpy(float)
        means = sums / np.maximum(n, 1)[:, None]
        pair = lambda a, b: f"{a}*{b}" if f"{a}*{b}" in table.columns else f"{b}*{a}"  # noqa: E731
        cross = np.array([[table[pair(a, b)].sum() for b in names] for a in names])
        grand = sums.sum(axis=0) / n.sum()
        given = np.array([(centre or {}).get(name, 0.0) for name in names])
        within = cross - sums.T @ means
        return cls(np.asarray(table.index), n, means - grand, within, given + grand, tuple(X))


def group_sums(y, group, X=None) -> GroupSums:
    """Sum rows by group.

    Parameters
    ----------
    y : array_like, shape (N,)
    group : array_like, shape (N,)
        Any hashable labels.
    X : DataFrame or array_like, shape (N, k), optional
        Predictors of the rows, without the intercept.
    """
    y = vector("y", y)
    names, columns = columns_of("X", X)
    for column in columns:
        same_length(y=y, X=column)
    groups, codes = labels(group, y.size)
    n = np.bincount(codes).astype(float)
    centre = np.array([column.mean() for column in (*columns, y)])
    rows = [column - middle for column, middle in zip((*columns, y), centre, strict=True)]
    means = np.column_stack([np.bincount(codes, column) / n for column in rows])
    for column, mean in zip(rows, means.T, strict=True):
        column -= mean[codes]
    within = np.array([[left @ right for right in rows] for left in rows])
    return GroupSums(groups, n, means, within, centre, names, codes)


def group_values(table, sums):
    """Return names and values (J, q) of predictors given by row, or by group in their index."""
    names, columns = columns_of("group_predictors", table, "u")
    if not columns:
        return (), np.empty((sums.n.size, 0))
    if sums.codes is not None and columns[0].size == sums.codes.size:
        at = np.unique(sums.codes, return_index=True)[1]
        for name, column in zip(names, columns, strict=True):
            odd = column != column[at][sums.codes]
            if odd.any():
                label = sums.groups.tolist()[sums.codes[np.argmax(odd)]]
                rule = f"it must be constant within a group; group {label!r} has several values"
                raise ValueError(f"group_predictors[{name!r}]: {rule}")
    elif hasattr(table, "index"):
        at = table.index.get_indexer(index_of(sums.groups))
        if (at < 0).any():
            label = sums.groups.tolist()[np.argmax(at < 0)]
            raise ValueError(f"group_predictors: group {label!r} has no value")
    else:
        raise ValueError("group_predictors: one value a row, or a Series by group, is wanted")
    return names, np.column_stack([column[at] for column in columns])


def full_rank(cross, total, n, centre, names, others):
    """Raise if a column is (almost) a combination of `others` and those before it."""
    least = 1e-10 * np.diag(total) + 1e-24 * n * centre**2 + np.finfo(float).tiny
    left = np.array(cross)
    for k, name in enumerate(names):
        if left[k, k] <= least[k]:
            before = ", ".join([others, *map(repr, names[:k])])
            raise ValueError(
                f"X: the design is rank-deficient: column {name!r} is a combination of {before}"
            )
        left = left - np.outer(left[:, k], left[k]) / left[k, k]


class Profile:
    """The likelihood as a function of ratio = sigma_alpha^2 / sigma_y^2 alone.

    Within a group of n rows the covariance of y is sigma_y^2 (I + ratio 11'). Its inverse leaves
    deviations from the group mean alone and divides the mean by 1 + n ratio. So each quadratic
    form is `within` + sum over groups of n / (1 + n ratio) * (outer product of means), and groups
    of equal size are added up before the search starts. All is about the centre.
    """

    def __init__(self, sums: GroupSums, group_predictors=None, method="reml"):
        if method not in ("reml", "ml"):
            raise ValueError(f'method: "reml" or "ml" is wanted; got {method!r}')
        names, values = group_values(group_predictors, sums)
        k = len(sums.names)
        self.sums, self.n, self.k, self.method = sums, sums.n, k, method
        self.names = ("intercept", *sums.names, *names)
        self.p, self.rows, filled = len(self.names), sums.n.sum(), np.count_nonzero(sums.n)
        self.freedom = self.rows - (self.p if method == "reml" else 0)
        if filled <= len(names) + 1:
            raise ValueError(f"group: more than {len(names) + 1} groups are wanted; got {filled}")
        if self.rows - k - filled < 1:
            raise ValueError(
                "group: too few rows in groups of two or more to tell sigma_y from sigma_alpha"
            )
        middle = sums.n @ values / self.rows
        self.origin = np.r_[0.0, sums.centre[:k], middle, sums.centre[k]]
        self.means = np.column_stack(
            [np.ones(sums.n.size), sums.means[:, :k], values - middle, sums.means[:, k]]
        )
        self.within = np.zeros((self.p + 1, self.p + 1))
        moving = np.r_[1 : 1 + k, self.p]
        self.within[np.ix_(moving, moving)] = sums.within
        total = (self.within + (sums.n[:, None] * self.means).T @ self.means)[1:, 1:]
        full_rank(total, total, self.rows, self.origin[1:], self.names[1:], "the intercept")
        if self.within[-1, -1] <= 1e-16 * total[-1, -1] + 1e-30 * self.rows * self.origin[-1] ** 2:
            raise ValueError("y: it does not vary within groups, so sigma_y cannot be estimated")
        self.sizes, which = np.unique(sums.n, return_inverse=True)
        self.groups_of_size = np.bincount(which)
        outer = (self.means[:, :, None] * self.means[:, None, :]).reshape(sums.n.size, -1)
        self.outer = np.column_stack([np.bincount(which, column) for column in outer.T])

    def forms(self, ratio, power=1):
        """Sum n / (1 + n ratio) to a power times the outer products, stacked over `ratio`."""
        shrunk = (self.sizes / (1 + ratio[:, None] * self.sizes)) ** power
        return (shrunk @ self.outer).reshape(-1, self.p + 1, self.p + 1)

    def solve(self, ratio):
        """Return best coefficients, residual sum and inverse of Z'V⁻¹Z at each `ratio`."""
        form = self.forms(ratio) + self.within
        inverse = np.linalg.inv(form[:, :-1, :-1])
        coefficients = (inverse @ form[:, :-1, -1:])[..., 0]
        return coefficients, form[:, -1, -1] - (form[:, :-1, -1] * coefficients).sum(-1), inverse

    def log_volume(self, ratio):
        """Log determinant of V, up to its sigma_y^2."""
        return np.log1p(ratio[:, None] * self.sizes) @ self.groups_of_size

    def deviance(self, ratio):
        """-2 log (restricted) likelihood at each `ratio` (G,), all else at its best."""
        _, rss, inverse = self.solve(ratio)
        value = self.freedom * (1 + np.log(2 * np.pi * rss / self.freedom)) + self.log_volume(ratio)
        return value - np.linalg.slogdet(inverse)[1] if self.method == "reml" else value

    def slope(self, ratio):
        """Slope of the deviance; the best coefficients' own change does not matter at the best."""
        coefficients, rss, inverse = self.solve(ratio)
        outer = self.forms(ratio, 2)  # minus the slope of the forms
        off = np.append(-coefficients, np.ones((ratio.size, 1)), axis=1)[:, None]
        value = (self.sizes / (1 + ratio[:, None] * self.sizes)) @ self.groups_of_size
        value -= self.freedom * (off @ outer @ off.transpose(0, 2, 1))[:, 0, 0] / rss
        if self.method == "reml":
            value -= (inverse * outer[:, :-1, :-1]).sum(axis=(1, 2))
        return value

    def best_ratio(self):
        """Find the ratio of least deviance; 0 is legal. There may be two valleys."""
        grid = np.r_[0, np.geomspace(1e-4 / self.sizes[-1], 1e6, 45)]
        slope = self.slope(grid)
        if slope[-1] < 0:
            raise ValueError("y: it hardly varies within groups, so sigma_y cannot be estimated")
        valleys = [0.0] if slope[0] >= 0 else []
        for at in np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0)):
            at_one = lambda ratio: self.slope(np.array([ratio]))[0]  # noqa: E731
            valleys.append(brentq(at_one, grid[at], grid[at + 1], xtol=1e-15, rtol=1e-12))
        return min(valleys, key=lambda ratio: self.deviance(np.array([ratio]))[0])

    def back(self, coefficients, covariance):
        """Coefficients (G, p) and covariances with the centre undone: the intercept moves."""
        turn = np.eye(self.p)
        turn[0, 1:] = -self.origin[1:-1]
        coefficients = coefficients @ turn.T
        coefficients[:, 0] += self.origin[-1]
        return coefficients, turn @ covariance @ turn.T

    def intercepts(self, ratio, coefficients, covariance, sigma_y):
        """Return intercepts and their variances, (G, J), the coefficients' uncertainty included.

        What an intercept takes from the coefficients is the group's design row at X = 0, less its
        weight times its mean row (Henderson, 1975).
        """
        design = self.means[:, :-1] + self.origin[:-1]
        at = design.copy()
        at[:, 1 : 1 + self.k] = 0
        weight = ratio[:, None] * self.n / (1 + ratio[:, None] * self.n)
        residual = self.means[:, -1] + self.origin[-1] - coefficients @ design.T
        move = at - weight[..., None] * design
        variance = ((move @ covariance) * move).sum(axis=-1)
        variance += (1 - weight) * (ratio * sigma_y**2)[:, None]
        return coefficients @ at.T + weight * residual, variance


@dataclass(frozen=True)
class Fit:
    """A fit by least squares: complete pooling, or no pooling with its intercepts by group."""

    names: tuple[str, ...]
    coefficients: np.ndarray  # in the order of the names
    standard_errors: np.ndarray
    sigma_y: float  # residual sd, with rows less coefficients in the denominator
    deviance: float = np.nan  # -2 log likelihood at its maximum
    groups: np.ndarray = field(default=None, repr=False)  # (J,) labels; none under complete pooling
    intercept_values: np.ndarray = field(default=None, repr=False)  # (J,)
    intercept_errors: np.ndarray = field(default=None, repr=False)  # (J,) their standard errors

    @cached_property
    def intercepts(self):
        """Each group's intercept, a pandas Series by group."""
        return series(self.intercept_values, self.groups, "intercept")

    @cached_property
    def intercept_sd(self):
        """Sd of each intercept (given the sigmas), a pandas Series by group."""
        return series(self.intercept_errors, self.groups, "intercept_sd")

    def __str__(self) -> str:
        """Coefficients with their standard errors, and the spread."""
        width = max(map(len, self.names), default=0)
        rows = zip(self.names, self.coefficients, self.standard_errors, strict=True)
        lines = [f"{name:{width}} {value:7.3f} (se {error:.3f})" for name, value, error in rows]
        if "intercept" not in self.names:
            lines.insert(0, f"{self.groups.size} intercepts, one for each group")
        return "\n".join([*lines, f"sigma_y {self.sigma_y:.3f}"])


@dataclass(frozen=True)
class Prediction:
    """What a fit expects at given predictors; arrays, one entry per row asked for."""

    mean: np.ndarray
    parameter_sd: np.ndarray  # sd of the group's own mean there: what more rows would tell
    observation_sd: np.ndarray  # sd of one new observation there


@dataclass(frozen=True)
class MultilevelFit(Fit):
    """A fitted two-level model: one spread within groups, one between them."""

    sigma_alpha: float = 0.0  # sd of the groups' intercepts about their mean; 0 is legal
    method: str = "reml"
    n: np.ndarray = field(default=None, repr=False)  # (J,) rows in each group
    covariance: np.ndarray = field(default=None, repr=False)  # (p, p) of the coefficients
    design_means: np.ndarray = field(default=None, repr=False)  # (J, p)
    row_predictors: int = field(default=0, repr=False)

    def __str__(self) -> str:
        """Coefficients, both spreads, the prior sample size and the deviance."""
        lines = super().__str__().splitlines()
        lines[-1] = (
            f"sigma_alpha {self.sigma_alpha:.3f}, {lines[-1]}, prior sample size "
            f"{self.prior_sample_size:.1f}; {self.method} deviance {self.deviance:.1f}"
        )
        return "\n".join(lines)

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
        refuse("n", "must be finite and >= 0", ~((n >= 0) & np.isfinite(n)), n)
        return n / (n + self.prior_sample_size)

    def predict(self, X=None, *, group=None, group_predictors=None) -> Prediction:
        """Predict at the rows of `X`, for seen groups or, without `group`, for a new one.

        Parameters
        ----------
        X : DataFrame or array_like, shape (M, k), optional
            Row predictors, as in the fit. One row serves all groups asked for.
        group : label or sequence of M labels, optional
        group_predictors : array_like, shape (M, q), optional
            Of the new group; a seen group has its own.
        """
        k = self.row_predictors
        rows = self._given("X", X, self.names[1 : 1 + k])
        if group is None:
            values = self._given("group_predictors", group_predictors, self.names[1 + k :])
            level = self.coefficients[0] + values @ self.coefficients[1 + k :]
            weight, means = np.zeros(1), np.zeros((1, self.coefficients.size))
        else:
            if group_predictors is not None:
                raise ValueError("group_predictors: a seen group has its own; leave them out")
            member = self._positions(group)
            weight, means = self.weight(self.n[member]), self.design_means[member]
            values, level = means[:, 1 + k :], self.intercept_values[member]
        size = max(len(rows), len(values))
        if not {len(rows), len(values)} <= {1, size}:
            raise ValueError(f"X and group: equal lengths are wanted; {len(rows)}, {len(values)}")
        at = np.ones((size, self.coefficients.size))
        at[:, 1 : 1 + k], at[:, 1 + k :] = rows, values
        move = at - weight[:, None] * means
        variance = ((move @ self.covariance) * move).sum(axis=1)
        sd = np.sqrt(variance + (1 - weight) * self.sigma_alpha**2)
        return Prediction(level + at[:, 1 : 1 + k] @ self.coefficients[1 : 1 + k], sd,
                          np.hypot(sd, self.sigma_y))  # fmt: skip

    def _positions(self, group):
        place = {label: at for at, label in enumerate(self.groups.tolist())}
        one = not np.iterable(group) or isinstance(group, str)
        if one or (isinstance(group, tuple) and group in place):
            group = [group]
        for at, label in enumerate(group):
            if label not in place:
                raise ValueError(
                    f"group: entry {at} is {label!r}, which the fit has not seen; "
                    "for a new group leave `group` out"
                )
        return np.array([place[label] for label in group])

    def _given(self, name, values, names):
        """Return predictors asked for as an array of shape (rows, columns)."""
        if hasattr(values, "columns"):
            values = values.rename(columns=str).reindex(columns=list(names))
        array = np.empty((1, 0)) if values is None else np.asarray(values, float)
        if array.ndim < 2:
            array = array.reshape(-1, 1) if len(names) == 1 else array.reshape(1, -1)
        if array.shape[1] != len(names):
            raise ValueError(f"{name}: {len(names)} column(s) are wanted; got {array.shape[1]}")
        refuse(name, "every entry must be finite", ~np.isfinite(array), array)
        return array


def no_pooling(y, group, X=None) -> Fit:
    """Least squares with an intercept of its own for every group, and slopes in common."""
    sums = group_sums(y, group, X)
    freedom = sums.n.sum() - sums.n.size - len(sums.names)
    if freedom < 1:
        raise ValueError("y: too few rows to estimate an intercept for every group")
    total = sums.within + (sums.n[:, None] * sums.means).T @ sums.means
    others = "the intercept" if sums.n.size == 1 else "the groups' intercepts"
    full_rank(sums.within, total, sums.n.sum(), sums.centre, sums.names, others)
    inverse = np.linalg.inv(sums.within[:-1, :-1])
    slopes = inverse @ sums.within[:-1, -1]
    variance = max(sums.within[-1, -1] - sums.within[:-1, -1] @ slopes, 0.0) / freedom
    means = sums.means + sums.centre
    x = means[:, :-1]
    return Fit(
        sums.names,
        slopes,
        np.sqrt(variance * np.diag(inverse)),
        float(np.sqrt(variance)),
        groups=sums.groups,
        intercept_values=means[:, -1] - x @ slopes,
        intercept_errors=np.sqrt(variance * (1 / sums.n + ((x @ inverse) * x).sum(axis=1))),
    )


def complete_pooling(y, X=None) -> Fit:
    """Least squares for all rows together, as one group; without `X` (N, k) it is the mean."""
    y = vector("y", y)
    one = no_pooling(y, np.zeros(y.size), X)
    rss = one.sigma_y**2 * (y.size - 1 - len(one.names))
    return Fit(
        ("intercept", *one.names),
        np.r_[one.intercept_values, one.coefficients],
        np.r_[one.intercept_errors, one.standard_errors],
        one.sigma_y,
        float(y.size * (1 + np.log(2 * np.pi * rss / y.size))) if rss > 0 else -np.inf,
    )


def partial_pooling(y, group, X=None, *, group_predictors=None, method="reml") -> MultilevelFit:
    """Fit the two-level model by restricted ("reml") or full ("ml") maximum likelihood.

    Parameters
    ----------
    y : array_like, shape (N,)
    group : array_like, shape (N,)
        Any hashable labels.
    X : DataFrame or array_like, shape (N, k), optional
        Row predictors, without the intercept.
    group_predictors : DataFrame, Series or array_like, optional
        N rows, constant within each group, or a pandas object indexed by group.
    method : {"reml", "ml"}
    """
    return fit_sums(group_sums(y, group, X), group_predictors=group_predictors, method=method)


def fit_sums(sums: GroupSums, *, group_predictors=None, method="reml") -> MultilevelFit:
    """Fit as `partial_pooling` does, from sums per group."""
    profile = Profile(sums, group_predictors, method)
    return _fit(profile, np.array([profile.best_ratio()]))


def fit_at(sigma_ratio, sums: GroupSums, *, group_predictors=None, method="reml") -> MultilevelFit:
    """Fit as `fit_sums` does, with sigma_alpha / sigma_y held at `sigma_ratio` >= 0."""
    return _fit(Profile(sums, group_predictors, method), _squares([sigma_ratio]))


def _squares(sigma_ratio):
    ratio = vector("sigma_ratio", sigma_ratio)
    refuse("sigma_ratio", "must be >= 0", ratio < 0, ratio)
    return ratio**2


def _fit(profile, at):
    coefficients, rss, inverse = profile.solve(at)
    variance = rss / profile.freedom
    coefficients, covariance = profile.back(coefficients, variance * inverse)
    values, variances = profile.intercepts(at, coefficients, covariance, np.sqrt(variance))
    return MultilevelFit(
        profile.names,
        coefficients[0],
        np.sqrt(np.diag(covariance[0])),
        float(np.sqrt(variance[0])),
        float(profile.deviance(at)[0]),
        profile.sums.groups,
        values[0],
        np.sqrt(variances[0]),
        sigma_alpha=float(np.sqrt(at[0] * variance[0])),
        method=profile.method,
        n=profile.n,
        covariance=covariance[0],
        design_means=profile.means[:, :-1] + profile.origin[:-1],
        row_predictors=profile.k,
    )


def profile_deviance(sigma_ratio, sums: GroupSums, *, group_predictors=None, method="reml"):
    """Deviance at each sigma_alpha / sigma_y (G,), all else at its best: the curve to minimise."""
    return Profile(sums, group_predictors, method).deviance(_squares(sigma_ratio))


def three_poolings(y, group, *, level=0.95) -> dict:
    """Each group's level: pooling -> (estimate, lower, upper), arrays (J,) of normal intervals."""
    own, both, one = no_pooling(y, group), partial_pooling(y, group), complete_pooling(y)
    same = np.ones(own.groups.size)
    found = {
        "no pooling": (own.intercept_values, own.intercept_errors),
        "complete pooling": (one.coefficients * same, one.standard_errors * same),
        "partial pooling": (both.intercept_values, both.intercept_errors),
    }
    reach = ndtri(0.5 + level / 2)
    return {how: (at, at - reach * sd, at + reach * sd) for how, (at, sd) in found.items()}


def leave_out_errors(
    y, group, X=None, *, sigma_ratio, group_predictors=None, whole_groups=False
) -> np.ndarray:
    """Errors (N,) of predicting each row from the others, exact, without refitting N times.

    Each row (or, with `whole_groups`, each group) is left out of the coefficients and of its
    group's intercept; `sigma_ratio` = sigma_alpha / sigma_y is held.
    """
    at = _squares([sigma_ratio])
    sums = group_sums(y, group, X)
    profile = Profile(sums, group_predictors)
    codes, n, p = sums.codes, profile.n, profile.p
    design = profile.means[codes, :-1]
    for k, column in enumerate(columns_of("X", X)[1], 1):
        design[:, k] = column - profile.origin[k]
    (coefficients,), _, (inverse,) = profile.solve(at)
    residual = vector("y", y) - profile.origin[-1] - design @ coefficients
    shift = at / (1 + n * at)

    def weighed(values):  # V⁻¹ times a column, up to sigma_y^2
        return values - (np.bincount(codes, values) * shift)[codes]

    left = np.column_stack([weighed(column) for column in design.T])
    if not whole_groups:
        own = 1 - shift[codes] - ((left @ inverse) * left).sum(axis=1)
        return weighed(residual) / own
    pairs = [np.bincount(codes, design[:, a] * left[:, b]) for a in range(p) for b in range(p)]
    pull = np.column_stack([np.bincount(codes, column * residual) for column in left.T])
    others = np.linalg.inv(inverse) - np.column_stack(pairs).reshape(-1, p, p)
    moved = np.linalg.solve(others, pull[..., None])[..., 0]
    return residual + (design * moved[codes]).sum(axis=1)
