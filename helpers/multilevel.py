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

from helpers._grouped import (
    GroupSummary,
    by_group,
    full_rank,
    label_codes,
    least_of_own,
    series,
    table_columns,
)
from helpers._profile import Profile
from helpers._two_level_bayes import (
    SPREAD_PRIORS,
    TwoLevelDraws,
    TwoLevelPosterior,
    gibbs,
    posterior_grid,
)
from helpers._validate import all_finite, not_negative, same_length, single, vector

__all__ = [
    "SPREAD_PRIORS",
    "GroupSummary",
    "MultilevelFit",
    "NoPoolingFit",
    "Prediction",
    "RegressionFit",
    "TwoLevelDraws",
    "TwoLevelPosterior",
    "complete_pooling",
    "fit_at",
    "fit_summary",
    "gibbs",
    "leave_out_errors",
    "no_pooling",
    "partial_pooling",
    "posterior_grid",
    "profile_deviance",
    "three_poolings",
]


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

    def __str__(self) -> str:
        """Coefficients with their standard errors, and the spread."""
        return f"{_table(self)}\nsigma_y {self.sigma_y:.3f}"


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
        return series(self.intercept_values, self.groups, "intercept")

    @cached_property
    def intercept_sd(self):
        """Their standard errors, a pandas Series by group."""
        return series(self.intercept_errors, self.groups, "intercept_sd")

    def __str__(self) -> str:
        """Slopes with their standard errors, the number of intercepts, and the spread."""
        lines = [f"{self.n.size} intercepts, one for each group", *_table(self).splitlines()]
        return "\n".join([*lines, f"sigma_y {self.sigma_y:.3f}"])


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
    intercept_errors: np.ndarray = field(repr=False)  # (J,)
    row_predictors: int = field(repr=False)  # how many columns X had

    def __str__(self) -> str:
        """Coefficients with their standard errors, the two spreads, n0 and the deviance."""
        spreads = f"sigma_alpha {self.sigma_alpha:.3f}, sigma_y {self.sigma_y:.3f}"
        prior = f"prior sample size {self.prior_sample_size:.1f}"
        return f"{_table(self)}\n{spreads}, {prior}; {self.method} deviance {self.deviance:.1f}"

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
        n = not_negative("n", n)
        return n / (n + self.prior_sample_size)

    @cached_property
    def intercepts(self):
        """Each group's intercept, partially pooled, a pandas Series by group.

        First coefficient + the group predictors' part + the group's deviation.
        """
        return series(self.intercept_values, self.groups, "intercept")

    @cached_property
    def intercept_sd(self):
        """Sd of each intercept given the sigmas, coefficient uncertainty included (Series)."""
        return series(self.intercept_errors, self.groups, "intercept_sd")

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
        if not (X is None or hasattr(X, "columns")):
            X = all_finite("X", X)
        if not (group_predictors is None or hasattr(group_predictors, "columns")):
            group_predictors = all_finite("group_predictors", group_predictors)
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
        if not labels:
            raise ValueError("group: at least one label is wanted; got none")
        for at, label in enumerate(labels):
            if not _is_label(label, place):
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
        array = all_finite(name, values)
        if array.ndim < 2:
            array = array.reshape(-1, wanted) if array.size % wanted == 0 else array.reshape(1, -1)
        if array.ndim > 2 or array.shape[1] != wanted or array.shape[0] not in (1, rows):
            raise ValueError(f"{name}: shape ({rows}, {wanted}) is wanted; got {array.shape}")
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
    least = least_of_own(summary.within, summary.n, summary.means)
    full_rank(summary.within, least, summary.names, "the intercept")
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
    least = least_of_own(summary.within, summary.n, summary.means)
    full_rank(summary.within, least, summary.names, "the groups' intercepts")
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
        group_predictors = by_group(group_predictors, group)
    return fit_summary(
        GroupSummary.from_rows(y, group, X), group_predictors=group_predictors, method=method
    )


def three_poolings(y, group) -> dict:
    """Each group's level and its standard error under the three poolings, without predictors.

    Returns
    -------
    dict
        "none", "complete" and "partial", each an array of shape (2, J): estimates and their sds.
    """
    own, both, one = no_pooling(y, group), partial_pooling(y, group), complete_pooling(y)
    return {
        "none": np.array([own.intercept_values, own.intercept_errors]),
        "complete": np.outer([one.coefficients[0], one.standard_errors[0]], np.ones(own.n.size)),
        "partial": np.array([both.intercept_values, both.intercept_errors]),
    }


def fit_summary(summary: GroupSummary, *, group_predictors=None, method="reml") -> MultilevelFit:
    """Fit as `partial_pooling` does, from a `GroupSummary` instead of rows.

    `group_predictors` is a pandas Series or DataFrame indexed by group.
    """
    _known(method)
    profile = Profile(summary, group_predictors)
    return _fit(profile, profile.best_ratio(method), method)


