"""Draws have the moments they promise, and scores are what their names say."""

import numpy as np
import pytest
from scipy import stats

from helpers import simulate
from tests.strategies import refused

R = 20_000


def z(values, expected):
    """Distance of a mean over replications (axis 0) from its exact value, in standard errors."""
    return (values.mean(0) - expected) / (values.std(0, ddof=1) / np.sqrt(len(values)))


def test_normal_means_moments():
    n, rng = np.array([1, 4, 25]), np.random.default_rng(1)
    data = simulate.normal_means(n, mean=5, between_sd=2, within_sd=6, rng=rng, replications=R)
    assert data.truth.shape == data.raw.shape == (R, 3)
    assert np.abs(z(data.truth, 5)).max() < 4.5
    noise = data.raw - data.truth
    for drawn in ((data.truth - 5) / 2, noise / (6 / np.sqrt(n))):  # heavy tails would hide in z
        assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-3
    assert np.abs(z(noise * (data.truth - 5), 0)).max() < 4.5
    np.testing.assert_allclose(data.standard_error, 6 / np.sqrt(n))


def test_beta_binomial_moments():
    n, rng = np.array([0, 3, 50]), np.random.default_rng(2)
    data = simulate.beta_binomial(n, alpha=2, beta=8, rng=rng, replications=R)
    mean, var = 0.2, 2 * 8 / (100 * 11)
    assert np.abs(z(data.truth, mean)).max() < 4.5
    assert (data.y[:, 0] == 0).all() and ((data.y >= 0) & (data.y <= n)).all()
    y = data.y[:, 1:]
    assert np.abs(z(y, n[1:] * mean)).max() < 4.5
    spread = n[1:] * mean * (1 - mean) + n[1:] * (n[1:] - 1) * var
    assert np.abs(z((y - n[1:] * mean) ** 2, spread)).max() < 4.5


def test_two_level_moments():
    group, x = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 0, 0, 1, 1.0])
    given = {"mean": [1, 2, 3], "slopes": -0.7, "between_sd": 0.3, "within_sd": 0.8}
    rng = np.random.default_rng(3)
    data = simulate.two_level(group, x, rng=rng, replications=R, **given)
    assert data.y.shape == (R, 6) and data.truth.shape == (R, 3)
    noise = data.y - data.truth[:, group] + 0.7 * x
    for drawn in ((data.truth - [1, 2, 3]) / 0.3, noise / 0.8):  # heavy tails would hide in z
        assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-3
    expected = np.array([1, 2, 3.0])[group] - 0.7 * x
    assert np.abs(z(data.y, expected)).max() < 4.5
    centred = data.y - expected
    covariance = 0.09 * (group[:, None] == group) + 0.64 * np.eye(6)
    for i in range(6):
        assert np.abs(z(centred[:, [i]] * centred, covariance[i])).max() < 4.5


def test_fixed_truth_and_single_data_set():
    truth, rng = [10.0, 20.0], np.random.default_rng(4)
    one = simulate.normal_means([5, 5], within_sd=1, rng=rng, truth=truth)
    assert one.raw.shape == (2,) and list(one.truth) == truth
    many = simulate.beta_binomial([5, 5], rng=rng, truth=[0.0, 1.0], replications=3)
    assert many.y.tolist() == [[0, 5]] * 3 and many.truth.shape == (3, 2)
    long = simulate.two_level([0, 1, 1], within_sd=1, rng=rng)
    assert long.y.shape == (3,) and (long.truth == 0).all()
    two = simulate.two_level([0, 1], np.eye(2), slopes=[5, 7], within_sd=0, truth=truth, rng=rng)
    assert two.y.tolist() == [15, 27]


