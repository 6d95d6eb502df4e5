"""The likelihood of the two-level model, from sums per group: see `helpers.multilevel`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers._validate import labels, refuse, same_length, vector


def series(groups, **values):
    """Return a Series by group for each name; a tuple is one label."""
    import pandas as pd

    index = pd.Index(groups, name="group", tupleize_cols=False)
    return {name: pd.Series(array, index=index, name=name) for name, array in values.items()}


def columns_of(name, table, letter="x"):
    """Return names and float columns of a DataFrame, a Series or an array, one row a row."""
    if table is None:
        return (), []
    if hasattr(table, "columns"):
        names, columns = tuple(map(str, table.columns)), [table[at] for at in table.columns]
    else:
        array, own = np.asarray(table), getattr(table, "name", None)
        columns = array.reshape(len(array), -1).T
        names = tuple(own or f"{letter}{k + 1}" for k in range(len(columns)))
    pairs = zip(names, columns, strict=True)
    return names, [vector(f"{name}[{at!r}]", column) for at, column in pairs]


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
    def from_table(cls, table, *, y="y", X=(), group=None, centre=None) -> GroupSums:
        """Read a table that GROUP BY made: in a database, in Polars, in Dask, in pandas.

        Parameters
        ----------
        table : DataFrame of pandas or Polars, or Arrow table
            Columns `n` = COUNT(*), `a` = SUM(a - c_a) for y and each name in `X`, and `a*b` =
            SUM((a - c_a) * (b - c_b)) for each pair, in either order, a = b included. Several
            rows of one group are added: tables of parts may stand one below the other.
        y : str
        X : sequence of str
        group : str, optional
            The column of labels; the index if left out.
        centre : mapping, optional
            c by name: any number near the column's mean, the same in all groups; 0 if left out.

        Raises
        ------
        ValueError
            If no rows can have a group's sums (an overflow, two centres), or if values lie so far
            from their centre that fewer than six digits of their variance are left.
        """
        names, centre = [*X, y], centre or {}
        for name in centre:
            if name not in names:
                raise ValueError(f"centre: {name!r} is neither y nor in X")
        held = list(getattr(table, "column_names", table.columns))  # the first is Arrow's
        groups, codes = labels(np.asarray(table.index if group is None else table[group]))
        add = lambda name: np.bincount(codes, vector(name, np.asarray(table[name])))  # noqa: E731
        pair = lambda a, b: f"{a}*{b}" if f"{a}*{b}" in held else f"{b}*{a}"  # noqa: E731
        n, sums = add("n"), np.column_stack([add(name) for name in names])
        means = sums / np.maximum(n, 1)[:, None]
        grand = sums.sum(axis=0) / n.sum()
        within = np.empty((len(names), len(names)))
        for i, a in enumerate(names):
            squares, least = add(pair(a, a)), sums[:, i] * means[:, i]
            rule = "no rows have these sums: an overflow, or two centres"
            refuse(pair(a, a), rule, squares < (1 - 1e-6) * least, squares)
            if squares.sum() - n.sum() * grand[i] ** 2 < 1e-10 * squares.sum():
                rule = f"sum {a} less a number near its mean, and give it as centre"
                raise ValueError(f"{a}: it lies too far from its centre; {rule}")
            for j, b in enumerate(names[: i + 1]):
                products = add(pair(a, b)) - sums[:, i] * means[:, j]
                within[i, j] = within[j, i] = products.sum()
        given = np.array([centre.get(name, 0.0) for name in names])
        return cls(groups, n, means - grand, within, given + grand, tuple(X))


def group_sums(y, group, X=None) -> GroupSums:
    """Sum rows by group: y (N,), labels (N,) of any hashable kind, and predictors X (N, k)."""
    y = vector("y", y)
    names, columns = columns_of("X", X)
    for column in columns:
        same_length(y=y, X=column)
    groups, codes = labels(group, y.size)
    n = np.bincount(codes).astype(float)
    columns = [*columns, y]
    centre = np.array([column.mean() for column in columns])
    rows = [column - middle for column, middle in zip(columns, centre, strict=True)]
    means = [np.bincount(codes, row) / n for row in rows]
    within = 0.0
    for start in range(0, y.size, 50_000):  # so many rows at a time
        part = slice(start, start + 50_000)
        left = np.array([row[part] - means[k][codes[part]] for k, row in enumerate(rows)])
        within = within + left @ left.T
    means = np.array(means).T
    return GroupSums(groups, n, means, within, centre, names, codes)


def group_values(table, sums):
    """Return names and values (J, q) of predictors given by row, or by group in their index."""
    names, columns = columns_of("group_predictors", table, "u")
    if not columns:
        return (), np.empty((sums.n.size, 0))
    values = np.column_stack(columns)
    if sums.codes is not None and len(values) == sums.codes.size:
        own = values[np.unique(sums.codes, return_index=True)[1]]
        odd = np.argwhere(values != own[sums.codes])
        if odd.size:
            label, name = sums.groups.tolist()[sums.codes[odd[0, 0]]], names[odd[0, 1]]
            rule = f"it must be constant within a group; group {label!r} has several values"
            raise ValueError(f"group_predictors[{name!r}]: {rule}")
        return names, own
    import pandas as pd

    if not isinstance(table, pd.Series | pd.DataFrame):
        raise ValueError("group_predictors: one value a row, or a Series by group, is wanted")
    at = table.index.get_indexer(pd.Index(sums.groups, tupleize_cols=False))
    if (at < 0).any():
        label = sums.groups.tolist()[np.argmax(at < 0)]
        raise ValueError(f"group_predictors: group {label!r} has no value")
    return names, values[at]


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
    of equal size are added up before the search starts. All is about the centre, `origin`.
    """

    def __init__(self, sums: GroupSums, group_predictors=None, method="reml"):
        if method not in ("reml", "ml"):
            raise ValueError(f'method: "reml" or "ml" is wanted; got {method!r}')
        names, u = group_values(group_predictors, sums)
        self.sums, self.n, self.k, self.method = sums, sums.n, len(sums.names), method
        self.names = ("intercept", *sums.names, *names)
        self.p, self.rows, filled = len(self.names), sums.n.sum(), np.count_nonzero(sums.n)
        self.freedom = self.rows - (self.p if method == "reml" else 0)
        if filled <= len(names) + 1:
            raise ValueError(f"group: more than {len(names) + 1} groups are wanted; got {filled}")
        if self.rows - self.k - filled < 1:
            raise ValueError(
                "group: too few rows in groups of two or more to tell sigma_y from sigma_alpha"
            )
        x, y, middle = sums.means[:, :-1], sums.means[:, -1], sums.n @ u / self.rows
        self.means = np.column_stack([np.ones(sums.n.size), x, u - middle, y])
        self.origin = np.r_[0.0, sums.centre[:-1], middle, sums.centre[-1]]
        self.within = np.zeros((self.p + 1, self.p + 1))
        moving = np.r_[1 : 1 + self.k, self.p]
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
        off = np.ones((ratio.size, 1, self.p + 1))
        off[:, 0, :-1] = -coefficients
        value = (self.sizes / (1 + ratio[:, None] * self.sizes)) @ self.groups_of_size
        value -= self.freedom * (off @ outer * off).sum(axis=(1, 2)) / rss
        if self.method == "reml":
            value -= (inverse * outer[:, :-1, :-1]).sum(axis=(1, 2))
        return value

    def best_ratio(self):
        """Find the ratio of least deviance; 0 is legal. There may be two valleys."""
        grid = np.r_[0, np.exp(np.linspace(np.log(1e-4 / self.sizes[-1]), np.log(1e6), 45))]
        slope = self.slope(grid)
        if slope[-1] < 0:
            raise ValueError("y: it hardly varies within groups, so sigma_y cannot be estimated")
        valleys = [0.0] if slope[0] >= 0 else []
        for at in np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0)):
            low, high = grid[at], grid[at + 1]
            for _ in range(2):  # 50 times nearer each time
                fine = low + (high - low) * np.arange(51) / 50
                steep = self.slope(fine)
                near = max(int(np.argmax(steep >= 0)), 1)
                low, high = fine[near - 1], fine[near]
            # then the parabola through three points, read where the slope is 0
            some = slice(near - 1, near + 2) if near < 50 else slice(48, 51)
            x, (a, b, c) = fine[some], steep[some]
            share = b * c / (a - b) / (a - c), a * c / (b - a) / (b - c), a * b / (c - a) / (c - b)
            valleys.append(max(float(x @ share), 0.0))
        if len(valleys) == 1:
            return valleys[0]
        return valleys[int(np.argmin(self.deviance(np.array(valleys))))]

    def back(self, coefficients, covariance):
        """Coefficients (G, p) and covariances with the centre undone: the intercept moves."""
        turn = np.eye(self.p)
        turn[0, 1:] = -self.origin[1:-1]
        coefficients = coefficients @ turn.T
        coefficients[:, 0] += self.origin[-1]
        return coefficients, turn @ covariance @ turn.T

    def group_rows(self):
        """Return mean rows (J, p + 1), y last, and the design (J, p) at X = 0; no centre is off."""
        means = self.means + self.origin
        design = means[:, :-1].copy()
        design[:, 1 : 1 + self.k] = 0
        return means, design


def levels(at, weight, means, coefficients, covariance, sigma_alpha):
    """Mean and sd of groups' levels at design rows `at` (M, p): Henderson (1975).

    The weight goes to how far the group's mean of y lies from the line at its mean design row.
    """
    move = at - weight[:, None] * means[:, :-1]  # what is left to the coefficients
    variance = ((move @ covariance) * move).sum(axis=1) + (1 - weight) * sigma_alpha**2
    return move @ coefficients + weight * means[:, -1], np.sqrt(variance)
