"""Normal measurements in groups: complete pooling, no pooling, and the model between them.

The model, for row i in group j (a house in a county):

    y_i = alpha_j + x_i' beta + error,        error ~ Normal(0, sigma_y^2)
    alpha_j = gamma_0 + u_j' gamma + eta_j,   eta_j ~ Normal(0, sigma_alpha^2)

A fit needs of the rows only a table of sums per group (`group_sums`); given the ratio
sigma_alpha^2 / sigma_y^2, everything else has a formula (Bates et al., 2015, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from helpers._validate import labels, refuse, vector


def series(values, groups, name):
    """Make a pandas Series by group."""
    import pandas as pd

    return pd.Series(values, index=pd.Index(groups, name="group", tupleize_cols=False), name=name)


def columns_of(name, table, rows, letter="x"):
    """Return column names and a list of float columns, each of `rows` finite entries."""
    if table is None:
        return (), []
    if hasattr(table, "columns"):
        names = tuple(map(str, table.columns))
        columns = [table.iloc[:, at] for at in range(len(names))]
    elif hasattr(table, "to_numpy"):  # a Series
        names, columns = (f"{letter}1" if table.name is None else str(table.name),), [table]
    else:
        array = np.asarray(table)
        columns = list(array.reshape(len(array), -1).T) if array.size else []
        names = tuple(f"{letter}{at + 1}" for at in range(len(columns)))
    columns = [vector(f"{name}[{at!r}]", column) for at, column in zip(names, columns, strict=True)]
    for column in columns:
        if column.size != rows:
            raise ValueError(
                f"y and {name}: equal lengths are wanted; y has {rows}, {name} has {column.size}"
            )
    return names, columns


@dataclass(frozen=True)
class GroupSums:
    """The sums per group that a fit needs, all about one common `centre`."""

    groups: np.ndarray  # (J,) labels
    n: np.ndarray  # (J,) rows
    sums: np.ndarray  # (J, k + 1) sums of X's columns and, last, of y, each less its centre
    cross: np.ndarray  # (J, k + 1, k + 1) sums of their products
    centre: np.ndarray  # (k + 1,)
    names: tuple[str, ...]  # the k columns of X

    @classmethod
    def from_table(cls, table, *, y="y", X=(), centre=None) -> GroupSums:
        """Read a table that a database made with GROUP BY.

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
        pairs = [
            [f"{a}*{b}" if f"{a}*{b}" in table.columns else f"{b}*{a}" for b in names]
            for a in names
        ]
        cross = np.array([[table[pair].to_numpy(float) for pair in row] for row in pairs])
        at = np.array([(centre or {}).get(name, 0.0) for name in names])
        return cls(
            np.asarray(table.index),
            table["n"].to_numpy(float),
            table[names].to_numpy(float),
            np.moveaxis(cross, 2, 0),
            at,
            tuple(X),
        )

    def table(self, y="y"):
        """Return the sums as the DataFrame that `from_table` reads; parts of one centre add up."""
        import pandas as pd

        names = [*self.names, y]
        columns = {"n": self.n, **dict(zip(names, self.sums.T, strict=True))}
        for a, left in enumerate(names):
            for b in range(a + 1):
                columns[f"{left}*{names[b]}"] = self.cross[:, a, b]
        return pd.DataFrame(columns, index=pd.Index(self.groups, tupleize_cols=False))

    @property
    def means(self):
        """Each group's means about the centre, shape (J, k + 1); 0 for a group without rows."""
        return self.sums / np.maximum(self.n, 1)[:, None]

    @property
    def within(self):
        """Cross-products about the groups' own means, all groups together."""
        return self.cross.sum(axis=0) - self.sums.T @ self.means


def group_sums(y, group, X=None, *, centre=None) -> GroupSums:
    """Sum rows by group, about `centre` (of X's columns, then y) or else the grand means.

    Parameters
    ----------
    y : array_like, shape (N,)
    group : array_like, shape (N,)
        Any hashable labels.
    X : DataFrame or array_like, shape (N, k), optional
        Predictors of the rows, without the intercept.
    """
    y = vector("y", y)
    names, columns = columns_of("X", X, y.size)
    groups, codes = labels(group, y.size)
    if centre is None:
        centre = [column.mean() for column in (*columns, y)]
    centre = np.array(centre, float)
    moved = [column - c for column, c in zip((*columns, y), centre, strict=True)]
    total = lambda values: np.bincount(codes, values, minlength=groups.size)  # noqa: E731
    cross = np.empty((groups.size, len(moved), len(moved)))
    for a, left in enumerate(moved):
        for b in range(a + 1):
            cross[:, a, b] = cross[:, b, a] = total(left * moved[b])
    sums = np.column_stack([total(column) for column in moved])
    return GroupSums(groups, total(None), sums, cross, centre, names)


