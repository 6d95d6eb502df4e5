"""Samplers for the Beta-Binomial model with unknown alpha and beta, as in notebook 04.

`gibbs_metropolis` draws every rate, then alpha, then beta, in turn. `collapsed` leaves the rates
out while it moves (they are integrated out) and draws them afterwards. Both run all their chains
side by side in one NumPy expression per step.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable

import numpy as np
from scipy.special import betaln

from helpers._beta_likelihood import (
    Units,
    alpha_beta,
    bda3_prior,
    log_beta_binomial,
    log_likelihood_of_rows,
)
from helpers._validate import generator, successes_and_trials
from helpers.draws import Draws

#: Acceptance rate aimed at in warm-up: good for moving one number at a time (Gelman et al. 1996).
TARGET = 0.44
#: Sweeps between two looks at the acceptance rate during warm-up.
ROUND = 20


def metropolis(x, now, density, step, rng):
    """Propose x + step * normal; keep it with probability min(1, density ratio).

    `x` and `now` (chains,) say where each chain is and the log density there, `density` gives it
    for an array like `x`. Returns the new x and now, and whether each proposal was accepted.
    """
    proposal = x + step * rng.standard_normal(x.shape)
    there = density(proposal)
    accepted = np.log(rng.random(x.shape)) < there - now
    return np.where(accepted, proposal, x), np.where(accepted, there, now), accepted


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
        Say how far a run is that takes longer than two seconds (but not where the environment
        variable PARTIAL_POOLING_QUIET is set).
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
    log_alpha, log_beta = _start(y, n, chains, generator(rng), log_prior, start)
    run = _Run(chains, draws, warmup, y.shape[1], rng)
    for sweep in run.sweeps(progress):
        log_theta, log_rest = _draw_rates(np.exp(log_alpha), np.exp(log_beta), y, n, rng)
        density = _given_rates(log_theta, log_rest, log_prior)
        now = density(log_alpha, log_beta)
        log_alpha, now = run.move(0, log_alpha, now, lambda x, b=log_beta, f=density: f(x, b))
        log_beta, now = run.move(1, log_beta, now, lambda x, a=log_alpha, f=density: f(a, x))
        run.keep(sweep, np.exp(log_alpha), np.exp(log_beta), lambda *_, z=log_theta: np.exp(z))
    return run.result()


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
    """
    y, n = _data(y, n, chains)
    log_alpha, log_beta = _start(y, n, chains, generator(rng), log_prior, start)
    log_odds, log_size = log_alpha - log_beta, np.logaddexp(log_alpha, log_beta)
    run = _Run(chains, draws, warmup, y.shape[1], rng)
    density = _marginal(y, n, log_prior)
    now = density(log_odds, log_size)
    for sweep in run.sweeps(progress):
        log_odds, now = run.move(0, log_odds, now, lambda x, v=log_size: density(x, v))
        log_size, now = run.move(1, log_size, now, lambda x, u=log_odds: density(u, x))
        alpha, beta = alpha_beta(log_odds, log_size)
        run.keep(sweep, alpha, beta, lambda a, b: rng.beta(a[:, None] + y, b[:, None] + (n - y)))
    return run.result()


class _Run:
    """What both samplers do: take steps, tune them in warm-up, keep the draws that follow."""

    def __init__(self, chains, draws, warmup, units, rng):
        self.warmup, self.total, self.rng = warmup, warmup + draws, rng
        self.steps, self.accepted = np.full((2, chains), 0.5), np.zeros((2, chains))
        self.alpha, self.beta = np.empty((chains, draws)), np.empty((chains, draws))
        self.theta = np.empty((chains, draws, units))

    def sweeps(self, progress):
        """Count the sweeps; after two seconds say once a second how far they are."""
        last, said = time.monotonic() + 1, False
        for sweep in range(self.total):
            if progress and time.monotonic() > last + 1:
                said = not os.environ.get("PARTIAL_POOLING_QUIET")
                if said:
                    print(f"\rsweep {sweep:,} of {self.total:,}", end="", flush=True)
                last = time.monotonic()
            yield sweep
        if said:
            print(f"\rsweep {self.total:,} of {self.total:,}")

    def move(self, which, x, now, density):
        """Take one Metropolis step in one of the two numbers."""
        x, now, accepted = metropolis(x, now, density, self.steps[which], self.rng)
        self.accepted[which] += accepted
        return x, now

    def keep(self, sweep, alpha, beta, draw_rates):
        """Tune the steps after a sweep of the warm-up; keep what another sweep found."""
        if sweep >= self.warmup:
            draw = sweep - self.warmup
            self.alpha[:, draw], self.beta[:, draw] = alpha, beta
            self.theta[:, draw] = draw_rates(alpha, beta)
        elif (sweep + 1) % ROUND == 0:  # longer steps if many were accepted
            pace = 3 / math.sqrt((sweep + 1) / ROUND)
            self.steps *= np.exp(pace * (self.accepted / ROUND - TARGET))
            self.accepted[:] = 0
        if sweep + 1 == self.warmup:
            self.accepted[:] = 0

    def result(self):
        """Return the draws."""
        return Draws(self.alpha, self.beta, self.theta, self.accepted / self.alpha.shape[1])


