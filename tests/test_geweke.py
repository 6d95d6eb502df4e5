"""A second opinion on both samplers: Geweke's (2004) joint-distribution test.

Truth and data from the prior; then, in turn, one sweep of the sampler given the data and new data
given the truth. If the sweep keeps the posterior as it is, the joint distribution never moves, so
after any number of turns alpha, beta, rates and counts are still draws from the prior. Unlike
calibration it needs no chain to settle, and many short chains are independent of each other.
"""

import numpy as np
import pytest
from scipy import stats

from helpers import mcmc
from helpers.beta_binomial import bda3_prior
from helpers.mcmc import collapsed, gibbs_metropolis
from helpers.rat_studies import draw_populations

pytestmark = pytest.mark.long

CHAINS, TURNS, TRIALS = 2000, 12, np.full(5, 20)
SAMPLERS = pytest.mark.parametrize(
    "sampler", [collapsed, gibbs_metropolis], ids=["collapsed", "gibbs"]
)


def proper(a, b):
    return np.where((a + b >= 1) & (a + b <= 1000), bda3_prior(a, b), -np.inf)


def after_turns(sampler, rng, log_prior):
    alpha, beta, theta = draw_populations(CHAINS, TRIALS.size, rng=rng)
    for _ in range(TURNS):
        y = rng.binomial(TRIALS, theta)
        run = sampler(
            y,
            TRIALS,
            chains=CHAINS,
            draws=1,
            warmup=0,
            rng=rng,
            log_prior=log_prior,
            progress=False,
            start=(alpha, beta),
        )
        alpha, beta, theta = run.alpha[:, 0], run.beta[:, 0], run.theta[:, 0]
    return alpha, beta, theta


def least_p(sampler, log_prior=proper, seed=423):
    """Least p-value of Kolmogorov and Smirnov's test over seven quantities."""
    rng = np.random.default_rng(seed)
    moved = after_turns(sampler, rng, log_prior)
    fresh = draw_populations(CHAINS, TRIALS.size, rng=rng)

    def quantities(alpha, beta, theta):
        spread, mean = theta.std(axis=1), alpha / (alpha + beta)
        yield from (np.log(alpha), np.log(beta), np.log(alpha + beta), mean, theta[:, 0], spread)
        yield (theta.mean(axis=1) - mean) * (mean - 0.5)  # is it the same side that leans?

    pairs = zip(quantities(*moved), quantities(*fresh), strict=True)
    return min(stats.ks_2samp(a, b).pvalue for a, b in pairs)


@SAMPLERS
def test_a_sweep_leaves_the_joint_distribution_as_it_is(sampler):
    assert least_p(sampler) > 0.001


@SAMPLERS
def test_a_wrong_prior_exponent_moves_it(sampler):
    assert least_p(sampler, lambda a, b: proper(a, b) + np.log(a + b)) < 1e-6


@SAMPLERS
def test_swapped_alpha_and_beta_move_it(sampler, monkeypatch):
    for name in ("_draw_rates", "_draw_plain_rates"):
        draw = getattr(mcmc, name)
        monkeypatch.setattr(mcmc, name, lambda a, b, y, n, rng, draw=draw: draw(b, a, y, n, rng))
    assert least_p(sampler) < 1e-6


@SAMPLERS
def test_a_step_in_the_wrong_density_moves_it(sampler, monkeypatch):
    """The Jacobian forgotten: a density in alpha and beta taken for one in their logs."""
    wrong = lambda a, b: proper(a, b) - np.log(a) - np.log(b)  # noqa: E731
    assert least_p(sampler, wrong) < 1e-6