def fit_at(sigma_ratio, summary: GroupSummary, *, group_predictors=None, method="reml"):
    """Fit as `fit_summary` does, with sigma_alpha / sigma_y held at `sigma_ratio` >= 0."""
    _known(method)
    ratio = single("sigma_ratio", sigma_ratio, not_negative) ** 2
    return _fit(Profile(summary, group_predictors), ratio, method)


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
    _known(method)
    ratio = not_negative("sigma_ratio", vector("sigma_ratio", sigma_ratio)) ** 2
    return Profile(summary, group_predictors).deviance(ratio, method)


def leave_out_errors(
    y, group, X=None, *, sigma_ratio, group_predictors=None, whole_groups=False
) -> np.ndarray:
    """Errors of predicting each row from the others, without refitting N times.

    The coefficients and the group's intercept are estimated anew without the row; the ratio of the
    sigmas is held fixed. The errors are exact: no approximation is made.

    Parameters
    ----------
    y, group, X, group_predictors
        As in `partial_pooling`.
    sigma_ratio : float
        sigma_alpha / sigma_y, >= 0.
    whole_groups : bool
        False: leave out one row at a time and predict it from all others, its own group's
        included. True: leave out one group at a time and predict its rows as those of a new group.

    Returns
    -------
    numpy.ndarray, shape (N,)
        Row minus its prediction.
    """
    ratio = single("sigma_ratio", sigma_ratio, not_negative) ** 2
    if group_predictors is not None:
        group_predictors = by_group(group_predictors, group)
    profile = Profile(GroupSummary.from_rows(y, group, X), group_predictors)
    codes, n = label_codes(group)[1], profile.summary.n
    design = profile.design_means[codes]
    for at, column in enumerate(table_columns("X", X, codes.size)[1]):
        design[:, 1 + at] = column
    design[:, 1:] -= profile.origin[1:-1]
    centred = vector("y", y) - profile.origin[-1]
    (coefficients,), _, (inverse,) = profile.solve(np.array([ratio]))
    residual = centred - design @ coefficients

    def weighed(values):  # V⁻¹ times a column, up to sigma_y^2
        sums = np.bincount(codes, values, minlength=n.size)
        return values - (sums * ratio / (1 + n * ratio))[codes]

    left = np.column_stack([weighed(column) for column in design.T])
    if not whole_groups:
        own = 1 - (ratio / (1 + n * ratio))[codes] - ((left @ inverse) * left).sum(axis=1)
        return weighed(residual) / own
    pairs = [(design[:, a] * left[:, b]) for a in range(profile.p) for b in range(profile.p)]
    parts = np.column_stack([np.bincount(codes, pair, minlength=n.size) for pair in pairs])
    pull = np.column_stack([np.bincount(codes, c * residual, minlength=n.size) for c in left.T])
    others = np.linalg.inv(inverse) - parts.reshape(-1, profile.p, profile.p)
    moved = np.linalg.solve(others, pull[..., None])[..., 0]
    return residual + (design * moved[codes]).sum(axis=1)


def _known(method):
    if method not in ("reml", "ml"):
        raise ValueError(f'method: "reml" or "ml" is wanted; got {method!r}')


def _fit(profile: Profile, ratio: float, method: str) -> MultilevelFit:
    """Everything there is to know at one `ratio`."""
    at = np.array([ratio])
    coefficients, rss, inverse = profile.solve(at)
    sigma_y2 = rss / (profile.rows - (profile.p if method == "reml" else 0))
    coefficients, covariance = profile.back(coefficients, sigma_y2 * inverse)
    values, variances = profile.intercepts(at, coefficients, covariance, np.sqrt(sigma_y2))
    return MultilevelFit(
        names=profile.names,
        coefficients=coefficients[0],
        standard_errors=np.sqrt(np.diag(covariance[0])),
        sigma_y=float(np.sqrt(sigma_y2[0])),
        sigma_alpha=float(np.sqrt(ratio * sigma_y2[0])),
        deviance=float(profile.deviance(at, method)[0]),
        method=method,
        covariance=covariance[0],
        groups=profile.summary.groups,
        n=profile.summary.n,
        design_means=profile.design_means,
        intercept_values=values[0],
        intercept_errors=np.sqrt(variances[0]),
        row_predictors=profile.k,
    )


# ------------------------------------------------------------------------------------- small parts


def _table(fit) -> str:
    """One line a coefficient: name, estimate, standard error."""
    width = max(map(len, fit.names), default=0)
    lines = zip(fit.names, fit.coefficients, fit.standard_errors, strict=True)
    return "\n".join(
        f"{name:{width}} {value:7.3f} (se {error:.3f})" for name, value, error in lines
    )


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


def _least_squares(cross):
    """Return slopes, residual sum of squares and inverse from cross-products of [X, y]."""
    inverse = np.linalg.inv(cross[:-1, :-1])
    slopes = inverse @ cross[:-1, -1]
    return slopes, max(cross[-1, -1] - cross[:-1, -1] @ slopes, 0.0), inverse