def group_table(table, group):
    """Return group predictors, given by row or by group, as a DataFrame indexed by group."""
    import pandas as pd

    groups, codes = labels(group)
    keyed = isinstance(table, pd.Series | pd.DataFrame)
    alone = groups.size == codes.size  # then the index says which is meant
    if keyed and (len(table) != codes.size or (alone and set(table.index) == set(groups.tolist()))):
        return table
    names, columns = columns_of("group_predictors", table, codes.size, "u")
    first = np.unique(codes, return_index=True)[1]
    for name, column in zip(names, columns, strict=True):
        odd = column != column[first][codes]
        if odd.any():
            raise ValueError(
                f"group_predictors[{name!r}]: it must be constant within a group; "
                f"group {groups.tolist()[codes[np.argmax(odd)]]!r} has several values"
            )
    values = {name: column[first] for name, column in zip(names, columns, strict=True)}
    return pd.DataFrame(values, index=pd.Index(groups, tupleize_cols=False))


def _at_groups(table, groups):
    """Return names and values (J, q) of a pandas object indexed by group."""
    import pandas as pd

    if table is None:
        return (), np.empty((groups.size, 0))
    names, columns = columns_of("group_predictors", table, len(table), "u")
    at = table.index.get_indexer(pd.Index(groups, tupleize_cols=False))
    if (at < 0).any():
        raise ValueError(
            f"group_predictors: group {groups.tolist()[np.argmax(at < 0)]!r} has no value"
        )
    return names, np.column_stack([column[at] for column in columns])


def full_rank(cross, total, n, centre, names, others):
    """Raise if a column is (almost) a combination of `others` and those before it, and name it."""
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

    def __init__(self, sums: GroupSums, group_predictors=None):
        names, predictors = _at_groups(group_predictors, sums.groups)
        self.groups, self.n, self.k = sums.groups, sums.n, len(sums.names)
        self.names = ("intercept", *sums.names, *names)
        self.p, self.rows = len(self.names), sums.n.sum()
        filled, k = (sums.n > 0).sum(), self.k
        if filled <= len(names) + 1:
            raise ValueError(
                f"group: more than {len(names) + 1} groups with rows are wanted for {len(names)} "
                f"group predictor(s); got {filled}"
            )
        if self.rows - k - filled < 1:
            raise ValueError(
                "group: too few rows in groups of two or more to tell sigma_y from sigma_alpha"
            )
        middle = sums.n @ predictors / self.rows
        self.origin = np.r_[0.0, sums.centre[:k], middle, sums.centre[k]]
        self.means = np.column_stack(
            [np.ones(sums.n.size), sums.means[:, :k], predictors - middle, sums.means[:, k]]
        )
        self.within = np.zeros((self.p + 1, self.p + 1))
        moving = np.r_[1 : 1 + k, self.p]
        self.within[np.ix_(moving, moving)] = sums.within
        total = (self.within + (sums.n[:, None] * self.means).T @ self.means)[1:, 1:]
        total -= np.outer(*[sums.n @ self.means[:, 1:]] * 2) / self.rows
        full_rank(total, total, self.rows, self.origin[1:], self.names[1:], "the intercept")
        if self.within[-1, -1] <= 1e-15 * total[-1, -1] + 1e-30 * self.rows * self.origin[-1] ** 2:
            raise ValueError("y: it does not vary within groups, so sigma_y cannot be estimated")
        self.sizes, which = np.unique(sums.n, return_inverse=True)
        self.groups_of_size = np.bincount(which)
        outer = (self.means[:, :, None] * self.means[:, None, :]).reshape(sums.n.size, -1)
        self.outer = np.zeros((self.sizes.size, outer.shape[1]))
        for at, column in enumerate(outer.T):
            self.outer[:, at] = np.bincount(which, column)

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

    def deviance(self, ratio, method):
        """-2 log (restricted) likelihood at each `ratio` (G,), all else at its best."""
        _, rss, inverse = self.solve(ratio)
        freedom = self.rows - (self.p if method == "reml" else 0)
        value = freedom * (1 + np.log(2 * np.pi * rss / freedom)) + self.log_volume(ratio)
        return value - np.linalg.slogdet(inverse)[1] if method == "reml" else value

    def slope(self, ratio, method):
        """Slope of the deviance: M = [Z, y]'V⁻¹[Z, y], and the last entry of M⁻¹ is 1 / rss."""
        inverse = np.linalg.inv(self.forms(ratio) + self.within)
        outer, last = self.forms(ratio, 2), inverse[:, :, -1:]
        log_rss = -((outer @ last) * last).sum(axis=(1, 2)) / last[:, -1, 0]
        volume = (self.sizes / (1 + ratio[:, None] * self.sizes)) @ self.groups_of_size
        if method == "ml":
            return volume + self.rows * log_rss
        return volume + (self.rows - self.p - 1) * log_rss - (inverse * outer).sum(axis=(1, 2))

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

    def best_ratio(self, method):
        """Find the ratio of least deviance; 0 is legal. There may be two valleys."""
        grid = np.r_[0, np.geomspace(1e-4 / self.sizes[-1], 1e6, 45)]
        slope = self.slope(grid, method)
        if slope[-1] < 0:
            raise ValueError("y: it hardly varies within groups, so sigma_y cannot be estimated")
        valleys = [0.0] if slope[0] >= 0 else []
        for at in np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0)):
            root = brentq(lambda r: self.slope(np.array([r]), method)[0], *grid[at : at + 2],
                          xtol=1e-15, rtol=1e-12)  # fmt: skip
            valleys.append(root)
        return float(min(valleys, key=lambda r: self.deviance(np.array([r]), method)[0]))


