"""Samplers for the Beta-Binomial model with unknown alpha and beta, as in notebook 04.

`gibbs_metropolis` draws every rate, then alpha, then beta, in turn. `collapsed` leaves the rates
out while it moves (they are integrated out) and draws them afterwards. Both run all their chains
side by side in one NumPy expression per step. `reparametrised` is there to compare what may be
held still while alpha and beta move.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv, expit, xlog1py, xlogy
from tqdm import tqdm

from helpers._beta_binomial import (
    data_terms,
    distinct,
    likelihood,
    log_beta_binomial_given,
    stirling,
)
from helpers._validate import (
    function,
    generator,
    positive,
    real,
    successes_and_trials,
    together,
    whole,
)
from helpers.beta_binomial import bda3_prior

#: Acceptance rate aimed at in warm-up: good for moving one number at a time (Gelman et al. 1996).
TARGET = 0.44
#: Sweeps between two looks at the acceptance rate during warm-up.
ROUND = 20


@dataclass(frozen=True)
class Draws:
    """What a sampler returns: `draws["alpha"]`, `draws["beta"]`, `draws["theta"]`."""

    alpha: np.ndarray  # shape (chains, draws)
    beta: np.ndarray  # shape (chains, draws)
    theta: np.ndarray  # every unit's rate, shape (chains, draws, J)
    acceptance: np.ndarray  # share of proposals accepted after warm-up, shape (2, chains)
    steps: np.ndarray  # proposal sd on the log scale as warm-up left it, shape (2, chains)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return draws by name: alpha, beta, theta, log_odds or log_size."""
        if name == "log_odds":
            return np.log(self.alpha) - np.log(self.beta)
        if name == "log_size":
            return np.log(self.alpha + self.beta)
        if name in ("alpha", "beta", "theta"):
            return getattr(self, name)
        raise KeyError(f"{name!r}; there are alpha, beta, theta, log_odds and log_size")

    def summary(self, *names: str, theta=None):
        """Return a table with one row per number, its Monte Carlo error and diagnostics.

        Parameters
        ----------
        *names : str
            Which to show; by default alpha, beta, log_odds, log_size and theta.
        theta : sequence of int, optional
            Which units' rates to show; by default all.

        Returns
        -------
        pandas.DataFrame
            Columns mean, sd, 2.5%, 50%, 97.5%, mcse (Monte Carlo standard error of the mean),
            ess_bulk, ess_tail (effective number of draws) and r_hat (rank-normalised, split).

        Notes
        -----
        Diagnostics are those of Vehtari et al. (2021), as `arviz-stats` computes them. Under
        `bda3_prior` the posterior means of alpha and beta are infinite: read their quantiles.
        """
        columns = {}
        for name in names or ("alpha", "beta", "log_odds", "log_size", "theta"):
            if name == "theta":
                for j in range(self.theta.shape[2]) if theta is None else theta:
                    columns[f"theta[{j}]"] = self.theta[:, :, j]
            else:
                columns[name] = self[name]
        return summary_table(columns)


def summary_table(columns):
    """Return a table with one row per number, its Monte Carlo error and diagnostics.

    Parameters
    ----------
    columns : mapping of str to array, shape (chains, draws)

    Returns
    -------
    pandas.DataFrame
        As `Draws.summary` describes it.
    """
    import pandas as pd
    from arviz_stats.base import array_stats

    x = np.stack(list(columns.values()))  # (rows, chains, draws)
    flat = x.reshape(len(x), -1)
    low, middle, high = np.quantile(flat, [0.025, 0.5, 0.975], axis=1)
    return pd.DataFrame(
        {
            "mean": flat.mean(axis=1),
            "sd": flat.std(axis=1, ddof=1),
            "2.5%": low,
            "50%": middle,
            "97.5%": high,
            "mcse": array_stats.mcse(x, method="mean"),
            "ess_bulk": array_stats.ess(x, method="bulk"),
            "ess_tail": array_stats.ess(x, method="tail", prob=(0.05, 0.95)),
            "r_hat": array_stats.rhat(x, method="rank"),
        },
        index=list(columns),
    )


