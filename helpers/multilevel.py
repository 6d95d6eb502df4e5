"""Normal measurements in groups: complete pooling, no pooling, and the model between them.

The model, for row i in group j (a house in a county):

    y_i = alpha_j + x_i' beta + error,        error ~ Normal(0, sigma_y^2)
    alpha_j = gamma_0 + u_j' gamma + eta_j,   eta_j ~ Normal(0, sigma_alpha^2)

A fit needs of the rows only sums per group; given the ratio sigma_alpha^2 / sigma_y^2, everything
else has a formula (Bates et al., 2015, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from helpers._two_level import GroupSums, Profile, columns_of, full_rank, group_sums, levels, series
from helpers._validate import vector

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Fit:
    """A fit by least squares: complete pooling, or no pooling with its intercepts by group."""

    names: tuple[str, ...]
    coefficients: np.ndarray  # in the order of the names
    standard_errors: np.ndarray
    sigma_y: float  # residual sd, with rows less coefficients in the denominator
    deviance: float = np.nan  # -2 log likelihood at its maximum
    intercepts: pd.Series = field(default=None, repr=False)  # by group; none in complete pooling
    intercept_sd: pd.Series = field(default=None, repr=False)  # of each (given the sigmas)

    def __str__(self) -> str:
        """Coefficients with their standard errors, and the spreads."""
        width = max(map(len, self.names), default=0)
        rows = zip(self.names, self.coefficients, self.standard_errors, strict=True)
        lines = [f"{name:{width}} {value:7.3f} (se {error:.3f})" for name, value, error in rows]
        if "intercept" not in self.names:
            lines.insert(0, f"{self.intercepts.size} intercepts, one for each group")
        return "\n".join([*lines, self._spread()])

    def _spread(self) -> str:
        return f"sigma_y {self.sigma_y:.3f}"


@dataclass(frozen=True)
class Prediction:
    """What a fit expects at given predictors; arrays, one entry per row asked for."""

    mean: np.ndarray
    parameter_sd: np.ndarray  # sd of the group's own mean there: what more rows would tell
    observation_sd: np.ndarray  # sd of one new observation there


@dataclass(frozen=True)
class MultilevelFit(Fit):
    """A fitted two-level model: one spread within groups, one between them.

    `estimate`, `interval` and `predictive` take the population of intercepts (where predictors
    are 0) as known, and are about a group whose `n` rows have the mean `y` there. `intercept_sd`
    and `predict` count that the coefficients are estimated.
    """

    sigma_alpha: float = 0.0  # sd of the groups' intercepts about their mean; 0 is legal
    method: str = "reml"
    n: np.ndarray = field(default=None, repr=False)  # (J,) rows in each group
    covariance: np.ndarray = field(default=None, repr=False)  # (p, p) of the coefficients
    means: np.ndarray = field(default=None, repr=False)  # (J, p + 1) of the design and, last, y
    row_predictors: int = field(default=0, repr=False)

    def _spread(self) -> str:
        size = f"prior sample size {self.prior_sample_size:.1f}"
        spreads = f"sigma_alpha {self.sigma_alpha:.3f}, {super()._spread()}"
        return f"{spreads}, {size}; {self.method} deviance {self.deviance:.1f}"

    @property
    def mean(self) -> float:
        """Mean of the population of intercepts."""
        return float(self.coefficients[0])

    @property
    def sd(self) -> float:
        """Standard deviation of the population of intercepts: sigma_alpha."""
        return self.sigma_alpha

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
        return np.asarray(n) / (np.asarray(n) + self.prior_sample_size)

    def estimate(self, y, n):
        """Intercept of a group: weight * y + (1 - weight) * mean."""
        return self.mean + self.weight(n) * (np.asarray(y) - self.mean)

    def interval(self, y, n, level=0.95):
        """Return the ends of the interval that holds the intercept with probability `level`."""
        reach = ndtri(0.5 + level / 2) * np.sqrt(1 - self.weight(n)) * self.sd
        return self.estimate(y, n) - reach, self.estimate(y, n) + reach

    def predictive(self, y, n, m=1):
        """Distribution (of scipy.stats) of the mean of `m` further rows of the group."""
        from scipy import stats

        sd = np.sqrt((1 - self.weight(n)) * self.sd**2 + self.sigma_y**2 / m)
        return stats.norm(self.estimate(y, n), sd)

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
        k, p = self.row_predictors, self.coefficients.size
        rows = _given("X", X, self.names[1 : 1 + k])
        if group is None:
            values = _given("group_predictors", group_predictors, self.names[1 + k :])
            weight, means = np.zeros(1), np.zeros((1, p + 1))
        elif group_predictors is not None:
            raise ValueError("group_predictors: a seen group has its own; leave them out")
        else:
            one = isinstance(group, str | tuple) or not np.iterable(group)
            place = {label: at for at, label in enumerate(self.intercepts.index.tolist())}
            try:
                member = [place[label] for label in ([group] if one else group)]
            except KeyError as label:
                raise ValueError(f"group: {label} is not in the fit; leave a new one out") from None
            weight, means = self.weight(self.n[member]), self.means[member]
            values = means[:, 1 + k : -1]
        at = np.ones((*np.broadcast_shapes((len(rows),), (len(values),)), p))
        at[:, 1 : 1 + k], at[:, 1 + k :] = rows, values
        mean, sd = levels(at, weight, means, self.coefficients, self.covariance, self.sd)
        return Prediction(mean, sd, np.hypot(sd, self.sigma_y))


def _given(name, values, names):
    """Return predictors asked for as an array of shape (rows, columns)."""
    if hasattr(values, "columns"):
        values = values.rename(columns=str)[list(names)]
    array = np.empty((1, 0)) if values is None else np.asarray(values, float)
    if array.ndim < 2:
        array = array.reshape((-1, 1) if len(names) == 1 else (1, -1))
    if array.shape[1] != len(names):
        raise ValueError(f"{name}: {len(names)} column(s) are wanted; got {array.shape[1]}")
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
    sd = np.sqrt(variance * (1 / sums.n + ((x @ inverse) * x).sum(axis=1)))
    return Fit(
        sums.names,
        slopes,
        np.sqrt(variance * np.diag(inverse)),
        float(np.sqrt(variance)),
        **series(sums.groups, intercepts=means[:, -1] - x @ slopes, intercept_sd=sd),
    )


def complete_pooling(y, X=None) -> Fit:
    """Least squares for all rows together, as one group; without `X` (N, k) it is the mean."""
    y = vector("y", y)
    one = no_pooling(y, np.zeros(y.size), X)
    rss = one.sigma_y**2 * (y.size - 1 - len(one.names))
    return Fit(
        ("intercept", *one.names),
        np.r_[one.intercepts, one.coefficients],
        np.r_[one.intercept_sd, one.standard_errors],
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
    X : DataFrame, Series or array_like, shape (N, k), optional
        Row predictors, without the intercept.
    group_predictors : DataFrame, Series or array_like, optional
        N rows, constant within each group, or a pandas object indexed by group.
    method : {"reml", "ml"}
    """
    return fit_sums(group_sums(y, group, X), group_predictors=group_predictors, method=method)


