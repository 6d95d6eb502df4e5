"""The ways of choosing how much to pool, against integrals, limits and simulation."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from helpers import normal_normal as nn
from helpers import simulate
from helpers.datasets import load_schools

RAW, SE = load_schools()[["effect", "standard_error"]].to_numpy().T


def density(between_sd, raw, se, prior):
    """Posterior density of the between-unit sd, up to a constant (BDA3 5.21)."""
    spread = between_sd**2 + se**2
    precision = (1 / spread).sum()
    middle = (raw / spread).sum() / precision
    squares = ((raw - middle) ** 2 / spread).sum()
    return np.exp(-0.5 * (squares + np.log(spread).sum() + np.log(precision)) + prior(between_sd))


def average(f, raw, se, prior):
    """Posterior mean of f(between_sd) by adaptive quadrature over the whole half-line."""

    def over(g):
        return quad(
            lambda u: g(10 * u / (1 - u)) / (1 - u) ** 2, 0, 1, epsabs=0, epsrel=1e-10, limit=500
        )[0]

    total = over(lambda t: density(t, raw, se, prior))
    return over(lambda t: f(t) * density(t, raw, se, prior)) / total


@pytest.mark.parametrize("units", [3, 8])
@pytest.mark.parametrize("prior", [nn.flat, nn.half_cauchy(25), nn.half_normal(10)])
def test_full_bayes_equals_adaptive_quadrature(units, prior):
    raw, se = RAW[:units], SE[:units]
    answer = nn.full_bayes(raw, se, log_prior=prior)

    def conditional(t):
        middle, variance = nn.centre(raw, se, t)
        share = nn.weight(se[0], t)
        return (
            share * raw[0] + (1 - share) * middle,
            np.sqrt(share * se[0] ** 2 + (1 - share) ** 2 * variance),
        )

    mean = average(lambda t: conditional(t)[0], raw, se, prior)
    assert answer.mean[0] == pytest.approx(mean, rel=1e-6)
    square = average(lambda t: np.sum(np.square(conditional(t))), raw, se, prior)
    assert answer.sd[0] == pytest.approx(np.sqrt(square - mean**2), rel=1e-6)
    low, high = answer.interval()
    for end, level in ((low[0], 0.025), (high[0], 0.975)):
        below = average(
            lambda t, end=end: ndtr((end - conditional(t)[0]) / conditional(t)[1]), raw, se, prior
        )
        assert below == pytest.approx(level, rel=1e-5)
    top = answer.between_sd_quantile(0.975)
    beyond = average(lambda t: float(t > top), raw, se, prior)
    assert beyond == pytest.approx(0.025, rel=0.02)


def test_full_bayes_on_many_data_sets_is_that_on_each():
    rng = np.random.default_rng(1)
    many = rng.normal(20, 5, (4, 6))
    together = nn.full_bayes(many, np.full(6, 3.0), nodes=200)
    for row in range(4):
        alone = nn.full_bayes(many[row], np.full(6, 3.0), nodes=200)
        np.testing.assert_allclose(together.mean[row], alone.mean, rtol=1e-6)
        np.testing.assert_allclose(together.interval()[1][row], alone.interval()[1], rtol=1e-5)


def test_shifting_and_scaling_the_data_shifts_and_scales_the_answers():
    one, two = nn.full_bayes(RAW, SE), nn.full_bayes(1000 * RAW + 7, 1000 * SE)
    np.testing.assert_allclose(two.mean, 1000 * one.mean + 7, rtol=1e-9)
    np.testing.assert_allclose(two.sd, 1000 * one.sd, rtol=1e-9)


def test_limits_of_partial_pooling():
    none, complete = nn.no_pooling(RAW, SE), nn.complete_pooling(RAW, SE)
    np.testing.assert_allclose(nn.partial_pooling(RAW, SE, 1e9).mean, none.mean)
    np.testing.assert_allclose(nn.partial_pooling(RAW, SE, 1e9).sd, none.sd)
    np.testing.assert_allclose(nn.partial_pooling(RAW, SE, 0.0).mean, complete.mean)
    assert complete.mean[0] == pytest.approx((RAW / SE**2).sum() / (1 / SE**2).sum())
    assert complete.sd[0] == pytest.approx((1 / SE**2).sum() ** -0.5)


def test_published_figures_of_the_eight_schools():
    """BDA3, section 5.5: pooled estimate 7.7, standard error 4.1; school A shrinks to about 11."""
    complete = nn.complete_pooling(RAW, SE)
    assert complete.mean[0] == pytest.approx(7.7, abs=0.2)
    assert complete.sd[0] == pytest.approx(4.1, abs=0.1)
    answer = nn.full_bayes(RAW, SE)
    assert answer.mean[0] == pytest.approx(11, abs=1)
    assert nn.between_sd_corrected(RAW, SE) == 0


def test_james_stein_is_the_corrected_plug_in_with_another_number():
    rng = np.random.default_rng(2)
    raw = rng.normal(0, 5, (50, 9))
    squares = ((raw - raw.mean(1, keepdims=True)) ** 2).sum(1)
    share = np.maximum(1 - 6 * 4 / squares, 0)
    estimate = nn.james_stein(raw, 2.0)
    expected = raw.mean(1) + share * (raw[:, 0] - raw.mean(1))
    np.testing.assert_allclose(estimate[:, 0], expected)
    plug_in = nn.weight(2.0, nn.between_sd_corrected(raw, 2.0))
    np.testing.assert_allclose(plug_in, np.maximum(1 - 8 * 4 / squares, 0))


def test_trial_scores_what_it_says():
    truth = np.random.default_rng(3).normal(20, 3, (400, 4))
    scores = nn.trial(truth, se=2.0, rng=np.random.default_rng(4))
    assert scores["no pooling"].mse == pytest.approx(4, abs=5 * scores["no pooling"].mse_error)
    assert scores["full Bayes"].coverage == pytest.approx(0.95, abs=0.03)
    assert np.isnan(scores["James-Stein"].coverage)
    raw = simulate.normal_means(
        np.ones(4), within_sd=2.0, truth=truth, rng=np.random.default_rng(4), replications=400
    ).raw
    lower, upper = nn.full_bayes(raw, np.full(4, 2.0), nodes=60).interval()
    inside = np.mean((lower < truth) & (truth < upper))
    assert scores["full Bayes"].coverage == pytest.approx(inside)
    assert "James-Stein" not in nn.trial(truth[:, :3], se=2.0, rng=np.random.default_rng(5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.no_pooling([1.0, np.nan], 1.0), "raw: every entry"),
        (lambda: nn.no_pooling([], 1.0), "raw: at least"),
        (lambda: nn.no_pooling([1.0, 2.0], [1.0, 0.0]), "se"),
        (lambda: nn.no_pooling([1.0, 2.0], [1.0, 1.0, 1.0]), "se: one entry"),
        (lambda: nn.full_bayes([1.0, 2.0], 1.0), "flat prior needs 3"),
        (lambda: nn.full_bayes(np.arange(50.0), 1.0, nodes=10), "too few"),
        (lambda: nn.james_stein([1.0, 2.0, 3.0], 1.0), "4 or more"),
        (lambda: nn.every_method([1.0, 2.0, 3.0], 1.0, names=["best"]), "no method 'best'"),
        (lambda: nn.full_bayes(np.ones((2, 4)), 1.0).between_sd_quantile(0.5), "single data set"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