def gibbs_metropolis(
    y,
    n,
    *,
    chains: int = 4,
    draws: int = 1000,
    warmup: int = 1000,
    rng: np.random.Generator,
    log_prior: Callable = bda3_prior,
    progress: bool = True,
    start=None,
) -> Draws:
    """Sample alpha, beta and every rate: Gibbs for the rates, Metropolis for alpha and for beta.

    One sweep draws each theta_j from Beta(alpha + y_j, beta + n_j - y_j), then proposes a normal
    step in log alpha with all else held still, then one in log beta. Step sizes are tuned to an
    acceptance rate near 0.44 in warm-up and held fixed afterwards.

    Parameters
    ----------
    y, n : array_like, shape (J,) or (chains, J)
        Successes and trials. With two dimensions every chain has a data set of its own.
    chains, draws, warmup : int
        Number of chains, draws kept per chain, and sweeps thrown away before.
    rng : numpy.random.Generator
    log_prior : callable
        log p(alpha, beta) on arrays, a density in alpha and beta; -inf where it is zero.
    progress : bool
        Show a progress bar (the environment variable TQDM_DISABLE=1 hides it too).
    start : (array_like, array_like), optional
        First alpha and beta of each chain; by default spread widely around a rough fit.

    Returns
    -------
    Draws

    Notes
    -----
    The conditional densities are equations 5.4 to 5.6 in Gelman et al., Bayesian Data Analysis,
    third edition, read as functions of theta, of alpha and of beta.
    """
    y, n = _data(y, n, chains)
    draws, warmup = whole("draws", draws, least=1), whole("warmup", warmup, least=0)
    log_alpha, log_beta = _start(y, n, chains, generator(rng), log_prior, start)
    walk = _Walk(chains)
    kept = _Kept(chains, draws, y.shape[-1])

    for sweep in _sweeps(warmup + draws, progress):
        log_theta, log_rest = _draw_rates(np.exp(log_alpha), np.exp(log_beta), y, n, rng)
        mean_log = log_theta.mean(axis=1), log_rest.mean(axis=1)

        def density(log_alpha, log_beta, mean_log=mean_log):
            return _log_conditional(log_alpha, log_beta, *mean_log, y.shape[-1], log_prior)

        now = density(log_alpha, log_beta)
        log_alpha, now = walk.move(0, log_alpha, now, lambda x, b=log_beta: density(x, b), rng)
        log_beta, now = walk.move(1, log_beta, now, lambda x, a=log_alpha: density(a, x), rng)
        if sweep < warmup:
            walk.tune(last=sweep + 1 == warmup)
        else:
            kept.add(sweep - warmup, log_alpha, log_beta, np.exp(log_theta))
    return kept.result(walk)


def collapsed(
    y,
    n,
    *,
    chains: int = 4,
    draws: int = 1000,
    warmup: int = 1000,
    rng: np.random.Generator,
    log_prior: Callable = bda3_prior,
    progress: bool = True,
    start=None,
) -> Draws:
    """Sample alpha and beta with the rates integrated out, then the rates given alpha and beta.

    One sweep proposes a normal step in log(alpha/beta), then one in log(alpha+beta), each judged
    by the marginal likelihood. Nothing holds the steps back to what 71 rates happen to be, so the
    chain moves freely. Parameters and result are those of `gibbs_metropolis`.

    Parameters
    ----------
    y, n : array_like, shape (J,) or (chains, J)
        Successes and trials. With two dimensions every chain has a data set of its own.
    chains, draws, warmup : int
        Number of chains, draws kept per chain, and sweeps thrown away before.
    rng : numpy.random.Generator
    log_prior : callable
        log p(alpha, beta) on arrays, a density in alpha and beta; -inf where it is zero.
    progress : bool
        Show a progress bar (the environment variable TQDM_DISABLE=1 hides it too).
    start : (array_like, array_like), optional
        First alpha and beta of each chain; by default spread widely around a rough fit.

    Returns
    -------
    Draws
    """
    y, n = _data(y, n, chains)
    draws, warmup = whole("draws", draws, least=1), whole("warmup", warmup, least=0)
    log_alpha, log_beta = _start(y, n, chains, generator(rng), log_prior, start)
    log_odds, log_size = log_alpha - log_beta, np.logaddexp(log_alpha, log_beta)
    walk = _Walk(chains)
    kept = _Kept(chains, draws, y.shape[-1])
    density = _marginal(y, n, log_prior)
    now = density(log_odds, log_size)

    for sweep in _sweeps(warmup + draws, progress):
        log_odds, now = walk.move(0, log_odds, now, lambda x, v=log_size: density(x, v), rng)
        log_size, now = walk.move(1, log_size, now, lambda x, u=log_odds: density(u, x), rng)
        if sweep < warmup:
            walk.tune(last=sweep + 1 == warmup)
        else:
            log_alpha = log_size - np.logaddexp(0, -log_odds)
            log_beta = log_size - np.logaddexp(0, log_odds)
            theta = _draw_plain_rates(np.exp(log_alpha), np.exp(log_beta), y, n, rng)
            kept.add(sweep - warmup, log_alpha, log_beta, theta)
    return kept.result(walk)


