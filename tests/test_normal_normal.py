"""The ways of choosing how much to pool, against integrals, limits and simulation."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtr

from helpers import normal_normal as nn
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
    low, high = answer.interval()
    for end, level in ((low[0], 0.025), (high[0], 0.975)):
        below = average(
            lambda t, end=end: ndtr((end - conditional(t)[0]) / conditional(t)[1]), raw, se, prior
        )
        assert below == pytest.approx(level, rel=1e-5)
    top = answer.between_sd_quantile(0.975)
    beyond = average(lambda t: float(t > top), raw, se, prior)
    assert beyond == pytest.approx(0.025, rel=0.02)


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
    raw = truth + 2 * np.random.default_rng(4).standard_normal(truth.shape)
    answers = {
        "complete pooling": nn.complete_pooling(raw, 2.0),
        "naive plug-in": nn.partial_pooling(raw, 2.0, nn.between_sd_naive(raw)),
        "corrected plug-in": nn.partial_pooling(raw, 2.0, nn.between_sd_corrected(raw, 2.0)),
        "full Bayes": nn.full_bayes(raw, 2.0, nodes=60),
    }
    for name, answer in answers.items():
        lower, upper = answer.interval()
        inside = np.mean((lower < truth) & (truth < upper))
        assert scores[name].coverage == pytest.approx(inside), name
        assert scores[name].mse == pytest.approx(np.mean((answer.mean - truth) ** 2)), name
    error = nn.james_stein(raw, 2.0) - truth
    assert scores["James-Stein"].mse == pytest.approx(np.mean(error**2))


def test_a_trial_of_some_units_and_methods_is_the_score_by_hand():
    truth = np.random.default_rng(6).normal(20, 3, (60, 4))
    only, names = truth > 20, ["no pooling", "full Bayes"]
    scores = nn.trial(truth, se=2.0, rng=np.random.default_rng(7), only=only, names=names)
    assert list(scores) == names
    raw = truth + 2 * np.random.default_rng(7).standard_normal(truth.shape)
    error = (raw - truth)[only]
    assert scores["no pooling"].mse == pytest.approx(np.mean(error**2))
    inside = np.abs(error) < 2 * stats.norm.ppf(0.975)
    assert scores["no pooling"].coverage == pytest.approx(inside.mean())
    error = (nn.full_bayes(raw, 2.0, nodes=60).mean - truth)[only]
    assert scores["full Bayes"].mse == pytest.approx(np.mean(error**2), rel=1e-9)


def test_three_poolings_are_what_their_names_say():
    three = nn.three_poolings(RAW, SE, 9.0)
    by_hand = {
        "no pooling": (RAW, SE),
        "complete pooling": ((RAW / SE**2).sum() / (1 / SE**2).sum(), (1 / SE**2).sum() ** -0.5),
    }
    share = 81 / (81 + SE**2)
    middle = (RAW / (81 + SE**2)).sum() / (1 / (81 + SE**2)).sum()
    by_hand["partial pooling"] = share * RAW + (1 - share) * middle, np.sqrt(share) * SE
    assert list(three) == list(by_hand)
    for name, (mean, sd) in by_hand.items():
        estimate, lower, upper = three[name]
        np.testing.assert_allclose(estimate, np.broadcast_to(mean, 8))
        low, high = stats.norm.interval(0.95, mean, sd)
        np.testing.assert_allclose(lower, np.broadcast_to(low, 8))
        np.testing.assert_allclose(upper, np.broadcast_to(high, 8))


def test_leading_axes_are_data_sets():
    raw, se = np.random.default_rng(8).normal(0, 9, (2, 3, 5)), np.array([1.0, 2, 3, 4, 5])
    spread = np.array([[0.0, 1, 5], [2, 1e3, 3]])
    functions = {
        "complete": lambda raw, _: nn.complete_pooling(raw, se).mean,
        "its error": lambda raw, _: nn.complete_pooling(raw, se).sd,
        "partial": lambda raw, spread: nn.partial_pooling(raw, se, spread).mean,
        "its sd": lambda raw, spread: nn.partial_pooling(raw, se, spread).sd,
        "known mean": lambda raw, spread: nn.partial_pooling(raw, se, spread, mean=2).mean,
        "centre": lambda raw, spread: nn.centre(raw, se, spread)[0],
        "its variance": lambda raw, spread: nn.centre(raw, se, spread)[1],
        "naive": lambda raw, _: nn.between_sd_naive(raw),
        "corrected": lambda raw, _: nn.between_sd_corrected(raw, se),
        "James-Stein": lambda raw, _: nn.james_stein(raw, 4.0),
        "Bayes": lambda raw, _: nn.full_bayes(raw, np.full(5, 4.0)).mean,
    }
    for name, function in functions.items():
        together = function(raw, spread)
        for at in np.ndindex(2, 3):
            alone = function(raw[at], spread[at])
            np.testing.assert_allclose(together[at], alone, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("prior", "named"),
    [(nn.half_cauchy, stats.halfcauchy), (nn.half_normal, stats.halfnorm)],
    ids=["half-Cauchy", "half-normal"],
)
def test_priors_are_the_densities_they_are_named_after(prior, named):
    prior, named = prior(3), named(scale=3)
    at = np.array([0.0, 0.5, 2, 3, 7, 40])
    np.testing.assert_allclose(prior(at) - prior(0.0), named.logpdf(at) - named.logpdf(0.0))
    assert (nn.flat(at) == 0).all()


def test_one_unit_says_nothing_of_the_spread_so_its_posterior_is_the_prior():
    """With the mean integrated out, the likelihood of one unit is the same for every spread."""
    prior = stats.halfcauchy(scale=3)
    answer = nn.full_bayes([4.0], 2.0, log_prior=nn.half_cauchy(3))
    density = answer.probability / answer.width
    np.testing.assert_allclose(density, prior.pdf(answer.between_sd), rtol=1e-12)
    shares = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99]
    np.testing.assert_allclose(
        answer.between_sd_quantile(shares), prior.ppf(shares), rtol=3e-4
    )  # so heavy a tail
    np.testing.assert_allclose(answer.mean, 4.0)
    np.testing.assert_allclose(answer.interval(), stats.norm.interval(0.95, [4.0], [2.0]))


def test_hundreds_of_units_of_any_size_neither_overflow_nor_vanish():
    """Their log densities lie a thousand and more below 0, and as far apart."""
    raw = np.random.default_rng(9).normal(0, 2, (2, 400)) * [[1.0], [50.0]]
    together = nn.full_bayes(raw, np.ones(400), nodes=500)
    for row in range(2):
        alone = nn.full_bayes(raw[row], np.ones(400), nodes=500)
        np.testing.assert_allclose(together.mean[row], alone.mean, rtol=1e-8)
        plug_in = nn.partial_pooling(raw[row], 1.0, nn.between_sd_corrected(raw[row], 1.0))
        np.testing.assert_allclose(alone.mean, plug_in.mean, atol=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.no_pooling([1.0, np.nan], 1.0), "raw: every entry must be finite; entry 1"),
        (lambda: nn.no_pooling([], 1.0), "raw and se: one entry a unit"),
        (lambda: nn.no_pooling([1.0, 2.0], [1.0, 0.0]), "se: must be finite and > 0; entry 1"),
        (lambda: nn.no_pooling([1.0, 2.0], [1.0, 1.0, 1.0]), "raw and se: one entry a unit"),
        (lambda: nn.partial_pooling([1.0, 2.0], 1.0, -1), "between_sd: must be finite and >= 0"),
        (lambda: nn.full_bayes([1.0, 2.0], 1.0), "raw: a flat prior needs 3"),
        (lambda: nn.full_bayes(np.arange(50.0), 1.0, nodes=10), "nodes: 10 are too few"),
        (lambda: nn.james_stein([1.0, 2.0, 3.0], 1.0), "4 or more"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    with pytest.raises(TypeError, match="rng: a numpy"):
        nn.trial(np.ones((2, 4)), se=1.0, rng=1)