def test_score_adds_up():
    rng, truth = np.random.default_rng(5), np.array([0.0, 1.0, 3.0])
    estimates = truth + [0.5, 0, -1] + rng.standard_normal((R, 3)) * [1, 2, 3]
    each = simulate.score(estimates, truth, estimates - 2, estimates + 2, axis=0)
    np.testing.assert_allclose(each.bias, estimates.mean(axis=0) - truth)
    np.testing.assert_allclose(each.mse, each.bias**2 + each.variance)
    assert np.abs((each.mse - [1.25, 4, 10]) / each.mse_error).max() < 4.5
    expected = np.diff(stats.norm([0.5, 0, -1], [1, 2, 3]).cdf([[-2], [2]]), axis=0)
    assert np.abs((each.coverage - expected) / each.coverage_error).max() < 4.5
    together = simulate.score(estimates, truth, estimates - 2, estimates + 2)
    assert together.mse == pytest.approx(each.mse.mean())
    assert together.mse == pytest.approx(together.bias**2 + together.variance)
    assert together.coverage == pytest.approx(each.coverage.mean())
    assert np.isnan(simulate.score(estimates, truth, axis=0).coverage).all()


def test_monte_carlo_error_counts_data_sets_not_units():
    """A centre shared by the units of a data set must not make the score look surer."""
    centre = np.random.default_rng(6).standard_normal((400, 1))
    score = simulate.score(np.repeat(centre, 50, axis=1), 0.0)
    assert score.mse_error == pytest.approx(np.std(centre**2, ddof=1) / 20)
    assert simulate.score(centre, np.zeros(50)).mse_error == pytest.approx(score.mse_error)
    held = simulate.score(centre, np.zeros(50), inside=np.abs(centre) < 1)
    assert held.coverage == np.mean(np.abs(centre) < 1)
    share = held.coverage * (1 - held.coverage)
    assert held.coverage_error == pytest.approx(np.sqrt(share / 399))


def test_monte_carlo_errors_are_those_of_means_over_data_sets_or_units():
    """By hand: the standard error of a mean of k values is their sd (ddof 1) over sqrt(k)."""
    error = np.array([[1.0, 2.0, 4.0], [3.0, -1.0, 0.0]])
    for axis, rows in ((0, (error**2).T), (None, [(error**2).mean(axis=1)])):
        expected = [np.std(row, ddof=1) / np.sqrt(len(row)) for row in rows]
        told = simulate.score(error, 0.0, axis=axis)
        np.testing.assert_allclose(np.atleast_1d(told.mse_error), expected)
    one_set = simulate.score([1.0, 2.0, 4.0], 0.0)  # its units are all there is
    assert one_set.mse_error == pytest.approx(np.std([1, 4, 16], ddof=1) / np.sqrt(3))
    assert np.isnan(simulate.score([[1.0, 2.0]], 0.0).mse_error)  # one value has no spread
    assert np.isnan(simulate.score([[1.0, 2.0]], 0.0, axis=0).mse_error).tolist() == [True] * 2


def test_an_interval_holds_its_ends():
    assert simulate.score([1.0, 2.0], [1.0, 2.0], [1.0, 0.0], [3.0, 2.0]).coverage == 1
    assert simulate.score([1.0, 2.0], [1.0, 2.0], [-np.inf, 2.1], np.inf).coverage == 0.5


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("n", lambda rng: simulate.normal_means([0, 2], within_sd=1, rng=rng)),
        ("n", lambda rng: simulate.beta_binomial([2.5], alpha=1, beta=1, rng=rng)),
        ("truth", lambda rng: simulate.normal_means([2, 2], within_sd=1, rng=rng, truth=[1] * 3)),
        ("truth", lambda rng: simulate.beta_binomial([2], rng=rng, truth=[1.2])),
        ("group", lambda rng: simulate.two_level([0, 2], within_sd=1, rng=rng)),
        ("matmul", lambda rng: simulate.two_level([0, 1], slopes=2, within_sd=1, rng=rng)),
        ("matmul", lambda rng: simulate.two_level([0, 1], [3, 4], within_sd=1, rng=rng)),
        ("estimates", lambda rng: simulate.score([1.0, np.nan], 0)),
        ("lower", lambda rng: simulate.score([1.0], 0, [2], [1])),
        ("lower", lambda rng: simulate.score([1.0, 2], 0, [0, np.nan], [3, 3])),
        ("rng", lambda rng: simulate.normal_means([2], within_sd=1, rng=3)),
    ],
)
def test_bad_input_is_named(name, call):
    with refused(name):
        call(np.random.default_rng(0))