@dataclass(frozen=True)
class Fit:
    """A fit by least squares: complete pooling, or no pooling with its intercepts by group."""

    names: tuple[str, ...]
    coefficients: np.ndarray  # in the order of the names
    standard_errors: np.ndarray
    sigma_y: float  # residual sd, with rows less coefficients in the denominator
    covariance: np.ndarray = field(repr=False)
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
        if self.groups is not None and not isinstance(self, MultilevelFit):
            lines.insert(0, f"{self.groups.size} intercepts, one for each group")
        return "\n".join([*lines, self._spread()])

    def _spread(self):
        return f"sigma_y {self.sigma_y:.3f}"


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
    design_means: np.ndarray = field(default=None, repr=False)  # (J, p)
    row_predictors: int = field(default=0, repr=False)

    def _spread(self):
        return (
            f"sigma_alpha {self.sigma_alpha:.3f}, sigma_y {self.sigma_y:.3f}, prior sample size "
            f"{self.prior_sample_size:.1f}; {self.method} deviance {self.deviance:.1f}"
        )

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
        k, p = self.row_predictors, self.coefficients.size
        rows = self._given("X", X, self.names[1 : 1 + k])
        if group is None:
            level = self._given("group_predictors", group_predictors, self.names[1 + k :])
            size = max(len(rows), len(level)) if k and p > 1 + k else len(rows if k else level)
            at = np.ones((size, p))
            at[:, 1 : 1 + k], at[:, 1 + k :] = rows, level
            variance = ((at @ self.covariance) * at).sum(axis=1) + self.sigma_alpha**2
            mean, sd = at @ self.coefficients, np.sqrt(variance)
        else:
            if group_predictors is not None:
                raise ValueError("group_predictors: a seen group has its own; leave them out")
            member = self._positions(group)
            size = max(member.size, len(rows))
            if not {member.size, len(rows)} <= {1, size}:
                raise ValueError(
                    f"X and group: equal lengths are wanted; X has {len(rows)}, "
                    f"group has {member.size}"
                )
            member = np.broadcast_to(member, size)
            at = np.ones((size, p))
            at[:, 1 : 1 + k], at[:, 1 + k :] = rows, self.design_means[member, 1 + k :]
            mean = self.intercept_values[member] + rows @ self.coefficients[1 : 1 + k]
            weight = self.weight(self.n[member])
            move = at - weight[:, None] * self.design_means[member]
            variance = ((move @ self.covariance) * move).sum(axis=1)
            sd = np.sqrt(variance + (1 - weight) * self.sigma_alpha**2)
        return Prediction(mean, sd, np.hypot(sd, self.sigma_y))

    def _positions(self, group):
        place = {label: at for at, label in enumerate(self.groups.tolist())}
        try:
            labels = [group] if isinstance(group, str) or group in place else list(group)
        except TypeError:  # a list or an array of labels
            labels = list(group)
        for at, label in enumerate(labels):
            if label not in place:
                raise ValueError(
                    f"group: entry {at} is {label!r}, which the fit has not seen; "
                    "for a new group leave `group` out"
                )
        return np.array([place[label] for label in labels])

    def _given(self, name, values, names):
        """Return predictors asked for as an array of shape (rows, columns)."""
        if (values is None) != (not names):
            raise ValueError(f"{name}: the fit had {len(names)} column(s); give as many")
        if values is None:
            return np.empty((1, 0))
        if hasattr(values, "columns"):
            values = values.rename(columns=str)[list(names)]
        array = np.asarray(values, float)
        if array.ndim < 2:
            array = array.reshape(-1, 1) if len(names) == 1 else array.reshape(1, -1)
        if array.shape[1] != len(names):
            wanted = (len(array), len(names))
            raise ValueError(f"{name}: shape {wanted} is wanted; got {array.shape}")
        refuse(name, "every entry must be finite", ~np.isfinite(array), array)
        return array


