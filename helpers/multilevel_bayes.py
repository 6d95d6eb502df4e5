"""Full Bayes for the two-level model: Gibbs sampling, and the exact answer on a grid.

Both use the prior p(sigma_alpha) flat, p(sigma_y^2) proportional to 1 / sigma_y^2 and flat
coefficients, unless another prior for sigma_alpha is given to the grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from helpers._validate import function, generator, log_density, shares, whole
from helpers.mcmc import summary_table
from helpers.multilevel import _profile, group_sums, group_table, series


@dataclass(frozen=True)
class TwoLevelPosterior:
    """The posterior on a grid of the two sigmas; given them, all else is normal and exact."""

    names: tuple[str, ...]  # "intercept", X's columns, group predictors
    sigma_alpha: np.ndarray  # (G,)
    sigma_y: np.ndarray  # (Q,)
    mass: np.ndarray = field(repr=False)  # (G, Q) share of the posterior; sums to 1
    width: np.ndarray = field(repr=False)  # (G,) how much of the sigma_alpha axis a node stands for
    coefficient_means: np.ndarray = field(repr=False)  # (p,)
    coefficient_sds: np.ndarray = field(repr=False)  # (p,)
    groups: np.ndarray = field(repr=False)
    intercept_paths: np.ndarray = field(repr=False)  # (G, J) mean intercepts at each sigma_alpha
    intercept_sds: np.ndarray = field(repr=False)  # (J,)

    @cached_property
    def sigma_alpha_mass(self) -> np.ndarray:
        """Share of the posterior at each `sigma_alpha`, shape (G,)."""
        return self.mass.sum(axis=1)

    @property
    def sigma_alpha_density(self) -> np.ndarray:
        """Posterior density of sigma_alpha, shape (G,)."""
        return self.sigma_alpha_mass / self.width

    @cached_property
    def intercepts(self):
        """Posterior mean of each group's intercept, a pandas Series by group."""
        return series(self.sigma_alpha_mass @ self.intercept_paths, self.groups, "intercept")

    @cached_property
    def intercept_sd(self):
        """Posterior sd of each group's intercept, a pandas Series by group."""
        return series(self.intercept_sds, self.groups, "intercept_sd")

    def mean(self, f) -> float:
        """Posterior mean of f(sigma_alpha, sigma_y), a function that works on arrays.

        f must be integrable. Under the flat prior the density of sigma_alpha falls like
        sigma_alpha^-(J - q - 1), so with q + 3 groups sigma_alpha itself has no mean.
        """
        return float((self.mass * f(self.sigma_alpha[:, None], self.sigma_y)).sum())

    def quantile(self, share):
        """Quantiles of sigma_alpha (`share` strictly between 0 and 1)."""
        share = shares("share", share)
        # The nodes are Gauss-Legendre nodes in x, sigma_alpha = scale (1 + x) / (1 - x), so sums
        # over them give the density's Legendre series, which is integrated term by term.
        x = np.polynomial.legendre.leggauss(self.sigma_alpha.size)[0]
        scale = (self.sigma_alpha * (1 - x) / (1 + x))[x.size // 2]
        degree = np.arange(x.size)
        terms = self.sigma_alpha_mass @ np.polynomial.legendre.legvander(x, x.size - 1)
        below = np.polynomial.legendre.legint(terms * (2 * degree + 1) / 2, lbnd=-1)
        fine = np.linspace(-1, 1, 4001)
        rising = np.maximum.accumulate(np.polynomial.legendre.legval(fine, below))
        at = np.interp(share, rising, fine)
        return scale * (1 + at) / (1 - at)


#: Log priors for sigma_alpha, up to a constant, to give to `posterior_grid` as `log_prior`. The
#: last puts an inverse-gamma(0.001, 0.001) distribution on the variance, once a common default.
SPREAD_PRIORS: dict[str, Callable | None] = {
    "flat": None,
    "half-normal(0.5)": lambda s: -0.5 * (s / 0.5) ** 2,
    "half-Cauchy(0.5)": lambda s: -np.log1p((s / 0.5) ** 2),
    "inverse-gamma(0.001)": lambda s: -(2 * 0.001 + 1) * np.log(s) - 0.001 / s**2,
}


@dataclass(frozen=True)
class TwoLevelDraws:
    """What `gibbs` returns: `draws["intercept"]`, `draws["sigma_alpha"]`, `draws["intercepts"]`."""

    groups: np.ndarray  # (J,) labels
    numbers: dict[str, np.ndarray]  # each coefficient and sigma, of shape (chains, draws)
    intercepts: np.ndarray  # the groups' intercepts, shape (chains, draws, J)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return draws by name: a coefficient, sigma_y, sigma_alpha, or intercepts."""
        if name == "intercepts":
            return self.intercepts
        if name in self.numbers:
            return self.numbers[name]
        raise KeyError(f"{name!r}; there are {', '.join(self.numbers)} and intercepts")

    def summary(self, *names: str):
        """Return a table with one row per number, as `helpers.mcmc.Draws.summary` has it.

        By default the coefficients and sigmas; "intercepts" adds a row for each group.
        """
        columns = {}
        for name in names or tuple(self.numbers):
            if name == "intercepts":
                for at, label in enumerate(self.groups):
                    columns[f"intercepts[{label}]"] = self.intercepts[:, :, at]
            else:
                columns[name] = self[name]
        return summary_table(columns)


def posterior_grid(
    y, group, X=None, *, group_predictors=None, log_prior=None, nodes=120
) -> TwoLevelPosterior:
    """Exact posterior: a grid over the two sigmas, everything else integrated by formula.

    Parameters
    ----------
    y, group, X, group_predictors
        As in `partial_pooling`.
    log_prior : callable, optional
        log p(sigma_alpha) up to a constant, on arrays; left out, flat.
    nodes : int
        How many values of sigma_alpha. They reach from 0 to infinity.

    Raises
    ------
    ValueError
        As `partial_pooling`; under the flat prior also for fewer than q + 3 groups with q group
        predictors, where the posterior is improper (Gelman, 2006).
    """
    summary = group_sums(y, group, X)
    predictors = None if group_predictors is None else group_table(group_predictors, group)
    profile = _profile(summary, predictors, "reml")
    nodes = whole("nodes", nodes, least=20)
    if log_prior is None:
        _enough_groups(profile)
    else:
        function("log_prior", log_prior)
    ratio = profile.best_ratio("reml")
    rss = profile.solve(np.array([ratio]))[1][0]
    centre = np.sqrt(rss / (profile.rows - profile.p))
    # sigma_alpha = scale t / (1 - t): nodes crowd where the posterior is, and reach to infinity.
    scale = max(np.sqrt(ratio), np.sqrt(1 / (summary.n.mean() * np.sqrt(summary.n.size)))) * centre
    t, width = np.polynomial.legendre.leggauss(nodes)
    t, width = (t + 1) / 2, width / 2
    sigma_alpha = scale * t / (1 - t)
    width = width * scale / (1 - t) ** 2
    freedom = max(profile.rows - summary.n.size - profile.k, 1)
    log_sigma_y = np.log(centre) + np.linspace(-10, 10, 81) / np.sqrt(2 * freedom)
    sigma_y = np.exp(log_sigma_y)
    means, variances = [], []
    log_mass = np.empty((nodes, sigma_y.size))
    paths, seconds = np.empty((2, nodes, sigma_y.size, profile.p))
    for at, spread in enumerate(sigma_alpha):
        ratios = (spread / sigma_y) ** 2
        coefficients, rss, inverse = profile.solve(ratios)
        log_mass[at] = (
            -(profile.rows - profile.p) * log_sigma_y
            - rss / (2 * sigma_y**2)
            - profile.log_volume(ratios) / 2
            + np.linalg.slogdet(inverse)[1] / 2
        )
        coefficients, covariance = profile.back(coefficients, inverse * sigma_y[:, None, None] ** 2)
        paths[at] = coefficients
        seconds[at] = np.diagonal(covariance, axis1=1, axis2=2)
        mean, variance = profile.intercepts(ratios, coefficients, covariance, sigma_y)
        means.append(mean)
        variances.append(variance)
    log_mass += np.log(width)[:, None]
    if log_prior is not None:
        log_mass += log_density("log_prior", log_prior(sigma_alpha), sigma_alpha)[:, None]
    mass = np.exp(log_mass - log_mass.max())
    mass /= mass.sum()
    if mass[:, [0, -1]].sum() > 1e-6:
        raise ValueError("y: too few rows for a posterior of sigma_y that the grid can hold")
    coefficient_means = np.einsum("gq,gqp->p", mass, paths)
    second = np.einsum("gq,gqp->p", mass, seconds + (paths - coefficient_means) ** 2)
    total = np.einsum("gq,gqj->j", mass, means)
    spread = np.einsum("gq,gqj->j", mass, np.asarray(variances) + (np.asarray(means) - total) ** 2)
    given = mass / np.maximum(mass.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return TwoLevelPosterior(
        names=profile.names,
        sigma_alpha=sigma_alpha,
        sigma_y=sigma_y,
        mass=mass,
        width=width,
        coefficient_means=coefficient_means,
        coefficient_sds=np.sqrt(second),
        groups=summary.groups,
        intercept_paths=np.einsum("gq,gqj->gj", given, means),
        intercept_sds=np.sqrt(spread),
    )


def gibbs(y, group, X=None, *, group_predictors=None, chains=4, draws=1000, warmup=200, rng):
    """Sample the posterior: every quantity in turn from its distribution given all others.

    All those distributions are known ones (normal, or inverse chi-square for a variance), so
    nothing is ever rejected (Gelman and Hill, 2007, section 18.4). All chains move at once, and a
    sweep costs O(chains x groups), whatever the number of rows.

    Parameters
    ----------
    y, group, X, group_predictors
        As in `partial_pooling`.
    chains, draws, warmup : int
        Draws are kept after `warmup` sweeps, in each chain.
    rng : numpy.random.Generator

    Returns
    -------
    TwoLevelDraws
        `draws["intercept"]` and so on: one entry for each coefficient, under its name, and
        "sigma_y", "sigma_alpha" and "intercepts".

    Raises
    ------
    TypeError, ValueError
        As `posterior_grid`, and for an `rng` that is no generator.
    """
    rng = generator(rng)
    chains = whole("chains", chains, least=1)
    draws, warmup = whole("draws", draws, least=1), whole("warmup", warmup, least=0)
    summary = group_sums(y, group, X)
    predictors = None if group_predictors is None else group_table(group_predictors, group)
    profile = _profile(summary, predictors, "reml")
    k, p, groups = profile.k, profile.p, summary.n.size
    _enough_groups(profile)
    n, x_origin, y_origin = summary.n, profile.origin[1 : 1 + k], profile.origin[-1]
    x = profile.means[:, 1 : 1 + k]
    y_mean = profile.means[:, -1]
    level = np.delete(profile.means[:, :-1], range(1, 1 + k), axis=1)
    within_x, within_xy = summary.within[:-1, :-1], summary.within[:-1, -1]
    on_x = _Regression(within_x + (n[:, None] * x).T @ x)
    on_level = _Regression(level.T @ level)

    spread = np.sqrt((summary.within[-1, -1] + n @ y_mean**2) / n.sum())
    sigma_y, sigma_alpha = spread * np.exp(rng.normal(0, 0.7, (2, chains, 1)))
    beta = np.zeros((chains, k))
    gamma = np.zeros((chains, p - k))
    gamma[:, 0] = rng.normal(0, 2 * spread, chains)
    kept = {
        "coefficients": np.empty((chains, draws, p)),
        "sigma_y": np.empty((chains, draws)),
        "sigma_alpha": np.empty((chains, draws)),
        "intercepts": np.empty((chains, draws, groups)),
    }
    for sweep in range(-warmup, draws):
        precision = n / sigma_y**2 + 1 / sigma_alpha**2
        centre = n / sigma_y**2 * (y_mean - beta @ x.T) + gamma @ level.T / sigma_alpha**2
        alpha = centre / precision + rng.standard_normal((chains, groups)) / np.sqrt(precision)
        beta = on_x.draw(within_xy + (n * (y_mean - alpha)) @ x, sigma_y, rng)
        gamma = on_level.draw(alpha @ level, sigma_alpha, rng)
        left = (
            summary.within[-1, -1]
            + ((beta @ within_x - 2 * within_xy) * beta).sum(axis=1)
            + ((y_mean - beta @ x.T - alpha) ** 2) @ n
        )
        sigma_y = np.sqrt(left / rng.chisquare(n.sum(), chains))[:, None]
        between = ((alpha - gamma @ level.T) ** 2).sum(axis=1)
        sigma_alpha = np.sqrt(between / rng.chisquare(groups - 1, chains))[:, None]
        if sweep >= 0:
            kept["coefficients"][:, sweep, 0] = gamma[:, 0]
            kept["coefficients"][:, sweep, 1 : 1 + k] = beta
            kept["coefficients"][:, sweep, 1 + k :] = gamma[:, 1:]
            kept["sigma_y"][:, sweep] = sigma_y[:, 0]
            kept["sigma_alpha"][:, sweep] = sigma_alpha[:, 0]
            kept["intercepts"][:, sweep] = alpha
    # Back from the origin: the sampler moved about the means, where it mixes well.
    kept["intercepts"] += y_origin - (kept["coefficients"][..., 1 : 1 + k] @ x_origin)[..., None]
    coefficients = profile.back(kept.pop("coefficients").reshape(-1, p), np.eye(p))[0]
    coefficients = coefficients.reshape(chains, draws, p)
    named = {name: coefficients[..., at] for at, name in enumerate(profile.names)}
    intercepts = kept.pop("intercepts")
    return TwoLevelDraws(summary.groups, {**named, **kept}, intercepts)


class _Regression:
    """Draw coefficients from their normal distribution, given their precision matrix."""

    def __init__(self, precision):
        self.inverse = np.linalg.inv(precision)
        self.root = np.linalg.cholesky(self.inverse)

    def draw(self, right, sigma, rng):
        """Mean `inverse @ right` and covariance `sigma**2 inverse`, one row a chain."""
        noise = rng.standard_normal(right.shape) @ self.root.T
        return right @ self.inverse + sigma * noise


def _enough_groups(profile) -> None:
    """Raise where the flat prior on sigma_alpha has an improper posterior."""
    filled, wanted = int((profile.n > 0).sum()), profile.p - profile.k + 2
    if filled < wanted:
        raise ValueError(
            f"group: under a flat prior on sigma_alpha at least {wanted} groups with rows are "
            f"wanted for a proper posterior; got {filled}"
        )