def reparametrised(
    y,
    n,
    *,
    centred: bool,
    chains: int = 4,
    draws: int = 1000,
    warmup: int = 500,
    rng: np.random.Generator,
    log_prior: Callable = bda3_prior,
    progress: bool = True,
    start=None,
) -> Draws:
    """Sample as `gibbs_metropolis`, but move log(alpha/beta) and log(alpha+beta), in two forms.

    Each sweep draws the rates. Then alpha and beta move while something about the rates is held:
    the rates themselves (centred), or each rate's rank u_j in the population, so that the rates
    move along, theta_j = F^{-1}(u_j; alpha, beta) (non-centred).

    Parameters
    ----------
    y, n : array_like, shape (J,) or (chains, J)
        Successes and trials.
    centred : bool
        True: hold the rates. False: hold their ranks.
    chains, draws, warmup, rng, log_prior, progress, start
        As for `gibbs_metropolis`.

    Returns
    -------
    Draws

    Notes
    -----
    Papaspiliopoulos, Roberts and Skoeld (2007), "A general framework for the parametrization of
    hierarchical models". Holding ranks takes the inverse of the beta distribution function and is
    slower per sweep; it is meant for a few dozen units.
    """
    y, n = _data(y, n, chains)
    if not isinstance(centred, bool | np.bool_):
        raise TypeError(f"centred: True or False is wanted; got {centred!r:.80}")
    draws, warmup = whole("draws", draws, least=1), whole("warmup", warmup, least=0)
    log_alpha, log_beta = _start(y, n, chains, generator(rng), log_prior, start)
    log_odds, log_size = log_alpha - log_beta, np.logaddexp(log_alpha, log_beta)
    walk = _Walk(chains)
    kept = _Kept(chains, draws, y.shape[-1])

    for sweep in _sweeps(warmup + draws, progress):
        alpha, beta = np.exp(log_size) * expit(log_odds), np.exp(log_size) * expit(-log_odds)
        log_theta, log_rest = _draw_rates(alpha, beta, y, n, rng)
        if centred:
            density = _given_rates(log_theta.mean(axis=1), log_rest.mean(axis=1), y, log_prior)
        else:
            rank = betainc(alpha[:, None], beta[:, None], np.exp(log_theta))
            density = _given_ranks(rank, y, n, log_prior)
        now = density(log_odds, log_size)
        log_odds, now = walk.move(0, log_odds, now, lambda x, f=density, v=log_size: f(x, v), rng)
        log_size, now = walk.move(1, log_size, now, lambda x, f=density, u=log_odds: f(u, x), rng)
        if sweep < warmup:
            walk.tune(last=sweep + 1 == warmup)
        else:
            alpha, beta = np.exp(log_size) * expit(log_odds), np.exp(log_size) * expit(-log_odds)
            if not centred:  # the rates went along
                log_theta = np.log(betaincinv(alpha[:, None], beta[:, None], rank))
            kept.add(sweep - warmup, np.log(alpha), np.log(beta), np.exp(log_theta))
    return kept.result(walk)


# --- what they are made of


class _Walk:
    """Metropolis steps for two numbers per chain, with step sizes tuned during warm-up."""

    def __init__(self, chains):
        self.steps = np.full((2, chains), 0.5)
        self.accepted = np.zeros((2, chains))
        self.sweeps = 0

    def move(self, which, x, now, density, rng):
        """Propose x + step * normal; keep it with probability min(1, density ratio).

        `now` is the log density at x. Returns the new x and the log density there.
        """
        proposal = x + self.steps[which] * rng.standard_normal(x.shape)
        there = density(proposal)
        accept = np.log(rng.random(x.shape)) < there - now
        self.accepted[which] += accept
        return np.where(accept, proposal, x), np.where(accept, there, now)

    def tune(self, *, last):
        """After a sweep of the warm-up: every ROUND sweeps, longer steps if many were accepted."""
        self.sweeps += 1
        if self.sweeps % ROUND == 0:
            pace = 3 / math.sqrt(self.sweeps / ROUND)
            self.steps *= np.exp(pace * (self.accepted / ROUND - TARGET))
            self.accepted[:] = 0
        if last:  # what comes now is kept, with these steps
            self.accepted[:] = 0


