"""helpers.normal_normal on any valid data, on any invalid argument, and at the extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import normal_normal as nn
from tests.strategies import NO_NUMBERS, NO_SHARE, NO_SIZE, each, few, measured, orders, refused

between_sds = st.one_of(st.just(0.0), st.floats(1e-3, 1e4), st.just(np.inf))
scales = st.floats(1e-6, 1e6)


def close(one, two, size):
    """Compare up to rounding in numbers of this size."""
    np.testing.assert_allclose(one, two, rtol=1e-7, atol=1e-9 * (1 + np.max(np.abs(size))))


# -------------------------------------------------------------------------------- one known spread


@given(measured(), between_sds)
def test_weights_lie_in_0_to_1_and_estimates_between_raw_mean_and_centre(data, between_sd):
    raw, se = data
    share, told = nn.weight(se, between_sd), nn.partial_pooling(raw, se, between_sd)
    middle, variance = nn.centre(raw, se, between_sd)
    assert ((share >= 0) & (share <= 1)).all()
    ends, rounding = np.sort([raw, np.full(raw.size, middle)], axis=0), 1e-9 * (1 + abs(raw).max())
    assert (ends[0] - rounding <= told.mean).all() and (told.mean <= ends[1] + rounding).all()
    assert (told.sd <= se * (1 + 1e-12)).all() and (told.sd >= 0).all() and variance > 0
    assert raw.min() - rounding <= middle <= raw.max() + rounding


@given(measured())
def test_no_spread_is_complete_pooling_and_spread_without_end_is_none(data):
    raw, se = data
    none, complete = nn.partial_pooling(raw, se, 0.0), nn.complete_pooling(raw, se)
    close(none.mean, complete.mean, raw)
    assert (none.sd == 0).all() and np.ptp(complete.mean) == 0
    alone = nn.partial_pooling(raw, se, np.inf)
    assert (alone.mean == raw).all() and (alone.sd == se).all()
    middle, variance = nn.centre(raw, se, np.inf)
    close(middle, raw.mean(), raw)
    assert np.isinf(variance)


@given(measured(), between_sds, st.data())
def test_permuting_the_units_permutes_the_estimates(data, between_sd, more):
    raw, se = data
    order = orders(more.draw, raw.size)
    one = nn.partial_pooling(raw, se, between_sd)
    two = nn.partial_pooling(raw[order], se[order], between_sd)
    close(two.mean, one.mean[order], raw)
    close(two.sd, one.sd[order], se)


@given(measured(), st.floats(0, 1e3), scales, st.floats(-1e3, 1e3))
def test_scaling_and_shifting_the_data_scales_and_shifts_the_estimates(data, spread, scale, shift):
    raw, se = data
    one = nn.partial_pooling(raw, se, spread)
    two = nn.partial_pooling(scale * (raw + shift), scale * se, scale * spread)
    close(two.mean / scale, one.mean + shift, 1e3)
    close(two.sd / scale, one.sd, se)


@given(measured(least=2), st.floats(0, 1e3), st.integers(2, 4))
def test_a_unit_measured_in_parts_counts_as_the_whole_where_nothing_differs(data, spread, parts):
    """With no spread, k parts of a unit, each sqrt(k) less precise, are worth the unit."""
    raw, se = data
    split = np.repeat(raw, parts), np.repeat(se * np.sqrt(parts), parts)
    whole = nn.complete_pooling(raw, se)
    close(nn.complete_pooling(*split).mean[0], whole.mean[0], raw)
    close(nn.complete_pooling(*split).sd[0], whole.sd[0], se)


@given(measured(), st.floats(0.01, 0.5), st.floats(0.5, 0.99))
def test_intervals_hold_the_estimate_and_grow_with_the_level(data, less, more):
    told = nn.no_pooling(*data)
    (low, high), (lower, higher) = told.interval(less), told.interval(more)
    assert (lower <= low).all() and (low <= told.mean).all()
    assert (told.mean <= high).all() and (high <= higher).all()


# --------------------------------------------------------------------------------- spread estimated


@given(measured(least=2), scales)
def test_the_spread_corrected_for_noise_is_no_larger_than_the_naive_one(data, scale):
    raw, se = data
    naive, corrected = nn.between_sd_naive(raw), nn.between_sd_corrected(raw, se)
    assert 0 <= corrected <= naive
    close(nn.between_sd_corrected(scale * raw, scale * se) / scale, corrected, naive)


@given(measured(least=4, most=9), st.floats(1e-3, 1e3))
def test_james_stein_lies_between_the_raw_means_and_their_mean(data, se):
    raw, _ = data
    told, middle, rounding = nn.james_stein(raw, se), raw.mean(), 1e-9 * (1 + abs(raw).max())
    assert (np.minimum(raw, middle) - rounding <= told).all()
    assert (told <= np.maximum(raw, middle) + rounding).all()


@given(st.integers(4, 9), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_identical_raw_means_are_every_methods_answer(units, raw, se):
    """James-Stein divided by the spread of the raw means, here 0."""
    for name, told in nn.every_method(np.full(units, raw), se).items():
        assert told.mean == pytest.approx(raw, rel=1e-9, abs=1e-9), name


def test_spreads_from_nearly_0_and_precisions_far_apart_are_no_trouble():
    raw = np.array([1.0, 1.0 + 1e-12, 1.0 - 1e-12, 1.0])
    told = nn.every_method(raw, 1e-9)
    assert all(np.allclose(answer.mean, 1.0) for answer in told.values())
    answer = nn.full_bayes([0.0, 5.0, -3.0, 8.0], [1e-6, 1e-3, 1.0, 1e3])
    assert np.isfinite([answer.mean, answer.sd, *answer.interval()]).all()


def test_a_million_units():
    rng = np.random.default_rng(903)
    truth = rng.normal(5, 2, 10**6)
    raw, se = truth + rng.normal(0, 3, truth.size), np.full(truth.size, 3.0)
    spread = nn.between_sd_corrected(raw, se)
    assert spread == pytest.approx(2, rel=0.01)
    told = nn.partial_pooling(raw, se, spread)
    assert np.mean((told.mean - truth) ** 2) == pytest.approx(4 * 9 / 13, rel=0.01)
    np.testing.assert_allclose(nn.james_stein(raw, 3.0), told.mean, atol=1e-3)


# -------------------------------------------------------------------------------------- full Bayes


@settings(max_examples=few(12))
@given(measured(least=3, precise=1.0), st.sampled_from([nn.flat, nn.half_cauchy(10)]), st.data())
def test_full_bayes_keeps_its_promises(data, prior, more):
    raw, se = data
    answer = nn.full_bayes(raw, se, log_prior=prior, nodes=80)
    assert answer.probability.sum() == pytest.approx(1) and (answer.probability >= 0).all()
    assert np.isfinite(answer.mean).all() and (answer.sd > 0).all()
    quantiles = [answer.quantile(level) for level in (0.01, 0.2, 0.5, 0.8, 0.99)]
    assert (np.diff(quantiles, axis=0) > 0).all()
    assert answer.cdf(quantiles[1]) == pytest.approx(0.2, abs=1e-6)
    spread = answer.between_sd_quantile([0.01, 0.5, 0.99])
    assert (np.diff(spread) > 0).all() and spread[0] >= 0
    order = orders(more.draw, raw.size)
    turned = nn.full_bayes(raw[order], se[order], log_prior=prior, nodes=80)
    close(turned.mean, answer.mean[order], raw)


@given(st.integers(1, 2), st.floats(0.1, 10))
def test_a_proper_prior_needs_no_third_unit(units, scale):
    for prior in (nn.half_cauchy(scale), nn.half_normal(scale)):
        answer = nn.full_bayes(np.arange(units), 1.0, log_prior=prior)
        assert np.isfinite(answer.mean).all() and (answer.sd > 0).all()
    with pytest.raises(ValueError, match=r"^raw: a flat prior needs 3"):
        nn.full_bayes(np.arange(units), 1.0)


# --------------------------------------------------------------------------------------- bad input

POST = nn.full_bayes([1.0, 2.0, 4.0], 1.0)
OF_RAW = {
    "no pooling": lambda raw: nn.no_pooling(raw, 1.0),
    "complete pooling": lambda raw: nn.complete_pooling(raw, 1.0),
    "partial pooling": lambda raw: nn.partial_pooling(raw, 1.0, 1.0),
    "centre": lambda raw: nn.centre(raw, 1.0, 1.0),
    "naive": nn.between_sd_naive,
    "corrected": lambda raw: nn.between_sd_corrected(raw, 1.0),
    "James-Stein": lambda raw: nn.james_stein(raw, 1.0),
    "full Bayes": lambda raw: nn.full_bayes(raw, 1.0),
    "every method": lambda raw: nn.every_method(raw, 1.0),
}


@pytest.mark.parametrize("function", list(OF_RAW.values()), ids=list(OF_RAW))
@each(NO_NUMBERS | {"a number": 3.0})
def test_what_are_no_raw_means_is_refused(function, bad):
    with refused("raw"):
        function(bad)


@each(NO_NUMBERS | {"zero": [1, 0, 3], "negative": [1, -1, 3], "too many": [1, 2, 3, 4]})
def test_what_are_no_standard_errors_is_refused(bad):
    for function in (nn.no_pooling, nn.complete_pooling, nn.full_bayes, nn.between_sd_corrected):
        with refused("se"):
            function([1.0, 2.0, 3.0], bad)


@pytest.mark.parametrize("bad", ["a", None, np.nan, -1, [1, -1], [], 1j])
def test_a_spread_is_no_less_than_0(bad):
    with refused("between_sd"):
        nn.weight(1.0, bad)
    with refused("between_sd"):
        nn.centre([1.0, 2.0], 1.0, bad)
    with refused("between_sd"):
        nn.partial_pooling([1.0, 2.0], 1.0, bad)


@each(NO_SIZE)
def test_scales_and_common_errors_are_single_numbers_above_0(bad):
    for prior in (nn.half_cauchy, nn.half_normal):
        with refused("scale"):
            prior(bad)
    for function in (nn.james_stein, nn.every_method):
        with refused("se"):
            function([1.0, 2.0, 3.0, 4.0], bad)
    with refused("within_sd|se"):
        nn.trial([[1.0, 2.0, 3.0]], se=bad, rng=np.random.default_rng(1))


@each(NO_SHARE)
def test_levels_are_shares(bad):
    for function in (nn.no_pooling([1.0, 2.0], 1.0).interval, POST.interval, POST.quantile):
        with refused("level"):
            function(bad)
    if np.ndim(bad) == 0:
        with refused("level"):
            POST.between_sd_quantile(bad)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("raw", lambda: nn.between_sd_naive([1.0])),
        ("raw", lambda: nn.between_sd_corrected([1.0], 1.0)),
        ("raw", lambda: nn.every_method([1.0], 1.0)),
        ("se and between_sd", lambda: nn.weight([1, 2], [1, 2, 3])),
        ("between_sd", lambda: nn.partial_pooling(np.ones((4, 3)), 1.0, [1.0, 2.0])),
        ("mean", lambda: nn.partial_pooling([1.0, 2.0], 1.0, 1.0, mean=np.nan)),
        ("mean", lambda: nn.partial_pooling([1.0, 2.0], 1.0, 1.0, mean="a")),
        ("value", lambda: POST.cdf("a")),
        ("value and units", lambda: POST.cdf([1.0, 2.0])),
        ("log_prior", lambda: nn.full_bayes([1.0, 2, 4], 1.0, log_prior="flat")),
        ("log_prior", lambda: nn.full_bayes([1.0, 2, 4], 1.0, log_prior=lambda s: s * np.nan)),
        ("log_prior", lambda: nn.full_bayes([1.0, 2, 4], 1.0, log_prior=lambda s: -np.inf + 0 * s)),
        ("truth", lambda: nn.trial([1.0, 2, 3], se=1.0, rng=np.random.default_rng(1))),
        ("truth", lambda: nn.trial([[1.0, 2, np.nan]], se=1.0, rng=np.random.default_rng(1))),
        (
            "only",
            lambda: nn.trial([[1.0, 2, 3]], se=1.0, rng=np.random.default_rng(1), only=[True]),
        ),
        ("rng", lambda: nn.trial([[1.0, 2, 3]], se=1.0, rng=1)),
    ],
)
def test_what_has_no_answer_is_refused_by_name(name, call):
    with refused(name):
        call()
