"""Read rows in groups: labels, columns, and the few sums that every two-level fit needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers._validate import real, vector


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
        names, columns = table_columns("X", X, y.size)
        groups, codes = label_codes(group, y.size)
        n = np.bincount(codes, minlength=groups.size).astype(float)
        means = np.empty((groups.size, len(columns) + 1))
        deviations = []
        for k, column in enumerate([*columns, y]):
            mean = np.bincount(codes, column, minlength=groups.size) / n
            means[:, k] = mean
            deviation = mean[codes]
            deviations.append(np.subtract(column, deviation, out=deviation))
        within = np.array([[a @ b for b in deviations] for a in deviations])
        return cls(groups, n, means, within, names)

    def __add__(self, other: GroupSummary) -> GroupSummary:
        """Summary of both sets of rows; a group may have rows in either or in both."""
        if not isinstance(other, GroupSummary):
            return NotImplemented
        if self.names != other.names:
            raise ValueError(f"names: equal columns are wanted; {self.names} and {other.names}")
        groups, codes = label_codes(np.concatenate([self.groups, other.groups]))
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


def series(values, groups, name):
    """Make a pandas Series by group."""
    import pandas as pd

    return pd.Series(values, index=pd.Index(groups, name="group", tupleize_cols=False), name=name)


def label_codes(group, rows=None):
    """Return the labels, sorted where they can be, and each row's position among them."""
    import pandas as pd

    if not isinstance(group, np.ndarray | pd.Series | pd.Index):
        if isinstance(group, str) or not np.iterable(group):
            raise TypeError(f"group: one label per row is wanted; got {group!r:.80}")
        labels = group if isinstance(group, pd.api.extensions.ExtensionArray) else list(group)
        group = pd.Index(labels, tupleize_cols=False)
    if group.ndim != 1:
        raise ValueError(f"group: one label per row is wanted; got shape {group.shape}")
    if rows is not None and len(group) != rows:
        raise ValueError(
            f"y and group: equal lengths are wanted; y has {rows}, group has {len(group)}"
        )
    try:
        codes, labels = pd.factorize(group)
    except TypeError:
        raise TypeError("group: labels must be hashable; a list or a dict is none") from None
    if (codes < 0).any():
        raise ValueError(f"group: a label is missing at entry {int(np.argmax(codes < 0))}")
    labels = np.asarray(labels)
    try:
        order = np.argsort(labels, kind="stable")
    except TypeError:  # labels of several kinds: leave them as they come
        return labels, codes
    if (order == np.arange(order.size)).all():  # they came sorted
        return labels, codes
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return labels[order], rank[codes]


def table_columns(name, table, rows):
    """Return column names and a list of float columns, each of `rows` finite entries."""
    if table is None:
        return (), []
    if hasattr(table, "columns"):
        names = tuple(str(column) for column in table.columns)
        columns = [table.iloc[:, at] for at in range(len(names))]
    elif hasattr(table, "to_numpy"):  # a Series
        names, columns = (str(table.name) if table.name is not None else "x1",), [table]
    else:
        empty = isinstance(table, np.ndarray) and not table.size  # no columns: no predictors
        array = table if empty else real(name, table, bools=True)
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


def by_group(table, group):
    """Return the group predictors as a DataFrame indexed by group."""
    import pandas as pd

    groups, codes = label_codes(group)
    keyed = isinstance(table, pd.Series | pd.DataFrame)
    if keyed and len(table) != codes.size:
        return table
    if keyed and groups.size == codes.size and set(table.index) == set(groups.tolist()):
        return table
    names, columns = table_columns("group_predictors", table, codes.size)
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


def at_groups(table, groups):
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
    names, columns = table_columns("group_predictors", table, len(table))
    return names, np.column_stack([column[at] for column in columns])


def least_of_own(within, n, means) -> np.ndarray:
    """Sum of squares that each column must have left to count as having anything of its own.

    1e-10 of its variation about the grand mean, and more than rounding makes of a constant.
    """
    grand = n @ means / n.sum()
    centred = np.diag(within) + n @ (means - grand) ** 2
    return 1e-10 * centred + 1e-24 * n.sum() * grand**2 + np.finfo(float).tiny


def full_rank(cross, least, names, others):
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