class _Kept:
    """Room for the draws."""

    def __init__(self, chains, draws, units):
        self.alpha, self.beta = np.empty((chains, draws)), np.empty((chains, draws))
        self.theta = np.empty((chains, draws, units))

    def add(self, draw, log_alpha, log_beta, theta):
        self.alpha[:, draw], self.beta[:, draw] = np.exp(log_alpha), np.exp(log_beta)
        self.theta[:, draw] = theta

    def result(self, walk):
        return Draws(
            self.alpha, self.beta, self.theta, walk.accepted / self.alpha.shape[1], walk.steps
        )


def _data(y, n, chains):
    """Check the data; return arrays of shape (1, J), or (chains, J) for a data set per chain."""
    chains = whole("chains", chains, least=1)
    y, n = real("y", y, bools=True), real("n", n, bools=True)
    if y.ndim < 2:
        y, n = successes_and_trials(y, n)
        return y[None, :], n[None, :]
    if len(y) != chains:
        raise ValueError(f"y: one data set per chain is wanted, {chains}; got {len(y)}")
    y, n = together(y=y, n=n)
    y, n = zip(*(successes_and_trials(*pair) for pair in zip(y, n, strict=True)), strict=True)
    return np.array(y), np.array(n)


def _start(y, n, chains, rng, log_prior, start):
    """Return log alpha and log beta where each chain begins: spread widely around a rough fit."""
    function("log_prior", log_prior)
    if log_prior is bda3_prior and not ((y > 0) & (y < n)).any(axis=1).all():
        raise ValueError("y: no unit has 0 < y < n; under bda3_prior the posterior is improper")
    if start is not None:
        if not hasattr(start, "__len__") or len(start) != 2:
            raise ValueError(f"start: a pair is wanted, alpha and beta; got {start!r:.80}")
        each = np.empty(chains)
        first = [together(start=positive("start", x), chains=each)[0] for x in start]
        log_alpha, log_beta = np.log(first)
        if not np.isfinite(log_prior(*first)).all():
            raise ValueError("start: log_prior is not finite there")
        return log_alpha, log_beta
    odds, size = _rough_fit(y, n)
    log_alpha, log_beta = np.full((2, chains), np.nan)
    for spread in (1.0, *([4.0] * 200)):  # another try for the chains whose start is not allowed
        todo = ~np.isfinite(log_alpha)
        log_odds = odds + 0.5 * spread * rng.uniform(-1, 1, chains)
        log_size = size + 1.2 * spread * rng.uniform(-1, 1, chains)
        alpha, beta = (np.exp(log_size) * expit(sign * log_odds) for sign in (1, -1))
        good = todo & np.isfinite(log_prior(alpha, beta))
        log_alpha[good], log_beta[good] = np.log(alpha[good]), np.log(beta[good])
    if not np.isfinite(log_alpha).all():
        raise ValueError("log_prior: found no starting point where it is finite; give `start`")
    return log_alpha, log_beta


def _rough_fit(y, n):
    """Return log odds and log size that fit each data set roughly: the best of thirty sizes."""
    best = np.full(len(y), -np.inf)
    log_odds, log_size = np.zeros((2, len(y)))
    terms = data_terms(y, n)
    for size in np.geomspace(0.3, 3 * n.max(), 30):
        weight = n / (n + size)
        mean = (weight * (y + 0.5) / (n + 1)).sum(axis=1) / weight.sum(axis=1)
        alpha, beta = size * mean, size * (1 - mean)
        value = log_beta_binomial_given(y, n, *terms, alpha[:, None], beta[:, None]).sum(axis=1)
        better = value > best
        best[better], log_size[better] = value[better], np.log(size)
        log_odds[better] = np.log(mean / (1 - mean))[better]
    return log_odds, log_size


