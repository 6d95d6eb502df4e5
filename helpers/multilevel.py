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
from scipy.special import ndtri

from helpers._two_level import GroupSums, Profile, columns_of, full_rank, group_sums, series
from helpers._validate import refuse, vector


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
        group : label or list of M labels, optional
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
        if len(rows) != len(values) and 1 not in (len(rows), len(values)):
            raise ValueError(f"X and group: equal lengths are wanted; {len(rows)}, {len(values)}")
        at = np.ones((max(len(rows), len(values)), self.coefficients.size))
        at[:, 1 : 1 + k], at[:, 1 + k :] = rows, values
        move = at - weight[:, None] * means
        variance = ((move @ self.covariance) * move).sum(axis=1)
        sd = np.sqrt(variance + (1 - weight) * self.sigma_alpha**2)
        mean = level + at[:, 1 : 1 + k] @ self.coefficients[1 : 1 + k]
        return Prediction(mean, sd, np.hypot(sd, self.sigma_y))

    def _positions(self, group):
        one = isinstance(group, str | tuple) or not np.iterable(group)
        wanted = [group] if one else list(group)
        place = {label: at for at, label in enumerate(self.groups.tolist())}
        unseen = [label for label in wanted if label not in place]
        if unseen:
            raise ValueError(f"group: {unseen[0]!r} is not in the fit; for a new one leave it out")
        return np.array([place[label] for label in wanted])

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
    values, weight, move = profile.intercepts(at, coefficients)
    variances = ((move @ covariance) * move).sum(axis=-1) + (1 - weight) * at * variance
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


def three_poolings(y, group) -> dict:
    """Each group's level: pooling -> (estimate, lower, upper), arrays (J,), 95% intervals."""
    own, both, one = no_pooling(y, group), partial_pooling(y, group), complete_pooling(y)
    same = np.ones(own.groups.size)
    found = {
        "no pooling": (own.intercept_values, own.intercept_errors),
        "complete pooling": (one.coefficients * same, one.standard_errors * same),
        "partial pooling": (both.intercept_values, both.intercept_errors),
    }
    reach = ndtri(0.975)
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
    codes, p = sums.codes, profile.p
    design = profile.means[codes, :-1]
    for k, column in enumerate(columns_of("X", X)[1], 1):
        design[:, k] = column - profile.origin[k]
    (coefficients,), _, (inverse,) = profile.solve(at)
    residual = vector("y", y) - profile.origin[-1] - design @ coefficients
    shift = at / (1 + profile.n * at)

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