def _data(y, n, chains):
    """Check the data; return arrays of shape (1, J), or (chains, J) for a data set per chain."""
    if np.ndim(y) < 2:
        y, n = successes_and_trials(y, n)
        return y[None], n[None]
    if len(y) != chains:
        raise ValueError(f"y: one data set per chain is wanted, {chains}; got {len(y)}")
    pairs = [
        successes_and_trials(*pair) for pair in zip(y, np.broadcast_to(n, np.shape(y)), strict=True)
    ]
    return tuple(map(np.array, zip(*pairs, strict=True)))


def _start(y, n, chains, rng, log_prior, start):
    """Return log alpha and log beta where each chain begins: spread widely around a rough fit."""
    if log_prior is bda3_prior and not ((y > 0) & (y < n)).any(axis=1).all():
        raise ValueError("y: no unit has 0 < y < n; under bda3_prior the posterior is improper")
    if start is not None:
        alpha, beta = (np.broadcast_to(np.asarray(x, float), chains) for x in start)
        if not ((alpha > 0) & (beta > 0) & np.isfinite(log_prior(alpha, beta))).all():
            raise ValueError("start: alpha and beta > 0 are wanted, with a finite log_prior")
        return np.log(alpha), np.log(beta)
    odds, size = _rough_fit(y, n)
    log_alpha, log_beta = np.full((2, chains), np.nan)
    for spread in (1.0, *([4.0] * 200)):  # another try for the chains whose start is not allowed
        log_odds = odds + 0.5 * spread * rng.uniform(-1, 1, chains)
        log_size = size + 1.2 * spread * rng.uniform(-1, 1, chains)
        alpha, beta = alpha_beta(log_odds, log_size)
        good = np.isnan(log_alpha) & np.isfinite(log_prior(alpha, beta))
        log_alpha[good], log_beta[good] = np.log(alpha[good]), np.log(beta[good])
    if np.isnan(log_alpha).any():
        raise ValueError("log_prior: found no starting point where it is finite; give `start`")
    return log_alpha, log_beta


def _rough_fit(y, n):
    """Return log odds and log size that fit each data set roughly: the best of thirty sizes."""
    sizes = np.geomspace(0.3, 3 * n.max(), 30)
    weight = [n / (n + size) for size in sizes]
    mean = np.array([(w * (y + 0.5) / (n + 1)).sum(axis=1) / w.sum(axis=1) for w in weight])
    alpha, beta = sizes[:, None] * mean, sizes[:, None] * (1 - mean)
    each = zip(alpha[..., None], beta[..., None], strict=True)
    best = np.argmax([log_beta_binomial(y, n, a, b).sum(axis=1) for a, b in each], axis=0)
    mean = mean[best, np.arange(len(y))]
    return np.log(mean / (1 - mean)), np.log(sizes[best])


def _draw_rates(alpha, beta, y, n, rng):
    """Draw every rate from Beta(alpha + y, beta + n - y); return log theta and log(1 - theta).

    Through two gamma draws, and in logs, because a rate may be too near 0 or 1 for a plain number.
    """
    log_gamma = []
    for shape in (alpha[:, None] + y, beta[:, None] + (n - y)):
        if shape.min() > 0.1:
            log_gamma.append(np.log(rng.standard_gamma(shape)))
        else:  # Gamma(a) = Gamma(a + 1) U^(1/a)
            boost = np.log1p(-rng.random(shape.shape)) / shape
            log_gamma.append(np.log(rng.standard_gamma(shape + 1)) + boost)
    total = np.logaddexp(*log_gamma)
    return log_gamma[0] - total, log_gamma[1] - total


def _given_rates(log_theta, log_rest, log_prior):
    """Return the log density of (log alpha, log beta) given the rates, up to a constant."""
    units, theta, rest = log_theta.shape[1], log_theta.sum(axis=1), log_rest.sum(axis=1)

    def density(log_alpha, log_beta):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            alpha, beta = np.exp(log_alpha), np.exp(log_beta)
            value = alpha * theta + beta * rest - units * betaln(alpha, beta)
            # the last two because it is a density in the logs
            value = value + log_prior(alpha, beta) + log_alpha + log_beta
        return np.where(np.isfinite(value), value, -np.inf)

    return density


def _marginal(y, n, log_prior):
    """Return the log density of (log odds, log size) given the data, the rates integrated out."""
    likelihood = Units(y[0], n[0]).log_likelihood if len(y) == 1 else log_likelihood_of_rows(y, n)

    def density(log_odds, log_size):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            alpha, beta = alpha_beta(log_odds, log_size)
            value = likelihood(alpha, beta) + log_prior(alpha, beta) + np.log(alpha) + np.log(beta)
        return np.where(np.isfinite(value), value, -np.inf)

    return density
