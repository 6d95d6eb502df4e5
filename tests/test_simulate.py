"""Draws have the moments they promise, and scores are what their names say."""

import numpy as np
import pytest
from scipy import stats

from helpers import simulate

R = 20_000


def z(values, expected):
    """Distance of a mean over replications (axis 0) from its exact value, in standard errors."""
    return (values.mean(0) - expected) / (values.std(0, ddof=1) / np.sqrt(len(values)))


def test_normal_means_moments():
    n = np.array([1, 4, 25])
    data = simulate.normal_means(
        n, mean=5, between_sd=2, within_sd=6, rng=np.random.default_rng(1), replications=R
    )
    assert data.truth.shape == data.raw.shape == (R, 3)
    assert np.abs(z(data.truth, 5)).max() < 4.5
    assert np.abs(z((data.truth - 5) ** 2, 4)).max() < 4.5
    noise = data.raw - data.truth
    assert np.abs(z(noise**2, 36 / n)).max() < 4.5
    assert np.abs(z(noise * (data.truth - 5), 0)).max() < 4.5
    np.testing.assert_allclose(data.standard_error, 6 / np.sqrt(n))


def test_beta_binomial_moments():
    n = np.array([0, 3, 50])
    data = simulate.beta_binomial(n, alpha=2, beta=8, rng=np.random.default_rng(2), replications=R)
    mean, var = 0.2, 2 * 8 / (100 * 11)
    assert np.abs(z(data.truth, mean)).max() < 4.5
    assert (data.y[:, 0] == 0).all() and np.isnan(data.raw[:, 0]).all()
    y = data.y[:, 1:]
    assert np.abs(z(y, n[1:] * mean)).max() < 4.5
    spread = n[1:] * mean * (1 - mean) + n[1:] * (n[1:] - 1) * var
    assert np.abs(z((y - n[1:] * mean) ** 2, spread)).max() < 4.5


def test_two_level_moments():
    group = np.array([0, 0, 1, 2, 2, 2])
    X = np.array([0, 1, 0, 0, 1, 1.0])
    data = simulate.two_level(
        group,
        X,
        mean=[1, 2, 3],
        slopes=-0.7,
        between_sd=0.3,
        within_sd=0.8,
        rng=np.random.default_rng(3),
        replications=R,
    )
    assert data.y.shape == (R, 6) and data.truth.shape == (R, 3)
    standard = (data.truth - [1, 2, 3]) / 0.3  # tails as heavy as a quotient's would hide in z
    assert stats.kstest(standard.ravel(), "norm").pvalue > 1e-3
    expected = np.array([1, 2, 3.0])[group] - 0.7 * X
    assert np.abs(z(data.y, expected)).max() < 4.5
    centred = data.y - expected
    covariance = 0.09 * (group[:, None] == group) + 0.64 * np.eye(6)
    for i in range(6):
        assert np.abs(z(centred[:, [i]] * centred, covariance[i])).max() < 4.5


def test_fixed_truth_and_single_data_set():
    truth = [10.0, 20.0]
    rng = np.random.default_rng(4)
    one = simulate.normal_means([5, 5], between_sd=1, within_sd=1, rng=rng, truth=truth)
    assert one.raw.shape == (2,) and list(one.truth) == truth
    many = simulate.beta_binomial([5, 5], rng=rng, truth=[0.0, 1.0], replications=3)
    assert many.y.tolist() == [[0, 5]] * 3
    long = simulate.two_level([0, 1, 1], between_sd=0, within_sd=1, rng=rng)
    assert long.y.shape == (3,) and (long.truth == 0).all()


def test_score_adds_up():
    rng = np.random.default_rng(5)
    truth = np.array([0.0, 1.0, 3.0])
    estimates = truth + [0.5, 0, -1] + rng.standard_normal((R, 3)) * [1, 2, 3]
    each = simulate.score(estimates, truth, estimates - 2, estimates + 2, axis=0)
    np.testing.assert_allclose(each.mse, each.bias**2 + each.variance)
    assert np.abs((each.mse - [1.25, 4, 10]) / each.mse_error).max() < 4.5
    together = simulate.score(estimates, truth, estimates - 2, estimates + 2)
    assert together.mse == pytest.approx(each.mse.mean())
    assert together.mse == pytest.approx(together.bias**2 + together.variance)
    assert together.coverage == pytest.approx(each.coverage.mean())
    averaged = each.averaged()
    assert averaged["mse"] == pytest.approx(averaged["squared_bias"] + averaged["variance"])
    by_data_set = simulate.score(estimates, truth, axis=1)
    assert by_data_set.mse.shape == (R,) and np.isnan(by_data_set.coverage).all()


def test_monte_carlo_error_counts_data_sets_not_units():
    """A centre shared by the units of a data set must not make the score look surer."""
    centre = np.random.default_rng(6).standard_normal((400, 1))
    score = simulate.score(np.repeat(centre, 50, axis=1), 0.0)
    assert score.mse_error == pytest.approx(np.std(centre**2, ddof=1) / 20)
    broadcast = simulate.score(centre, np.zeros(50))
    assert broadcast.mse_error == pytest.approx(score.mse_error)