def _least_squares(cross):
    """Return slopes, residual sum of squares and inverse from cross-products of [X, y]."""
    inverse = np.linalg.inv(cross[:-1, :-1])
    slopes = inverse @ cross[:-1, -1]
    return slopes, max(cross[-1, -1] - cross[:-1, -1] @ slopes, 0.0), inverse


def complete_pooling(y, X=None) -> Fit:
    """Least squares for all rows together; without `X` (N, k) the fit is the mean."""
    sums = group_sums(y, np.zeros(np.size(y), int), X)
    names, n, mean = ("intercept", *sums.names), sums.n[0], sums.centre
    if n <= len(names):
        raise ValueError(f"y: more than {len(names)} rows are wanted; got {n:.0f}")
    full_rank(sums.within, sums.within, n, mean, sums.names, "the intercept")
    slopes, rss, unscaled = _least_squares(sums.within)
    back = -unscaled @ mean[:-1]  # the intercept is y-mean - x-mean' slopes
    corner = 1 / n - back @ mean[:-1]
    covariance = np.block([[np.array([[corner]]), back[None]], [back[:, None], unscaled]])
    covariance *= rss / (n - len(names))
    return Fit(
        names,
        np.r_[mean[-1] - mean[:-1] @ slopes, slopes],
        np.sqrt(np.diag(covariance)),
        float(np.sqrt(rss / (n - len(names)))),
        covariance,
        float(n * (1 + np.log(2 * np.pi * rss / n))) if rss > 0 else -np.inf,
    )