def _sweeps(total, progress):
    """Count the sweeps, behind a printed bar if wanted: on stderr a notebook shows it in red."""
    if not progress:
        return range(total)
    return tqdm(range(total), desc="sweeps", unit="", file=sys.stdout)


def _draw_plain_rates(alpha, beta, y, n, rng):
    """Draw every rate from Beta(alpha + y, beta + n - y), where logs are not needed."""
    return rng.beta(alpha[:, None] + y, beta[:, None] + (n - y))


def _draw_rates(alpha, beta, y, n, rng):
    """Draw every rate from Beta(alpha + y, beta + n - y); return log theta and log(1 - theta).

    Through two gamma draws, and in logs, because a rate may be too near 0 or 1 for a plain number.
    """
    shapes = alpha[:, None] + y, beta[:, None] + (n - y)
    if min(shape.min() for shape in shapes) > 0.1:  # the gamma draws are not: the quick way will do
        gamma = [rng.standard_gamma(shape) for shape in shapes]
        total = np.log(gamma[0] + gamma[1])
        return np.log(gamma[0]) - total, np.log(gamma[1]) - total
    log_gamma = []
    for shape in shapes:
        boost = np.log1p(-rng.random(shape.shape)) / shape  # Gamma(a) = Gamma(a + 1) U^(1/a)
        log_gamma.append(np.log(rng.standard_gamma(shape + 1)) + boost)
    total = np.logaddexp(*log_gamma)
    return log_gamma[0] - total, log_gamma[1] - total


def _log_conditional(log_alpha, log_beta, mean_log_theta, mean_log_rest, units, log_prior):
    """Log density of (log alpha, log beta) given the rates, up to a constant.

    It is units * [alpha mean(log theta) + beta mean(log(1 - theta)) - log B(alpha, beta)]
    + log prior + log alpha + log beta; the last two because it is a density in the logs. B is
    written with Stirling's formula and its exact remainder, which keeps digits for large alpha.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        alpha, beta = np.exp(log_alpha), np.exp(log_beta)
        log_size = np.logaddexp(log_alpha, log_beta)
        remainder = np.array([1, 1, -1]) @ stirling(np.array([alpha, beta, alpha + beta]))
        per_unit = (
            alpha * (mean_log_theta - (log_alpha - log_size))
            + beta * (mean_log_rest - (log_beta - log_size))
            + 0.5 * (log_alpha + log_beta - log_size)
            - remainder
        )
        value = units * per_unit + log_prior(alpha, beta) + log_alpha + log_beta
    return np.where(np.isfinite(value), value, -np.inf)


def _given_rates(mean_log_theta, mean_log_rest, y, log_prior):
    """Return the log density of (log odds, log size) with the rates held."""

    def density(log_odds, log_size):
        log_alpha = log_size - np.logaddexp(0, -log_odds)
        log_beta = log_size - np.logaddexp(0, log_odds)
        return _log_conditional(
            log_alpha, log_beta, mean_log_theta, mean_log_rest, y.shape[-1], log_prior
        )

    return density


def _given_ranks(rank, y, n, log_prior):
    """Return the log density of (log odds, log size) with the rates' ranks held."""

    def density(log_odds, log_size):
        size = np.exp(log_size)
        alpha, beta = size * expit(log_odds), size * expit(-log_odds)
        theta = betaincinv(alpha[:, None], beta[:, None], rank)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = (xlogy(y, theta) + xlog1py(n - y, -theta)).sum(axis=1)
            value += log_prior(alpha, beta) + np.log(alpha) + np.log(beta)
        return np.where(np.isfinite(value), value, -np.inf)

    return density


def _marginal(y, n, log_prior):
    """Return the log density of (log odds, log size) given the data, the rates integrated out."""
    if len(y) == 1:
        y, n, count = distinct(y[0], n[0])
        y, n = y[None], n[None]
    else:  # a data set for each chain
        count = np.ones(y.shape[1])
    log_likelihood = likelihood(y, n, count, data_terms(y, n))

    def density(log_odds, log_size):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            size = np.exp(log_size)
            alpha, beta = size * expit(log_odds), size * expit(-log_odds)
            value = log_likelihood(alpha[:, None], beta[:, None])
            value += log_prior(alpha, beta) + np.log(alpha) + np.log(beta)
        return np.where(np.isfinite(value), value, -np.inf)

    return density