def test_monte_carlo_errors_are_those_of_means_over_data_sets_or_units():
    """By hand: the standard error of a mean of k values is their sd (ddof 1) over sqrt(k)."""
    error = np.array([[1.0, 2.0, 4.0], [3.0, -1.0, 0.0]])
    squares = error**2
    for axis, rows in ((0, squares.T), (1, squares), (None, [squares.mean(axis=1)])):
        expected = [np.std(row, ddof=1) / np.sqrt(len(row)) for row in rows]
        told = simulate.score(error, 0.0, axis=axis)
        np.testing.assert_allclose(np.atleast_1d(told.mse_error), expected)
    for told in (simulate.score([[1.0, 2.0]], 0.0), simulate.score([[1.0], [2.0]], 0.0, axis=1)):
        assert np.isnan(told.mse_error).all()  # one value has no spread


def test_a_ledger_writes_what_it_compares():
    ledger = simulate.Ledger()
    ledger.add("weights", 0.5, 0.75, 0.125)
    text = ledger.compare("means", [10, -2], [10.5, -3], [0.25, 0.5], names=[5, "all"], digits=1)
    assert ledger.rows[1:] == [("means", 10.0, 10.5, 0.25), ("means", -2.0, -3.0, 0.5)]
    title, heads, *lines = text.splitlines()
    assert title == "means" and len({len(line) for line in [heads, *lines]}) == 1
    assert [line.split() for line in lines] == [
        ["5", "10.0", "10.5", "0.25", "2.0"],
        ["all", "-2.0", "-3.0", "0.50", "-2.0"],
    ]
    assert ledger.rms == pytest.approx(2.0)
    assert [line.split()[:3] for line in ledger.table().splitlines()[1:3]] == [
        ["weights", "1", "2.00"],
        ["means", "2", "2.00"],
    ]


def test_an_interval_holds_its_ends():
    assert simulate.score([1.0, 2.0], [1.0, 2.0], [1.0, 0.0], [3.0, 2.0]).coverage == 1


def test_scoring_all_is_scoring_each_unit_by_unit():
    mean = np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]])
    truth = np.array([1.5, 4.0])
    told = simulate.score_all({"one": (mean, mean - 1, mean + 1)}, truth)["one"]
    np.testing.assert_allclose(told.bias, mean.mean(axis=0) - truth)
    np.testing.assert_allclose(told.coverage, [1 / 3, 1 / 3])


def test_the_best_weight_is_a_regression_through_the_centre():
    """Its error is White's (1980) for a line through the origin, clusters being data sets."""
    rng = np.random.default_rng(7)
    raw, truth, centre = rng.normal(size=(3, 40, 5))
    x, y = raw - centre, truth - centre
    for axis, along in ((None, (0, 1)), (0, 0)):
        weight, error = simulate.best_weight(raw, truth, centre, axis=axis)
        slope = (x * y).sum(along) / (x**2).sum(along)
        score = x * (y - slope * x)
        score = score.sum(1) if axis is None else score
        expected = np.sqrt(40 / 39 * (score**2).sum(0)) / (x**2).sum(along)
        np.testing.assert_allclose(weight, slope)
        np.testing.assert_allclose(error, expected)
        assert type(weight) is type(error) is (float if axis is None else np.ndarray)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: simulate.normal_means([0, 2], between_sd=1, within_sd=1, rng=r), "n: every"),
        (lambda r: simulate.normal_means([2], between_sd=-1, within_sd=1, rng=r), "between_sd"),
        (lambda r: simulate.normal_means([2], between_sd=1, within_sd=0, rng=r), "within_sd"),
        (
            lambda r: simulate.normal_means(
                [2, 2], between_sd=1, within_sd=1, rng=r, truth=[1, 2, 3]
            ),
            "truth: shape",
        ),
        (lambda r: simulate.beta_binomial([2], rng=r), "alpha, beta"),
        (lambda r: simulate.beta_binomial([2], rng=r, truth=[1.2]), "truth: rates"),
        (lambda r: simulate.beta_binomial([2.5], alpha=1, beta=1, rng=r), "n: counts"),
        (lambda r: simulate.two_level([0, 2], between_sd=1, within_sd=1, rng=r), "group"),
        (
            lambda r: simulate.two_level([0, 1], [1, 2], between_sd=1, within_sd=1, rng=r),
            "X: shape",
        ),
        (
            lambda r: simulate.normal_means([2], between_sd=1, within_sd=1, rng=r, replications=0),
            "replications",
        ),
        (lambda r: simulate.score([1.0, np.nan], 0), "finite"),
        (lambda r: simulate.score([1.0], 0, axis=0), "axis"),
        (lambda r: simulate.score([1.0], 0, lower=[0]), "both"),
        (lambda r: simulate.score([1.0], 0, lower=[2], upper=[1]), "lower"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))


def test_a_generator_is_wanted():
    with pytest.raises(TypeError, match="rng"):
        simulate.normal_means([2], between_sd=1, within_sd=1, rng=3)