def no_pooling(y, group, X=None) -> Fit:
    """Least squares with an intercept of its own for every group, and slopes in common."""
    sums = group_sums(y, group, X)
    freedom = sums.n.sum() - sums.n.size - len(sums.names)
    if freedom < 1:
        raise ValueError("group: too few rows to estimate an intercept for every group")
    grand = sums.sums.sum(axis=0)
    total = sums.cross.sum(axis=0) - np.outer(grand, grand) / sums.n.sum()
    full_rank(sums.within, total, sums.n.sum(), sums.centre, sums.names, "the groups' intercepts")
    slopes, rss, unscaled = _least_squares(sums.within)
    covariance = unscaled * rss / freedom
    means = sums.means + sums.centre
    x = means[:, :-1]
    variance = rss / freedom / sums.n + ((x @ covariance) * x).sum(axis=1)
    return Fit(
        sums.names,
        slopes,
        np.sqrt(np.diag(covariance)),
        float(np.sqrt(rss / freedom)),
        covariance,
        groups=sums.groups,
        intercept_values=means[:, -1] - x @ slopes,
        intercept_errors=np.sqrt(variance),
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
    if group_predictors is not None:
        group_predictors = group_table(group_predictors, group)
    return fit_sums(group_sums(y, group, X), group_predictors=group_predictors, method=method)


def fit_sums(sums: GroupSums, *, group_predictors=None, method="reml") -> MultilevelFit:
    """Fit as `partial_pooling` does, from sums per group; group predictors indexed by group."""
    return fit_at(None, sums, group_predictors=group_predictors, method=method)


def fit_at(sigma_ratio, sums: GroupSums, *, group_predictors=None, method="reml"):
    """Fit as `fit_sums` does, with sigma_alpha / sigma_y held at `sigma_ratio` >= 0."""
    profile = _profile(sums, group_predictors, method)
    at = np.array([profile.best_ratio(method) if sigma_ratio is None else sigma_ratio**2], float)
    coefficients, rss, inverse = profile.solve(at)
    variance = rss / (profile.rows - (profile.p if method == "reml" else 0))
    coefficients, covariance = profile.back(coefficients, variance * inverse)
    values, variances = profile.intercepts(at, coefficients, covariance, np.sqrt(variance))
    return MultilevelFit(
        profile.names,
        coefficients[0],
        np.sqrt(np.diag(covariance[0])),
        float(np.sqrt(variance[0])),
        covariance[0],
        float(profile.deviance(at, method)[0]),
        sums.groups,
        values[0],
        np.sqrt(variances[0]),
        float(np.sqrt(at[0] * variance[0])),
        method,
        sums.n,
        profile.means[:, :-1] + profile.origin[:-1],
        profile.k,
    )


def profile_deviance(sigma_ratio, sums: GroupSums, *, group_predictors=None, method="reml"):
    """Deviance at each sigma_alpha / sigma_y (G,), all else at its best: the curve to minimise."""
    profile = _profile(sums, group_predictors, method)
    return profile.deviance(np.square(vector("sigma_ratio", sigma_ratio)), method)


def _profile(sums, group_predictors, method):
    if method not in ("reml", "ml"):
        raise ValueError(f'method: "reml" or "ml" is wanted; got {method!r}')
    if hasattr(group_predictors, "to_frame") and not hasattr(group_predictors, "columns"):
        name = "u1" if group_predictors.name is None else group_predictors.name
        group_predictors = group_predictors.to_frame(name)
    return Profile(sums, group_predictors)


def three_poolings(y, group) -> dict:
    """Each group's level by name of the pooling: arrays (estimate, sd), shape (2, J)."""
    own, both, one = no_pooling(y, group), partial_pooling(y, group), complete_pooling(y)
    level = np.r_[one.coefficients[:1], one.standard_errors[:1]]
    return {
        "no pooling": np.array([own.intercepts, own.intercept_sd]),
        "complete pooling": np.outer(level, np.ones(len(own.intercepts))),
        "partial pooling": np.array([both.intercepts, both.intercept_sd]),
    }


def leave_out_errors(
    y, group, X=None, *, sigma_ratio, group_predictors=None, whole_groups=False
) -> np.ndarray:
    """Errors (N,) of predicting each row from the others, exact, without refitting N times.

    Each row (or, with `whole_groups`, each group) is left out of the coefficients and of its
    group's intercept; `sigma_ratio` = sigma_alpha / sigma_y is held.
    """
    ratio = sigma_ratio**2
    if group_predictors is not None:
        group_predictors = group_table(group_predictors, group)
    profile = _profile(group_sums(y, group, X), group_predictors, "reml")
    codes, n, p = labels(group)[1], profile.n, profile.p
    design = profile.means[codes, :-1]
    for at, column in enumerate(columns_of("X", X, codes.size)[1]):
        design[:, 1 + at] = column - profile.origin[1 + at]
    (coefficients,), _, (inverse,) = profile.solve(np.array([ratio]))
    residual = vector("y", y) - profile.origin[-1] - design @ coefficients

    def weighed(values):  # V⁻¹ times a column, up to sigma_y^2
        return values - (np.bincount(codes, values) * ratio / (1 + n * ratio))[codes]

    left = np.column_stack([weighed(column) for column in design.T])
    if not whole_groups:
        own = 1 - (ratio / (1 + n * ratio))[codes] - ((left @ inverse) * left).sum(axis=1)
        return weighed(residual) / own
    pairs = [np.bincount(codes, design[:, a] * left[:, b]) for a in range(p) for b in range(p)]
    pull = np.column_stack([np.bincount(codes, c * residual) for c in left.T])
    others = np.linalg.inv(inverse) - np.column_stack(pairs).reshape(-1, p, p)
    moved = np.linalg.solve(others, pull[..., None])[..., 0]
    return residual + (design * moved[codes]).sum(axis=1)
