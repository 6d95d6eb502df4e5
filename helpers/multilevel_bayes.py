"""Full Bayes for the two-level model: Gibbs sampling, and the exact answer on a grid.

Both use the prior p(sigma_alpha) flat, p(sigma_y^2) proportional to 1 / sigma_y^2 and flat
coefficients, unless another prior for sigma_alpha is given to the grid.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from helpers._two_level import Profile, group_sums, series
from helpers._validate import generator


@dataclass(frozen=True)
class TwoLevelPosterior:
    """The posterior on a grid of the two sigmas; given them, all else is normal and exact."""

    names: tuple[str, ...]  # "intercept", X's columns, group predictors
    sigma_alpha: np.ndarray  # (G,)
    sigma_y: np.ndarray  # (Q,)
    mass: np.ndarray = field(repr=False)  # (G, Q) share of the posterior; sums to 1
    width: np.ndarray = field(repr=False)  # (G,) how much of the sigma_alpha axis a node stands for
    coefficient_means: np.ndarray = field(repr=False)  # (p,)
    groups: np.ndarray = field(repr=False)
    intercept_paths: np.ndarray = field(repr=False)  # (G, J) mean intercepts at each sigma_alpha

    @property
    def sigma_alpha_density(self) -> np.ndarray:
        """Posterior density of sigma_alpha, shape (G,)."""
        return self.mass.sum(axis=1) / self.width

    @property
    def intercepts(self):
        """Posterior mean of each group's intercept, a pandas Series by group."""
        means = self.mass.sum(axis=1) @ self.intercept_paths
        return series(self.groups, intercepts=means)["intercepts"]

    def mean(self, f) -> float:
        """Posterior mean of f(sigma_alpha, sigma_y), a function that works on arrays.

        f must be integrable. Under the flat prior the density of sigma_alpha falls like
        sigma_alpha^-(J - q - 1), so with q + 3 groups sigma_alpha itself has no mean.
        """
        return float((self.mass * f(self.sigma_alpha[:, None], self.sigma_y)).sum())

    def sigma_alpha_quantile(self, share):
        """Quantiles of sigma_alpha (`share` strictly between 0 and 1)."""
        # The nodes are Gauss-Legendre nodes in x, sigma_alpha = scale (1 + x) / (1 - x), so sums
        # over them give the density's Legendre series, which is integrated term by term.
        size, legendre = self.sigma_alpha.size, np.polynomial.legendre
        x = legendre.leggauss(size)[0]
        terms = self.mass.sum(axis=1) @ legendre.legvander(x, size - 1) * (np.arange(size) + 0.5)
        fine = np.linspace(-1, 1, 4001)
        below = legendre.legval(fine, legendre.legint(terms, lbnd=-1))
        at = np.interp(share, np.maximum.accumulate(below), fine)
        scale = (self.sigma_alpha * (1 - x) / (1 + x))[size // 2]
        return scale * (1 + at) / (1 - at)


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
    profile = Profile(group_sums(y, group, X), group_predictors)
    if log_prior is None:
        _enough_groups(profile)
    n, p, rows = profile.n, profile.p, profile.rows
    ratio = profile.best_ratio()
    centre = np.sqrt(profile.solve(np.array([ratio]))[1][0] / (rows - p))
    # sigma_alpha = scale t / (1 - t): nodes crowd where the posterior is, and reach to infinity.
    scale = max(np.sqrt(ratio), np.sqrt(1 / (n.mean() * np.sqrt(n.size)))) * centre
    t, width = np.polynomial.legendre.leggauss(nodes)
    t, width = (t + 1) / 2, width / 2
    sigma_alpha, width = scale * t / (1 - t), width * scale / (1 - t) ** 2
    reach = 10 / np.sqrt(2 * max(rows - n.size - profile.k, 1))
    log_sigma_y = np.log(centre) + np.linspace(-reach, reach, 81)
    sigma_y = np.exp(log_sigma_y)
    means, design = profile.group_rows()
    log_mass = np.empty((nodes, sigma_y.size))
    coefficients, intercepts = np.empty((nodes, p)), np.empty((nodes, n.size))
    for at, spread in enumerate(sigma_alpha):
        ratios = (spread / sigma_y) ** 2
        best, rss, inverse = profile.solve(ratios)
        log_mass[at] = -(rows - p) * log_sigma_y - rss / (2 * sigma_y**2)
        log_mass[at] += (np.linalg.slogdet(inverse)[1] - profile.log_volume(ratios)) / 2
        given = np.exp(log_mass[at] - log_mass[at].max())  # sigma_y, at this sigma_alpha
        given /= given.sum()
        best = profile.back(best, inverse)[0]
        coefficients[at] = given @ best
        off = means[:, -1] - best @ means[:, :-1].T
        weight = n / (n + 1 / ratios[:, None])
        intercepts[at] = design @ coefficients[at] + given @ (weight * off)
    log_mass += np.log(width)[:, None]
    if log_prior is not None:
        log_mass += log_prior(sigma_alpha)[:, None]
    mass = np.exp(log_mass - log_mass.max())
    mass /= mass.sum()
    if not mass[:, [0, -1]].sum() < 1e-6:
        raise ValueError("y: too few rows for a posterior of sigma_y that the grid can hold")
    best, names, groups = mass.sum(axis=1) @ coefficients, profile.names, profile.sums.groups
    return TwoLevelPosterior(names, sigma_alpha, sigma_y, mass, width, best, groups, intercepts)


class TwoLevelDraws(dict):
    """Draws by name: each coefficient, "sigma_y", "sigma_alpha" (chains, draws), "intercepts"."""

    def summary(self):
        """Return a table with a row for each coefficient and sigma, as `mcmc.Draws.summary`."""
        from helpers.draws import summary_table

        return summary_table({name: draws for name, draws in self.items() if draws.ndim == 2})


def gibbs(y, group, X=None, *, chains=4, draws=1000, warmup=200, rng) -> TwoLevelDraws:
    """Sample the posterior: every quantity in turn from its distribution given all others.

    All those distributions are known ones (normal, or inverse chi-square for a variance), so
    nothing is ever rejected (Gelman and Hill, 2007, section 18.4). All chains move at once, and a
    sweep costs O(chains x groups), whatever the number of rows.

    Parameters
    ----------
    y, group, X
        As in `partial_pooling`.
    chains, draws, warmup : int
        Draws are kept after `warmup` sweeps, in each chain.
    rng : numpy.random.Generator
    """
    rng = generator(rng)
    profile = Profile(group_sums(y, group, X))
    _enough_groups(profile)
    n, k, sums = profile.n, profile.k, profile.sums
    x, y_mean = sums.means[:, :k], sums.means[:, k]  # about the grand means, where it mixes well
    within_x, within_xy, within_y = sums.within[:k, :k], sums.within[:k, k], sums.within[k, k]
    inverse = np.linalg.inv(within_x + (n[:, None] * x).T @ x)
    root = np.linalg.cholesky(inverse)
    spread = np.sqrt((within_y + n @ y_mean**2) / n.sum())
    sigma_y, sigma_alpha = spread * np.exp(rng.normal(0, 0.7, (2, chains, 1)))
    mu = rng.normal(0, 2 * spread, chains)[:, None]
    beta = np.zeros((chains, k))
    kept = np.empty((chains, draws, k + 3))  # mu, beta, sigma_y, sigma_alpha
    intercepts = np.empty((chains, draws, n.size))
    for sweep in range(-warmup, draws):
        precision = n / sigma_y**2 + 1 / sigma_alpha**2
        centre = n / sigma_y**2 * (y_mean - beta @ x.T) + mu / sigma_alpha**2
        noise = rng.standard_normal((chains, n.size))
        alpha = centre / precision + noise / np.sqrt(precision)
        pull = within_xy + (n * (y_mean - alpha)) @ x
        beta = pull @ inverse + sigma_y * (rng.standard_normal((chains, k)) @ root.T)
        mu = alpha.mean(axis=1, keepdims=True)
        mu = mu + sigma_alpha * rng.standard_normal((chains, 1)) / np.sqrt(n.size)
        left = within_y + ((beta @ within_x - 2 * within_xy) * beta).sum(axis=1)
        left += ((y_mean - beta @ x.T - alpha) ** 2) @ n
        sigma_y = np.sqrt(left / rng.chisquare(n.sum(), chains))[:, None]
        between = ((alpha - mu) ** 2).sum(axis=1)
        sigma_alpha = np.sqrt(between / rng.chisquare(n.size - 1, chains))[:, None]
        if sweep >= 0:
            kept[:, sweep] = np.hstack([mu, beta, sigma_y, sigma_alpha])
            intercepts[:, sweep] = alpha
    shift = sums.centre[k] - kept[..., 1 : 1 + k] @ sums.centre[:k]  # back from the grand means
    kept[..., 0] += shift
    names = (*profile.names, "sigma_y", "sigma_alpha")
    found = {name: kept[..., at] for at, name in enumerate(names)}
    return TwoLevelDraws(found, intercepts=intercepts + shift[..., None])


def _enough_groups(profile) -> None:
    """Raise where the flat prior on sigma_alpha has an improper posterior (Gelman, 2006)."""
    filled, wanted = np.count_nonzero(profile.n), profile.p - profile.k + 2
    if filled < wanted:
        prior = "under a flat prior on sigma_alpha"
        raise ValueError(f"group: {prior} at least {wanted} groups are wanted; got {filled}")