def fit_sums(sums: GroupSums, *, group_predictors=None, method="reml", sigma_ratio=None):
    """Fit as `partial_pooling` does, from sums per group, at sigma_alpha / sigma_y if given."""
    profile = Profile(sums, group_predictors, method)
    if sigma_ratio is None:
        sigma_ratio = np.sqrt(profile.best_ratio())
    at = vector("sigma_ratio", sigma_ratio) ** 2
    coefficients, rss, inverse = profile.solve(at)
    variance = rss / profile.freedom
    (coefficients,), (covariance,) = profile.back(coefficients, variance * inverse)
    sigma_alpha = float(np.sqrt(at[0] * variance[0]))
    means, design = profile.group_rows()
    weight = at * profile.n / (1 + at * profile.n)
    level, sd = levels(design, weight, means, coefficients, covariance, sigma_alpha)
    return MultilevelFit(
        profile.names,
        coefficients,
        np.sqrt(np.diag(covariance)),
        float(np.sqrt(variance[0])),
        float(profile.deviance(at)[0]),
        **series(sums.groups, intercepts=level, intercept_sd=sd),
        sigma_alpha=sigma_alpha,
        method=profile.method,
        n=profile.n,
        covariance=covariance,
        means=means,
        row_predictors=profile.k,
    )


def profile_deviance(sums, sigma_ratio, *, group_predictors=None, method="reml"):
    """Deviance at each sigma_alpha / sigma_y (G,), all else at its best: the curve to minimise."""
    profile = Profile(sums, group_predictors, method)
    return profile.deviance(vector("sigma_ratio", sigma_ratio) ** 2)


def three_poolings(y, group) -> dict:
    """Each group's level: pooling -> (estimate, lower, upper) of shape (3, J), 95% intervals."""
    own, both, one = no_pooling(y, group), partial_pooling(y, group), complete_pooling(y)
    same, reach = np.ones(own.intercepts.size), ndtri(0.975) * np.array([[0], [-1], [1]])
    return {
        "no pooling": own.intercepts.to_numpy() + reach * own.intercept_sd.to_numpy(),
        "complete pooling": same * (one.coefficients + reach * one.standard_errors),
        "partial pooling": both.intercepts.to_numpy() + reach * both.intercept_sd.to_numpy(),
    }


def leave_out_errors(
    y, group, X=None, *, sigma_ratio, group_predictors=None, whole_groups=False
) -> np.ndarray:
    """Errors (N,) of predicting each row from the others, exact, without refitting N times.

    Each row (or, with `whole_groups`, each group) is left out of the coefficients and of its
    group's intercept; `sigma_ratio` = sigma_alpha / sigma_y is held.
    """
    at = vector("sigma_ratio", sigma_ratio) ** 2
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
