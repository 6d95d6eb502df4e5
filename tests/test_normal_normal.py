"""The ways of choosing how much to pool, against integrals, limits and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtr

from helpers import normal_normal as nn
from helpers.datasets import load_schools
from tests.strategies import measured

RAW, SE = load_schools()[["effect", "standard_error"]].to_numpy().T
PRIORS = {"flat": nn.flat, "half-Cauchy": nn.half_cauchy(25), "half-normal": nn.half_normal(10)}


def same(found, wanted, rtol=1e-7, atol=1e-12):
    """Compare arrays, which may be broadcast."""
    np.testing.assert_allclose(found, np.broadcast_to(wanted, np.shape(found)), rtol, atol)


def average(f, raw, se, prior):
    """Posterior mean of f(between_sd): BDA3 5.21, adaptive quadrature over the whole half-line."""

    def density(between_sd):
        spread = between_sd**2 + se**2
        precision = (1 / spread).sum()
        squares = ((raw - (raw / spread).sum() / precision) ** 2 / spread).sum()
        squares += np.log(spread).sum() + np.log(precision)
        return np.exp(-0.5 * squares + prior(between_sd))

    def over(g):
        on_unit = lambda u: g(10 * u / (1 - u)) / (1 - u) ** 2  # noqa: E731
        return quad(on_unit, 0, 1, epsabs=0, epsrel=1e-10, limit=500)[0]

    return over(lambda t: f(t) * density(t)) / over(density)


def plugged_in(raw, se):
    """Return partial pooling with the corrected spread."""
    return nn.partial_pooling(raw, se, nn.between_sd_corrected(raw, se))


@pytest.mark.parametrize("units", [3, 8])
@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_full_bayes_equals_adaptive_quadrature(units, prior):
    raw, se = RAW[:units], SE[:units]
    answer = nn.full_bayes(raw, se, log_prior=prior)

    def first(t):  # of the units, at a known spread
        middle, variance = nn.centre(raw, se, t)
        share = nn.weight(se[0], t)
        sd = np.sqrt(share * se[0] ** 2 + (1 - share) ** 2 * variance)
        return share * raw[0] + (1 - share) * middle, sd

    same(answer.mean[0], average(lambda t: first(t)[0], raw, se, prior), 1e-6)
    for end, share in zip(answer.interval(0.8), (0.1, 0.9), strict=True):
        below = lambda t, end=end[0]: ndtr((end - first(t)[0]) / first(t)[1])  # noqa: E731
        same(average(below, raw, se, prior), share, 1e-5)
    top = answer.between_sd_quantile(0.975)
    same(average(lambda t: t > top, raw, se, prior), 0.025, 0.02)


def test_published_figures_of_the_eight_schools():
    """BDA3, section 5.5: pooled estimate 7.7, standard error 4.1; school A shrinks to about 11."""
    complete = nn.complete_pooling(RAW, SE)
    assert complete.mean[0] == pytest.approx(7.7, abs=0.2)
    assert complete.sd[0] == pytest.approx(4.1, abs=0.1)
    assert nn.full_bayes(RAW, SE).mean[0] == pytest.approx(11, abs=1)
    assert nn.between_sd_corrected(RAW, SE) == 0


def test_three_poolings_are_what_their_names_say():
    share, precision = 81 / (81 + SE**2), 1 / (81 + SE**2)
    middle = (RAW * precision).sum() / precision.sum()
    by_hand = {
        "no pooling": (RAW, SE),
        "complete pooling": ((RAW / SE**2).sum() / (1 / SE**2).sum(), (1 / SE**2).sum() ** -0.5),
        "partial pooling": (share * RAW + (1 - share) * middle, np.sqrt(share) * SE),
    }
    for name, told in nn.three_poolings(RAW, SE, 9.0).items():
        mean, sd = by_hand.pop(name)
        for found, wanted in zip(told, (mean, *stats.norm.interval(0.95, mean, sd)), strict=True):
            same(found, wanted)
    assert not by_hand
    same(nn.partial_pooling(RAW, SE, 9.0, mean=2).mean, share * RAW + (1 - share) * 2)


def test_leading_axes_are_data_sets_and_equal_raw_means_are_every_way_s_answer():
    raw = np.random.default_rng(8).normal(0, 9, (2, 3, 5))
    raw[0, 1] = 7.0
    spread, se = np.array([[0.0, 1, 5], [2, 1e3, 3]]), np.array([1.0, 2, 3, 4, 5])
    together = nn.partial_pooling(raw, se, spread)
    for at in np.ndindex(2, 3):
        alone = nn.partial_pooling(raw[at], se, spread[at])
        same([together.mean[at], together.sd[at]], [alone.mean, alone.sd])
        for method in (plugged_in, nn.full_bayes, nn.no_pooling, nn.complete_pooling):
            same(method(raw, se).mean[at], method(raw[at], se).mean, 1e-5)
            same(method(raw[0, 1], se).mean, 7.0)
    same(nn.full_bayes(raw[..., ::-1], se[::-1]).mean[..., ::-1], nn.full_bayes(raw, se).mean)


def test_the_posterior_of_one_unit_is_the_prior():
    """With the mean integrated out, the likelihood of one unit is the same for every spread."""
    shares = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99]
    for log_prior, prior in (
        (nn.half_cauchy(3), stats.halfcauchy(scale=3)),
        (nn.half_normal(3), stats.halfnorm(scale=3)),
    ):
        answer = nn.full_bayes([4.0], 2.0, log_prior=log_prior)
        same(answer.probability / answer.width, prior.pdf(answer.between_sd), 1e-10, 1e-99)
        same(answer.between_sd_quantile(shares), prior.ppf(shares), 2e-3)  # so heavy a tail
        same(answer.interval(), stats.norm.interval(0.95, [4.0], [2.0]))


def test_hundreds_of_units_of_any_size_neither_overflow_nor_vanish():
    """Their log densities lie a thousand and more below 0, and as far apart."""
    raw = np.random.default_rng(9).normal(0, 2, (2, 400)) * [[1.0], [50.0]]
    plug_in = plugged_in(raw, 1.0).mean
    same(nn.full_bayes(raw, np.ones(400), nodes=500).mean, plug_in, atol=0.01)


def test_bad_input_is_named():
    for message, function, rows, options in (
        ("raw: every entry must be finite; entry 1", nn.no_pooling, ([1.0, np.nan], 1.0), {}),
        ("se: must be finite and > 0; entry 1", nn.no_pooling, ([1.0, 2.0], [1.0, 0.0]), {}),
        ("raw and se: one entry a unit", nn.no_pooling, ([1.0, 2.0], [1.0, 1.0, 1.0]), {}),
        ("raw: a flat prior needs 3", nn.full_bayes, ([1.0, 2.0], 1.0), {}),
        ("nodes: 10 are too few", nn.full_bayes, (np.arange(50.0), 1.0), {"nodes": 10}),
    ):
        with pytest.raises(ValueError, match=message):
            function(*rows, **options)


@given(measured(), st.floats(0, 1e3), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_estimates_lie_between_raw_mean_and_centre_in_any_unit(data, spread, scale, shift):
    raw, se = data
    one, middle = nn.partial_pooling(raw, se, spread), nn.centre(raw, se, spread)[0]
    rounding = 1e-9 * (1 + abs(raw).max())
    assert (np.minimum(raw, middle) - rounding <= one.mean).all()
    assert (one.mean <= np.maximum(raw, middle) + rounding).all()
    assert (one.sd <= se * (1 + 1e-12)).all() and (one.sd >= 0).all()
    two = nn.partial_pooling(scale * (raw + shift), scale * se, scale * spread)
    same(two.mean / scale, one.mean + shift, atol=1e-6)
    same(two.sd / scale, one.sd, atol=1e-6)
    none, complete = nn.partial_pooling(raw, se, 0.0), nn.complete_pooling(raw, se)
    same(none.mean, complete.mean, atol=1e-6)
    assert (none.sd == 0).all() and np.ptp(complete.mean) == 0
    alone = nn.partial_pooling(raw, se, 1e12)
    same([alone.mean, alone.sd], data, atol=1e-6)
