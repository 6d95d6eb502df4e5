"""helpers.multilevel on any valid data and at the extremes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from helpers import multilevel
from helpers.multilevel import complete_pooling, group_sums, no_pooling, partial_pooling
from tests.strategies import grouped, orders

methods = st.sampled_from(["reml", "ml"])
factors = st.one_of(st.floats(1e-6, 1e6), st.floats(-1e6, -1e-6))


def fit(y, group, X=None, **options):
    """Fit, or skip an example whose groups hardly vary within."""
    try:
        return partial_pooling(y, group, X, **options)
    except ValueError as error:
        assert "hardly varies within groups" in str(error)
        assume(False)


def alike(one, two, *, scale=1.0, shift=0.0, order=None):
    """Check that `two` is `one` with y scaled and shifted, groups in another order."""
    order = np.arange(one.groups.size) if order is None else order
    size, small = abs(scale), 1e-5 * one.sigma_y + 1e-9 * abs(shift / scale)
    assert two.sigma_y / size == pytest.approx(one.sigma_y, rel=1e-5)
    # sigma_alpha near 0 is known to no more than its effect on the deviance
    assert two.sigma_alpha / size == pytest.approx(
        one.sigma_alpha, rel=1e-4, abs=1e-4 * one.sigma_y
    )
    moved = (two.intercept_values - shift) / scale
    np.testing.assert_allclose(moved, one.intercept_values[order], rtol=1e-5, atol=10 * small)
    errors = one.intercept_errors[order]
    np.testing.assert_allclose(two.intercept_errors / size, errors, rtol=1e-3, atol=small)


# ----------------------------------------------------------------------------------------- the fit


@given(grouped(), methods)
def test_weights_lie_in_0_to_1_and_intercepts_between_raw_mean_and_centre(data, method):
    y, group = data
    found, raw = fit(y, group, method=method), no_pooling(y, group).intercept_values
    weight = found.weight(found.n)
    assert ((weight >= 0) & (weight <= 1)).all() and found.sigma_alpha >= 0 and found.sigma_y > 0
    assert (np.argsort(weight, kind="stable") == np.argsort(found.n, kind="stable")).all() or (
        found.sigma_alpha == 0
    )
    ends = np.sort([raw, np.full(raw.size, found.coefficients[0])], axis=0)
    assert (found.intercept_values >= ends[0] - 1e-9 * found.sigma_y - 1e-9).all()
    assert (found.intercept_values <= ends[1] + 1e-9 * found.sigma_y + 1e-9).all()
    assert (found.intercept_errors > 0).all() and np.isfinite(found.deviance)
    assert 0 <= found.intraclass_correlation <= 1
    assert raw.min() - 1e-9 <= found.coefficients[0] <= raw.max() + 1e-9


@given(grouped(predictors=True), methods, st.data())
def test_the_order_of_rows_and_labels_does_not_matter(data, method, more):
    y, group, x = data
    one = fit(y, group, x, method=method)
    rows = orders(more.draw, y.size)
    alike(one, fit(y[rows], group[rows], x[rows], method=method))
    labels = orders(more.draw, one.n.size)  # group j is called labels[j]
    alike(one, fit(y, labels[group], x, method=method), order=np.argsort(labels))


@given(grouped(predictors=True), factors, st.floats(-1e6, 1e6), methods)
def test_scaling_y_scales_the_fit_and_shifting_y_shifts_it(data, scale, shift, method):
    y, group, x = data
    one = fit(y, group, x, method=method)
    two = fit(scale * (y + shift), group, x, method=method)
    alike(one, two, scale=scale, shift=scale * shift)


@given(grouped(predictors=True), factors)
def test_a_predictor_in_another_unit_has_another_slope_and_the_same_intercepts(data, scale):
    y, group, x = data
    one, two = fit(y, group, x), fit(y, group, scale * x)
    alike(one, two)
    assert two.coefficients[1] * scale == pytest.approx(one.coefficients[1], rel=1e-4, abs=1e-6)


@given(grouped(predictors=True))
def test_any_ratio_from_0_to_infinity_lies_between_complete_and_no_pooling(data):
    y, group, x = data
    summary = group_sums(y, group, x)
    none = multilevel.fit_at(0, summary)
    np.testing.assert_allclose(none.coefficients, complete_pooling(y, x).coefficients, atol=1e-8)
    assert (none.weight(none.n) == 0).all() and none.prior_sample_size == np.inf
    full = multilevel.fit_at(1e7, summary)
    assert full.weight(full.n) == pytest.approx(1)
    best = fit(y, group, x)
    ratios = np.append(np.geomspace(1e-3, 1e3, 40), 0.0)
    curve = multilevel.profile_deviance(ratios, summary)
    assert (curve >= best.deviance - 1e-7 * (1 + abs(best.deviance))).all()


@given(st.integers(2, 6), st.integers(2, 8), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_groups_that_are_copies_of_each_other_are_pooled_completely(groups, rows, middle, sd):
    once = middle + sd * np.linspace(-1, 1, rows)
    found = fit(np.tile(once, groups), np.repeat(np.arange(groups), rows))
    assert found.sigma_alpha == 0 and found.prior_sample_size == np.inf
    assert found.intercept_values == pytest.approx(middle, rel=1e-9, abs=1e-9 * sd)


@given(grouped(groups=(3, 5)))
def test_more_and_more_rows_of_a_group_leave_it_alone(data):
    """n -> infinity: the group's intercept is its raw mean, whatever the others say."""
    y, group = data
    one = group_sums(y, group)
    n = np.where(np.arange(one.n.size) == 0, 1e9, one.n)
    found = multilevel.fit_at(1.0, replace(one, n=n))
    assert found.weight(1e9) == pytest.approx(1)
    assert found.intercept_values[0] == pytest.approx((one.means + one.centre)[0, 0], abs=1e-6)
    assert np.isfinite([found.sigma_y, found.deviance]).all()


@given(grouped(groups=(3, 5)), st.floats(0, 10), st.booleans())
@example((np.array([1.0, 2.0, 4.0]), np.array([0, 0, 1])), 1.0, False)  # failed without X
def test_leave_out_errors_shift_with_no_row_and_scale_with_all(data, ratio, whole):
    y, group = data
    given = {"sigma_ratio": ratio, "whole_groups": whole}
    errors = multilevel.leave_out_errors(y, group, **given)
    assert np.isfinite(errors).all() and errors.shape == y.shape
    again = multilevel.leave_out_errors(7 - 3 * y, group, **given)
    np.testing.assert_allclose(again, -3 * errors, rtol=1e-6, atol=1e-6)


def test_a_million_rows_in_a_hundred_thousand_groups():
    rng = np.random.default_rng(904)
    group = rng.integers(0, 100_000, 10**6)
    y = 1e6 + 2 * rng.normal(size=100_000)[group] + 3 * rng.normal(size=group.size)
    found = partial_pooling(y, group)
    assert found.sigma_alpha == pytest.approx(2, rel=0.02)
    assert found.sigma_y == pytest.approx(3, rel=0.01)


@pytest.mark.parametrize("size", [1e-100, 1e-12, 1e12, 1e100])
def test_values_near_0_and_far_from_it_are_fitted_alike(size):
    rng = np.random.default_rng(905)
    group = np.repeat(np.arange(5), 4)
    y = rng.normal(size=5)[group] + rng.normal(size=20)
    alike(partial_pooling(y, group), partial_pooling(size * y, group), scale=size)
