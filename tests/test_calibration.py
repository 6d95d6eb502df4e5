"""Simulation-based calibration of both samplers, and three planted faults that it must find.

Truth from the prior, data from the truth, posterior draws from the sampler: the rank of the truth
among the draws is uniform if, and only if, the sampler draws from the posterior (Talts et al.
2018). The prior has to be proper: the textbook's, cut off to 1 <= alpha + beta <= 1000.
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from helpers import mcmc
from helpers.beta_binomial import bda3_prior
from helpers.mcmc import collapsed, gibbs_metropolis
from helpers.rat_studies import calibration

REPEATS, RANKS, TRIALS = 1000, 19, np.full(6, 20)
# Sweeps between ranked draws: enough for nearly independent ones (Gibbs is slow).
THIN = {collapsed: 10, gibbs_metropolis: 300}
SAMPLERS = pytest.mark.parametrize(
    "sampler", [collapsed, gibbs_metropolis], ids=["collapsed", "gibbs"]
)


def proper(a, b):
    return np.where((a + b >= 1) & (a + b <= 1000), bda3_prior(a, b), -np.inf)


def run(sampler, *, log_prior=proper, repeats=REPEATS, seed=415, hurry=1):
    thin = THIN[sampler] // hurry
    return calibration(
        sampler,
        repeats=repeats,
        rng=np.random.default_rng(seed),
        log_prior=log_prior,
        trials=TRIALS,
        ranks=RANKS,
        thin=thin,
        warmup=10 * thin,
    )


def largest_gap(ranks):
    """Largest distance between the ranks' distribution and the uniform one."""
    share = np.cumsum(np.bincount(ranks, minlength=RANKS + 1)) / ranks.size
    return np.abs(share - np.arange(1, RANKS + 2) / (RANKS + 1)).max()


@cache
def bound(repeats, level):
    """Return the gap that uniform ranks exceed with probability 1 - level, by simulation."""
    rng = np.random.default_rng(1)
    gaps = [largest_gap(rng.integers(0, RANKS + 1, repeats)) for _ in range(20_000)]
    return np.quantile(gaps, level)


@pytest.mark.long
@SAMPLERS
def test_ranks_are_uniform(sampler):
    """1,000 data sets: each of four quantities stays inside its 99% band."""
    told = run(sampler)
    for name, ranks in told.items():
        assert ranks.min() >= 0 and ranks.max() <= RANKS
        assert largest_gap(ranks) < bound(REPEATS, 0.99), name
        counts = np.bincount(ranks, minlength=RANKS + 1)
        assert stats.chisquare(counts).pvalue > 0.001, (name, counts)


def fails(told):
    """Say whether the ranks of any quantity lean to a side or pile up, beyond all chance."""
    counts = [np.bincount(ranks, minlength=RANKS + 1) for ranks in told.values()]
    uneven = min(stats.chisquare(count).pvalue for count in counts) < 1e-6
    return uneven or any(largest_gap(x) > bound(len(x), 0.9999) for x in told.values())


# A fault shows with shorter chains as well; see the next test for what they do if all is right.
SHORT = {"hurry": 3}


@pytest.mark.long
@SAMPLERS
def test_the_short_runs_that_find_faults_find_none_in_the_samplers(sampler):
    assert not fails(run(sampler, **SHORT))


@pytest.mark.long
@SAMPLERS
def test_a_wrong_prior_exponent_is_found(sampler):
    """(alpha + beta)^(-3/2) in (alpha, beta): the slip of exercise 4.3, the other way round."""
    assert fails(run(sampler, log_prior=lambda a, b: proper(a, b) + np.log(a + b), **SHORT))


@pytest.mark.long
@SAMPLERS
def test_a_wrong_acceptance_ratio_is_found(sampler, monkeypatch):
    """The ratio's square root: too many bad proposals are accepted."""
    move = mcmc._Walk.move

    def careless(self, which, x, now, density, rng):
        x, half = move(self, which, x, now / 2, lambda z: density(z) / 2, rng)
        return x, 2 * half

    monkeypatch.setattr(mcmc._Walk, "move", careless)
    assert fails(run(sampler, **SHORT))


@pytest.mark.long
@SAMPLERS
def test_swapped_alpha_and_beta_are_found(sampler, monkeypatch):
    """The rates drawn from Beta(beta + y, alpha + n - y)."""
    for name in ("_draw_rates", "_draw_plain_rates"):
        draw = getattr(mcmc, name)
        monkeypatch.setattr(mcmc, name, lambda a, b, y, n, rng, draw=draw: draw(b, a, y, n, rng))
    assert fails(run(sampler, **SHORT))


def test_small_calibration_of_the_quick_suite():
    """What notebook 04 shows, with the collapsed sampler: level ranks, and a slope if wrong."""
    right = run(collapsed, repeats=300)
    wrong = run(collapsed, repeats=300, log_prior=lambda a, b: proper(a, b) + np.log(a + b))
    assert not fails(right)
    assert largest_gap(right["log_size"]) < bound(300, 0.999)
    assert fails(wrong)
