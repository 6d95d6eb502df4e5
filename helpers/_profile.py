"""The two-level model's likelihood with everything but one variance ratio worked out."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from helpers._grouped import GroupSummary, at_groups, full_rank, least_of_own


class Profile:
    """The likelihood as a function of ratio = sigma_alpha^2 / sigma_y^2 alone.

    Within a group of n rows the covariance of y is sigma_y^2 (I + ratio 11'). Its inverse leaves
    deviations from the group mean alone and divides the mean by 1 + n ratio. So every quadratic
    form is `within` + sum over groups of n / (1 + n ratio) * (outer product of means), and groups
    of equal size can be added up before the search starts.
    """

    def __init__(self, summary: GroupSummary, group_predictors=None):
        if not isinstance(summary, GroupSummary):
            raise TypeError(f"summary: a GroupSummary is wanted; got {summary!r:.80}")
        names, predictors = at_groups(group_predictors, summary.groups)
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
            [np.ones((summary.n.size, 1)), summary.means[:, :k], predictors]
        )
        means = np.hstack([self.design_means, summary.means[:, k:]])
        self.within = np.zeros((self.p + 1, self.p + 1))
        moving = np.r_[1 : 1 + k, self.p]
        self.within[np.ix_(moving, moving)] = summary.within
        least = least_of_own(self.within, summary.n, means)[1:]
        # Subtracting the grand means keeps the sums exact when the data are far from 0.
        self.origin = summary.n @ means / self.rows
        self.origin[0] = 0.0
        means = means - self.origin
        total = self.within + (summary.n[:, None] * means).T @ means
        full_rank(total[1:, 1:], least, self.names[1:], "the intercept")
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
        """-2 log (restricted) likelihood at each `ratio` (G,), all else at its best."""
        _, rss, inverse = self.solve(ratio)
        freedom = self.rows - (self.p if method == "reml" else 0)
        value = freedom * (1 + np.log(2 * np.pi * rss / freedom)) + self.log_volume(ratio)
        return value - np.linalg.slogdet(inverse)[1] if method == "reml" else value

    def slope(self, ratio, method):
        """Slope of the deviance in `ratio` (G,).

        All of it comes from M = [Z, y]'V⁻¹[Z, y] and `outer`, which is -dM/dratio. The last entry
        of M's inverse is 1 / rss; log det M is log rss plus log det Z'V⁻¹Z, the term of REML.
        """
        shrunk = self.sizes / (1 + ratio[:, None] * self.sizes)
        shape = (-1, self.p + 1, self.p + 1)
        inverse = np.linalg.inv((shrunk @ self.outer).reshape(shape) + self.within)
        outer = (shrunk**2 @ self.outer).reshape(shape)
        last = inverse[:, :, -1:]
        log_rss_slope = -((outer @ last) * last).sum(axis=(1, 2)) / last[:, -1, 0]
        slope = shrunk @ self.groups_of_size
        if method == "reml":
            log_det_slope = -(inverse * outer).sum(axis=(1, 2))
            return slope + (self.rows - self.p - 1) * log_rss_slope + log_det_slope
        return slope + self.rows * log_rss_slope

    def back(self, coefficients, covariance):
        """Coefficients (G, p) and covariances in the data's own origin: the intercept moves."""
        turn = np.eye(self.p)
        turn[0, 1:] = -self.origin[1:-1]
        coefficients = coefficients @ turn.T
        coefficients[:, 0] += self.origin[-1]
        return coefficients, turn @ covariance @ turn.T

    def intercepts(self, ratio, coefficients, covariance, sigma_y):
        """Return the groups' intercepts and their variances, both (G, J), given the sigmas.

        The variances hold the coefficients' uncertainty (Henderson, 1975): what a group's intercept
        takes from the coefficients is its own design row less its weight times its mean row.
        """
        n, x_end = self.summary.n, 1 + self.k
        weight = ratio[:, None] * n / (1 + ratio[:, None] * n)
        at = self.design_means.copy()
        at[:, 1:x_end] = 0  # an intercept is the line at X = 0
        residual = self.summary.means[:, -1] - coefficients @ self.design_means.T
        move = at - weight[..., None] * self.design_means
        variance = ((move @ covariance) * move).sum(axis=-1)
        variance += (1 - weight) * (ratio * sigma_y**2)[:, None]
        return coefficients @ at.T + weight * residual, variance

    def best_ratio(self, method: str) -> float:
        """Find the ratio of least deviance: a coarse look everywhere, then the slope's roots."""
        grid = np.r_[0, np.geomspace(1e-4 / self.sizes[-1], 1e6, 45)]
        slope = self.slope(grid, method)
        if slope[-1] < 0:
            raise ValueError("y: it hardly varies within groups, so sigma_y cannot be estimated")
        valleys = [0.0] if slope[0] >= 0 else []  # nearly always there is only one
        for left in np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0)):
            low, high = grid[left : left + 2]
            valleys.append(brentq(self._slope, low, high, args=(method,), xtol=1e-15, rtol=1e-12))
        if len(valleys) > 1:
            return valleys[int(np.argmin(self.deviance(np.array(valleys), method)))]
        return float(valleys[0])

    def _slope(self, ratio: float, method: str) -> float:
        return self.slope(np.array([ratio]), method)[0]
