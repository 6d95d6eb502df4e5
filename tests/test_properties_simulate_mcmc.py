"""helpers.simulate and helpers.mcmc on any valid data and on any invalid argument."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers import mcmc, simulate
from tests.strategies import (
    NO_COUNTS,
    NO_NUMBER,
    NO_NUMBERS,
    NO_SIZE,
    each,
    few,
    refused,
    successes,
)

ordinary = st.floats(-1e6, 1e6)
seeds = st.integers(0, 2**32 - 1)


def rng(seed=911):
    return np.random.default_rng(seed)


# ---------------------------------------------------------------------------------------- drawing


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6), ordinary, st.floats(0, 1e6), seeds)
def test_normal_data_shift_and_scale_with_their_population(n, mean, between, seed):
    given = {"between_sd": between, "within_sd": 3.0}
    one = simulate.normal_means(n, mean=mean, rng=rng(seed), replications=3, **given)
    assert one.raw.shape == one.truth.shape == (3, len(n))
    assert (one.standard_error > 0).all() and (one.standard_error <= 3).all()
    zero = simulate.normal_means(n, rng=rng(seed), replications=3, **given)
    np.testing.assert_allclose(one.raw - mean, zero.raw, atol=1e-8 * (1 + abs(mean) + between))


@given(successes(), st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), seeds)
def test_counts_lie_within_their_trials_and_rates_within_0_to_1(data, alpha, beta, seed):
    _, n = data
    drawn = simulate.beta_binomial(n, alpha=alpha, beta=beta, rng=rng(seed), replications=2)
    assert ((drawn.y >= 0) & (drawn.y <= n) & (drawn.y == np.floor(drawn.y))).all()
    assert ((drawn.truth >= 0) & (drawn.truth <= 1)).all()
    sure = simulate.beta_binomial(n, truth=np.ones(n.size), rng=rng(seed))
    assert (sure.y == n).all() and (sure.raw == 1).all()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), ordinary, ordinary, seeds)
def test_rows_move_with_their_group_and_predictor(sizes, mean, slope, seed):
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = np.arange(group.size) - 1.0
    given = {"between_sd": 2.0, "within_sd": 1.0}
    plain = simulate.two_level(group, rng=rng(seed), **given)
    moved = simulate.two_level(group, x, slopes=slope, mean=mean, rng=rng(seed), **given)
    size = 1e-8 * (1 + abs(mean) + abs(slope) * group.size)
    np.testing.assert_allclose(moved.y - mean - slope * x, plain.y, atol=size)


# ---------------------------------------------------------------------------------------- scoring


@given(st.integers(2, 6), st.integers(1, 5), ordinary, st.floats(-1e3, 1e3), seeds)
def test_scores_shift_and_scale_with_the_errors(replications, units, shift, scale, seed):
    estimates, truth = rng(seed).normal(size=(2, replications, units))
    for axis in (None, 0, 1):
        one = simulate.score(estimates, truth, estimates - 1, estimates + 1, axis=axis)
        np.testing.assert_allclose(one.mse, one.bias**2 + one.variance, rtol=1e-9)
        assert np.all((np.asarray(one.coverage) >= 0) & (np.asarray(one.coverage) <= 1))
        two = simulate.score(scale * (estimates + shift), scale * (truth + shift), axis=axis)
        slack = 1e-6 * scale**2 * (1 + 1e-9 * abs(shift)) + 1e-12
        np.testing.assert_allclose(two.mse, scale**2 * np.asarray(one.mse), rtol=1e-6, atol=slack)
    always = simulate.score(estimates, truth, np.full(estimates.shape, -np.inf), np.inf)
    assert always.coverage == 1


@given(st.integers(2, 8), st.integers(1, 4), st.floats(-2, 2), seeds)
def test_the_best_weight_is_found_where_it_is_exact(replications, units, weight, seed):
    raw, centre = rng(seed).normal(size=(2, replications, units))
    truth = weight * raw + (1 - weight) * centre
    found, error = simulate.best_weight(raw, truth, centre)
    assert found == pytest.approx(weight, abs=1e-9) and error == pytest.approx(0, abs=1e-9)
    each_one, _ = simulate.best_weight(raw, truth, centre, axis=0)
    assert each_one == pytest.approx(weight, abs=1e-9)


@given(st.lists(st.tuples(ordinary, ordinary, st.floats(1e-3, 1e3)), min_size=1, max_size=5))
def test_a_ledger_counts_distances_in_errors(claims):
    ledger = simulate.Ledger()
    exact, simulated, error = map(np.array, zip(*claims, strict=True))
    ledger.add("claim", exact, simulated, error)
    np.testing.assert_allclose(ledger.z, (simulated - exact) / error)
    assert ledger.rms >= 0 and ledger.table().endswith(f"{ledger.rms:.2f}")


# --------------------------------------------------------------------------------------- samplers

SAMPLERS = {
    "gibbs": mcmc.gibbs_metropolis,
    "collapsed": mcmc.collapsed,
    "centred": lambda y, n, **options: mcmc.reparametrised(y, n, centred=True, **options),
    "non-centred": lambda y, n, **options: mcmc.reparametrised(y, n, centred=False, **options),
}
QUICK = {"chains": 2, "draws": 6, "warmup": 4, "progress": False}


@pytest.mark.parametrize("name", list(SAMPLERS))
@settings(max_examples=few(8))
@given(st.data(), seeds)
def test_draws_are_numbers_in_range_and_the_same_every_time(name, data, seed):
    """The non-centred sampler takes few trials: the rank of a rate far out is rounded to 0 or 1."""
    sampler = SAMPLERS[name]
    y, n = data.draw(successes(most=4, trials=20 if name == "non-centred" else 10**9))
    assume(((y > 0) & (y < n)).any())
    draws = sampler(y, n, rng=rng(seed), **QUICK)
    assert (draws.alpha > 0).all() and (draws.beta > 0).all()
    assert np.isfinite([draws["log_odds"], draws["log_size"]]).all()
    assert ((draws.theta >= 0) & (draws.theta <= 1)).all()
    assert draws.theta.shape == (2, 6, y.size)
    assert ((draws.acceptance >= 0) & (draws.acceptance <= 1)).all() and (draws.steps > 0).all()
    again = sampler(y, n, rng=rng(seed), **QUICK)
    np.testing.assert_array_equal(draws.theta, again.theta)


# -------------------------------------------------------------------------------------- bad input


@each(NO_COUNTS)
def test_sizes_that_are_no_counts_are_refused(bad):
    for call in (
        lambda: simulate.normal_means(bad, between_sd=1.0, within_sd=1.0, rng=rng()),
        lambda: simulate.beta_binomial(bad, alpha=1.0, beta=1.0, rng=rng()),
    ):
        with refused("n"):
            call()
    with refused("group"):
        simulate.two_level(bad, between_sd=1.0, within_sd=1.0, rng=rng())


@each(NO_SIZE)
def test_spreads_are_single_numbers_above_0(bad):
    with refused("within_sd"):
        simulate.normal_means([2, 3], between_sd=1.0, within_sd=bad, rng=rng())
    with refused("within_sd"):
        simulate.two_level([0, 1], between_sd=1.0, within_sd=bad, rng=rng())
    if bad is not None:
        with refused("alpha"):
            simulate.beta_binomial([2, 3], alpha=bad, beta=1.0, rng=rng())
        with refused("beta"):
            simulate.beta_binomial([2, 3], alpha=1.0, beta=bad, rng=rng())
    if bad != 0.0 if np.ndim(bad) == 0 else True:
        with refused("between_sd"):
            simulate.normal_means([2, 3], between_sd=bad, within_sd=1.0, rng=rng())


@each(NO_NUMBER)
def test_the_mean_of_a_population_is_one_number(bad):
    with refused("mean"):
        simulate.normal_means([2, 3], mean=bad, between_sd=1.0, within_sd=1.0, rng=rng())


@each(NO_NUMBERS)
def test_what_are_no_numbers_is_refused_wherever_numbers_are_wanted(bad):
    drawn = {"between_sd": 1.0, "within_sd": 1.0, "rng": rng()}
    with refused("mean"):
        simulate.two_level([0, 1, 2], mean=bad, **drawn)
    if bad is not None:
        with refused("X"):
            simulate.two_level([0, 1, 2], bad, slopes=1.0, **drawn)
        with refused("truth"):
            simulate.normal_means([2, 3, 4], truth=bad, **drawn)
        with refused("truth"):
            simulate.beta_binomial([2, 3, 4], truth=bad, rng=rng())
    with refused("estimates"):
        simulate.score(bad, [1.0, 2.0, 3.0])
    with refused("truth"):
        simulate.score([1.0, 2.0, 3.0], bad)
    good = np.ones((2, 3))
    for name, call in (
        ("raw", lambda: simulate.best_weight(bad, good, 0.0)),
        ("truth", lambda: simulate.best_weight(good, bad, 0.0)),
        ("centre", lambda: simulate.best_weight(good, good, bad)),
        ("exact", lambda: simulate.Ledger().add("claim", bad, [1.0, 2.0, 3.0], 1.0)),
        ("simulated", lambda: simulate.Ledger().add("claim", 1.0, bad, 1.0)),
        ("error", lambda: simulate.Ledger().add("claim", 1.0, 2.0, bad)),
    ):
        with refused(name):
            call()


@each({name: bad for name, bad in NO_COUNTS.items() if name != "a table"})  # one row a chain
def test_samplers_refuse_what_is_no_count(bad):
    for sampler in SAMPLERS.values():
        with refused("y"):
            sampler(bad, [5, 5, 5], rng=rng(), **QUICK)
        with refused("n"):
            sampler([1, 2, 3], bad, rng=rng(), **QUICK)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        (
            "slopes",
            lambda: simulate.two_level([0], [1.0], slopes="a", within_sd=1, truth=[0.0], rng=rng()),
        ),
        (
            "slopes",
            lambda: simulate.two_level(
                [0], [1.0], slopes=np.nan, within_sd=1, truth=[0.0], rng=rng()
            ),
        ),
        (
            "mean",
            lambda: simulate.two_level(
                [0, 1], mean=[1, 2, 3], between_sd=1, within_sd=1, rng=rng()
            ),
        ),
        ("estimates and truth", lambda: simulate.score([1.0, 2], [1.0, 2, 3])),
        ("lower", lambda: simulate.score([1.0, 2], 0, [0, np.nan], [3, 3])),
        ("upper", lambda: simulate.score([1.0, 2], 0, [0, 0], [3, np.nan])),
        ("lower and upper", lambda: simulate.score([1.0, 2], 0, [0, 0], [3, 3, 3])),
        ("lower", lambda: simulate.score([1.0, 2], 0, [0] * 3, [3] * 3)),
        ("inside", lambda: simulate.score([1.0, 2], 0, inside=[1, 2])),
        ("inside", lambda: simulate.score([1.0, 2], 0, inside=[True, True, True])),
        ("inside", lambda: simulate.score([1.0, 2], 0, inside=["a", "b"])),
        ("trials", lambda: simulate.table({})),
        ("scores", lambda: simulate.report({})),
        ("raw", lambda: simulate.best_weight([[1.0, 2]], [[1.0, 2]], 0)),
        ("raw", lambda: simulate.best_weight(np.ones((2, 2)), np.ones((2, 2)), 1.0)),
        ("centre", lambda: simulate.best_weight(np.ones((2, 2)), np.ones((2, 2)), [1, 2, 3])),
        ("rows", lambda: simulate.Ledger().rms),
        ("rows", lambda: simulate.Ledger().table()),
        ("exact and simulated", lambda: simulate.Ledger().add("claim", [1, 2], [1, 2, 3], 1)),
        ("names", lambda: simulate.Ledger().compare("claim", 1, 1, 1, names=["a", "b"])),
        ("start", lambda: mcmc.collapsed([1, 3], [5, 5], start=5, rng=rng())),
        ("start", lambda: mcmc.collapsed([1, 3], [5, 5], start=("a", 1), rng=rng())),
        ("start", lambda: mcmc.collapsed([1, 3], [5, 5], start=([1, 2], 3), chains=3, rng=rng())),
        ("log_prior", lambda: mcmc.collapsed([1, 3], [5, 5], log_prior=None, rng=rng())),
        ("y and n", lambda: mcmc.collapsed([[1, 3]] * 2, [[5, 5]] * 3, chains=2, rng=rng())),
        ("centred", lambda: mcmc.reparametrised([1, 3], [5, 5], centred="no", rng=rng())),
        ("rng", lambda: simulate.beta_binomial([1], alpha=1, beta=1, rng=None)),
    ],
)
def test_what_has_no_answer_is_refused_by_name(name, call):
    with refused(name):
        call()
