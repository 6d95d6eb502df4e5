"""Both samplers against truths drawn from the prior, and planted faults that must be found.

Calibration (Talts et al. 2018): the rank of the truth among the sampler's draws is uniform.
A second opinion (Geweke 2004), which needs no chain to settle: truth and data from the prior; then,
in turn, one sweep given the data and new data given the truth. The joint distribution never moves.
The prior has to be proper: the textbook's, cut off to 1 <= alpha + beta <= 1000.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from helpers.beta_binomial import bda3_prior
from helpers.mcmc import collapsed, gibbs_metropolis
from helpers.simulate import calibration, draw_populations

SAMPLERS = pytest.mark.parametrize(
    "sampler", [collapsed, gibbs_metropolis], ids=["collapsed", "gibbs"]
)
# Sweeps between ranked draws: enough for nearly independent ones (Gibbs is slow).
THIN = {collapsed: 10, gibbs_metropolis: 300}
RANKS = 19


def proper(a, b):
    return np.where((a + b >= 1) & (a + b <= 1000), bda3_prior(a, b), -np.inf)


# --- faults


class Careless(np.random.Generator):
    """Its uniform numbers are squares, so that log(u) falls below half of a log ratio."""

    def random(self, *args, **kwargs):
        return super().random(*args, **kwargs) ** 2


def careless(sampler):
    """Accept with the square root of the ratio: too many bad proposals."""
    return lambda y, n, *, rng, **given: sampler(y, n, rng=Careless(rng.bit_generator), **given)


def swapped(sampler):
    """Draw the rates from Beta(beta + y, alpha + n - y)."""

    def run(y, n, *, rng, **given):
        draws = sampler(y, n, rng=rng, **given)
        shapes = draws.beta[..., None] + y[:, None], draws.alpha[..., None] + (n - y)[:, None]
        return replace(draws, theta=rng.beta(*shapes))

    return run


def one_power_off(a, b):
    """(alpha + beta)^(-3/2) in (alpha, beta): the slip of exercise 4.3, the other way round."""
    return proper(a, b) + np.log(a + b)


def no_jacobian(a, b):
    """A density in alpha and beta, taken for one in their logs."""
    return proper(a, b) - np.log(a) - np.log(b)


FAULTS = [
    pytest.param(swapped, proper, id="alpha and beta swapped"),
    pytest.param(None, one_power_off, id="prior exponent"),
    pytest.param(None, no_jacobian, id="Jacobian"),
]
TOO_SLOW_FOR_GEWEKE = pytest.param(careless, proper, id="square root of the ratio")

# --- calibration


def test_the_truth_is_drawn_from_the_prior():
    """Flat in the mean and in (alpha + beta)^(-1/2), which is what the density of both says."""
    alpha, beta, theta = draw_populations(20_000, 1, rng=np.random.default_rng(1))
    least = 1000**-0.5
    share = ((alpha + beta) ** -0.5 - least) / (1 - least)
    ranked = stats.beta(alpha, beta).cdf(theta[:, 0])
    for uniform in (share, alpha / (alpha + beta), ranked):
        assert stats.kstest(uniform, "uniform").pvalue > 1e-3


def ranks(sampler, *, fault=None, log_prior=proper, repeats=1000, hurry=1):
    thin = THIN[sampler] // hurry
    given = {"trials": np.full(6, 20), "thin": thin, "warmup": 10 * thin}
    sampler, rng = fault(sampler) if fault else sampler, np.random.default_rng(415)
    return calibration(sampler, repeats=repeats, rng=rng, log_prior=log_prior, **given)


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


def fails(told):
    """Say whether the ranks of any quantity lean to a side or pile up, beyond all chance."""
    counts = [np.bincount(ranks, minlength=RANKS + 1) for ranks in told.values()]
    uneven = min(stats.chisquare(count).pvalue for count in counts) < 1e-6
    return uneven or any(largest_gap(x) > bound(len(x), 0.9999) for x in told.values())


@pytest.mark.long
@SAMPLERS
def test_ranks_are_uniform(sampler):
    """1,000 data sets: each of four quantities stays inside its 99% band."""
    for name, told in ranks(sampler).items():
        assert told.min() >= 0 and told.max() <= RANKS
        assert largest_gap(told) < bound(1000, 0.99), name
        assert stats.chisquare(np.bincount(told, minlength=RANKS + 1)).pvalue > 0.001, name


# A fault shows with shorter chains as well, and these find none where there is none.
@pytest.mark.long
@SAMPLERS
def test_short_runs_find_no_fault_in_the_samplers(sampler):
    assert not fails(ranks(sampler, hurry=3))


@pytest.mark.long
@pytest.mark.parametrize(("fault", "prior"), [*FAULTS, TOO_SLOW_FOR_GEWEKE])
@SAMPLERS
def test_calibration_finds(sampler, fault, prior):
    assert fails(ranks(sampler, fault=fault, log_prior=prior, hurry=3))


def test_small_calibration_of_the_quick_suite():
    """What notebook 04 shows, with the collapsed sampler: level ranks, and a slope if wrong."""
    right = ranks(collapsed, repeats=300)
    assert not fails(right)
    assert largest_gap(right["log_size"]) < bound(300, 0.999)
    assert fails(ranks(collapsed, repeats=300, log_prior=one_power_off))


# --- Geweke's test


def least_p(sampler, log_prior=proper, chains=2000, units=5, turns=12):
    """Least p-value of Kolmogorov and Smirnov's test over seven quantities."""
    rng, n = np.random.default_rng(423), np.full(units, 20)
    given = {"chains": chains, "draws": 1, "warmup": 0, "log_prior": log_prior, "progress": False}
    alpha, beta, theta = draw_populations(chains, units, rng=rng)
    for _ in range(turns):
        run = sampler(rng.binomial(n, theta), n, rng=rng, start=(alpha, beta), **given)
        alpha, beta, theta = run.alpha[:, 0], run.beta[:, 0], run.theta[:, 0]

    def quantities(alpha, beta, theta):
        spread, mean = theta.std(axis=1), alpha / (alpha + beta)
        yield from (np.log(alpha), np.log(beta), np.log(alpha + beta), mean, theta[:, 0], spread)
        yield (theta.mean(axis=1) - mean) * (mean - 0.5)  # is it the same side that leans?

    fresh = draw_populations(chains, units, rng=rng)
    pairs = zip(quantities(alpha, beta, theta), quantities(*fresh), strict=True)
    return min(stats.ks_2samp(a, b).pvalue for a, b in pairs)


@pytest.mark.long
@SAMPLERS
def test_a_sweep_leaves_the_joint_distribution_as_it_is(sampler):
    assert least_p(sampler) > 0.001


@pytest.mark.long
@pytest.mark.parametrize(("fault", "prior"), FAULTS)
@SAMPLERS
def test_geweke_finds(sampler, fault, prior):
    assert least_p(fault(sampler) if fault else sampler, prior) < 1e-6
