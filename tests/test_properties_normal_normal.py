"""helpers.normal_normal on any valid data and at the extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import normal_normal as nn
from tests.strategies import few, measured, orders

between_sds = st.one_of(st.just(0.0), st.floats(1e-3, 1e4))
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
    alone = nn.partial_pooling(raw, se, 1e12)
    close(alone.mean, raw, raw)
    close(alone.sd, se, se)


@given(measured(), st.floats(0, 1e3), scales, st.floats(-1e3, 1e3))
def test_scaling_and_shifting_the_data_scales_and_shifts_the_estimates(data, spread, scale, shift):
    raw, se = data
    one = nn.partial_pooling(raw, se, spread)
    two = nn.partial_pooling(scale * (raw + shift), scale * se, scale * spread)
    close(two.mean / scale, one.mean + shift, 1e3)
    close(two.sd / scale, one.sd, se)


# --------------------------------------------------------------------------------- spread estimated


@given(measured(least=4, most=9), st.floats(1e-3, 1e3))
def test_james_stein_lies_between_the_raw_means_and_their_mean(data, se):
    raw, _ = data
    told, middle, rounding = nn.james_stein(raw, se), raw.mean(), 1e-9 * (1 + abs(raw).max())
    assert (np.minimum(raw, middle) - rounding <= told).all()
    assert (told <= np.maximum(raw, middle) + rounding).all()


@given(st.integers(4, 9), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_identical_raw_means_are_every_methods_answer(units, raw, se):
    """James-Stein divided by the spread of the raw means, here 0."""
    for name, method in nn.METHODS.items():
        told = method(np.full(units, raw), se)
        assert told.mean == pytest.approx(raw, rel=1e-9, abs=1e-9), name


def test_spreads_from_nearly_0_and_precisions_far_apart_are_no_trouble():
    raw = np.array([1.0, 1.0 + 1e-12, 1.0 - 1e-12, 1.0])
    assert all(np.allclose(method(raw, 1e-9).mean, 1.0) for method in nn.METHODS.values())
    answer = nn.full_bayes([0.0, 5.0, -3.0, 8.0], [1e-6, 1e-3, 1.0, 1e3])
    assert np.isfinite([answer.mean, *answer.interval()]).all()


# -------------------------------------------------------------------------------------- full Bayes


@settings(max_examples=few(12))
@given(measured(least=3, precise=1.0), st.sampled_from([nn.flat, nn.half_cauchy(10)]), st.data())
def test_full_bayes_keeps_its_promises(data, prior, more):
    raw, se = data
    answer = nn.full_bayes(raw, se, log_prior=prior, nodes=80)
    assert answer.probability.sum() == pytest.approx(1) and (answer.probability >= 0).all()
    assert np.isfinite(answer.mean).all()
    quantiles = [answer.quantile(level) for level in (0.01, 0.2, 0.5, 0.8, 0.99)]
    assert (np.diff(quantiles, axis=0) > 0).all()
    assert answer.cdf(quantiles[1]) == pytest.approx(0.2, abs=1e-6)
    spread = answer.between_sd_quantile([0.01, 0.5, 0.99])
    assert (np.diff(spread) > 0).all() and spread[0] >= 0
    order = orders(more.draw, raw.size)
    turned = nn.full_bayes(raw[order], se[order], log_prior=prior, nodes=80)
    close(turned.mean, answer.mean[order], raw)
