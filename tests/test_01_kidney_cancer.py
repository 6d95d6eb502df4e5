"""Page 01 and its further page: what they print and draw, by routes that facts cannot hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba_array
from scipy import optimize, stats

from helpers import beta_binomial, maps
from helpers.check import exercise_of
from tests import counties as c
from tests import pages

PAGE, FURTHER = "01_kidney_cancer", "further/kidney_cancer"


@pytest.fixture(scope="module")
def page(real_kidney):
    return pages.solved(PAGE)


@pytest.fixture(scope="module")
def further(real_kidney):
    return pages.solved(FURTHER)


def filled(shown, rates, names) -> None:
    """Hold a map's counties and their shades against rates in deaths per person-year."""
    (ax,) = shown[0].axes
    shapes, shades = names["shapes"], names["shades"]
    drawn = [code in shapes.rings for code in c.table["fips"]]
    step = sum((rates > edge * c.national).astype(int) for edge in (0.67, 0.8, 1.25, 1.5))
    outlines = shapes.paths(c.table["fips"][drawn])
    for found, outline in zip(ax.collections[0].get_paths(), outlines, strict=True):
        np.testing.assert_array_equal(found.vertices, outline.vertices)
    colors = to_rgba_array(shades[step[drawn]])
    np.testing.assert_allclose(ax.collections[0].get_facecolors(), colors)
    light = colors[:, :3].sum(axis=1)
    assert np.corrcoef(light, step[drawn])[0, 1] < -0.8, "light is low, dark is high"
    handles = ax.get_legend().get_patches()
    np.testing.assert_allclose([one.get_facecolor() for one in handles], to_rgba_array(shades))
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == ["below 0.67", "0.67 to 0.8", "0.8 to 1.25", "1.25 to 1.5", "above 1.5"]


def test_maps_give_each_county_its_own_shade(page, further):
    filled(page.figures[5], c.estimate, page.names)
    names = further.figures[1][2]
    filled(further.figures[1], names["rates"][0] / 1e5, names)
    off = abs(np.log(names["rates"] / c.national / 1e5))
    share = np.mean(off < np.log(1.25))
    assert share == pytest.approx(0.607, abs=0.001)


def test_first_picture_stands_before_any_import_and_has_both_colours():
    cells = pages.jupytext.read(pages.PAGES[PAGE]).cells
    assert "](../images/kidney_map.png)" in cells[0].source
    assert "import" not in cells[1].source
    picture = pages.plt.imread(pages.ROOT / "images" / "kidney_map.png")[..., :3]
    for color in (maps.HIGH, maps.LOW):
        near = abs(picture - to_rgba_array(color)[0, :3]).max(axis=-1) < 0.02
        assert 0.005 < near.mean() < 0.2


def test_priors_draw_what_they_claim(page):
    """Poisson(5) against its mixture of Betas, the mended prior against draws of another kind."""
    names, rng = page.figures[2][2], np.random.default_rng(7)
    share = stats.poisson.pmf(np.arange(1, 25), 5) + stats.poisson.pmf(0, 5) * (np.arange(24) == 0)
    a, b = np.indices((24, 24)) + 1
    for x in (0.1, 0.3, 0.5, 0.8):
        chance = (np.outer(share, share) * stats.beta.cdf(x, a, b)).sum()
        assert np.mean(names["source"] < 1e5 * x) == pytest.approx(chance, abs=0.02)
    mean, size = stats.lognorm.rvs([[0.8], [1.15]], 0, [[5], [2]], (2, 50_000), random_state=rng)
    wanted = stats.gamma.rvs(mean * size, scale=1 / size, random_state=rng)
    assert stats.ks_2samp(names["mended"], wanted).pvalue > 0.001


def test_names_stand_at_what_they_name(page):
    """Priors of section 4 at their middle, curves of section 3 at their top."""
    wanted = {"mended prior": page.names["mended"], "Poisson(5)": page.names["source"]}
    (ax,) = page.figures[2][0].axes
    places = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert places == {name: np.median(rates) for name, rates in wanted.items()}
    (ax,) = page.figures[1][0].axes
    for text, line in zip(ax.texts, ax.lines, strict=True):
        assert text.get_position() == pytest.approx(
            line.get_xydata()[line.get_ydata().argmax()], abs=0.6
        )
    assert [text.get_text() for text in ax.texts] == ["prior", "no pooling", "partial pooling"]
    (ax,) = page.figures[0][0].axes
    low, high = ax.get_ylim()  # the funnel
    assert low < 0 and (1e5 * c.y / c.n < high).mean() > 0.995


def test_small_counties_lie_beside_small_counties(real_kidney):
    """How many of the highest tenth touch a county without a death, and of counties of one size."""
    touch, highest = c.touches(), np.isin(np.arange(len(c.y)), c.HIGHEST)
    middle = (c.n >= 5000) & (c.n <= 40_000)
    for among, wanted in ((middle | True, [0.64, 0.52]), (middle, [0.69, 0.72])):
        shares = [touch[group & among].mean() for group in (highest, ~highest)]
        assert [round(share, 2) for share in shares] == wanted


def test_fitted_population_by_two_models_and_by_moments(page):
    """Gamma and Beta, a search without slopes, Pearson's statistic at its degrees of freedom."""
    gamma, raw = page.names["population"], c.y / c.n
    beta = beta_binomial.fit_marginal_likelihood(c.y, c.n)
    assert gamma.mean == pytest.approx(1e5 * beta.mean, rel=2e-6)
    assert 1e5 * gamma.prior_sample_size == pytest.approx(beta.prior_sample_size, rel=2e-4)

    def pearson(log_size):
        weight = c.n / (c.n + np.exp(log_size))
        mean = (weight * raw).sum() / weight.sum()
        return ((raw - mean) ** 2 / (mean / c.n + mean / np.exp(log_size))).sum() - len(raw) + 1

    by_moments = np.exp(optimize.brentq(pearson, 8, 17))
    assert by_moments == pytest.approx(270_000, rel=0.01)  # less efficient, same answer


def test_scores_and_their_errors_by_beta_binomials(page):
    told, names = page.names["told"], page.names
    later = c.trend * c.n2
    none = stats.nbinom.logpmf(c.y2, c.y + 0.5, c.n / (c.n + later))
    found = {"no pooling": none, "complete": c.complete, "fixed": c.fixed, "learnt": c.learnt}
    assert list(told["score"].index) == list(found)
    assert [round(told["score"][name]) for name in found] == [-7052, -6789, -6343, -6317]
    for name, scores in found.items():
        gain, error = c.gain_and_error(scores - c.complete)
        assert told["score"][name] == pytest.approx(scores.sum(), abs=0.1)
        assert told["gain"][name] == pytest.approx(gain, abs=0.1)
        assert told["standard error"][name] == pytest.approx(error, abs=0.1)
    by_tenth = names["gained"].groupby(names["tenth"]).sum()
    wanted = [(c.learnt - c.complete)[part].sum() for part in c.TENTHS]
    np.testing.assert_allclose(by_tenth, wanted, atol=0.1)


def test_promises_and_what_came(page):
    deaths = page.names["deaths"]
    everyone = np.full(len(c.y), c.national)
    for where in (c.HIGHEST, c.ZERO):
        wanted = [c.promised(rate, where) for rate in (c.y / c.n, everyone, c.estimate)]
        told = deaths.loc[where, ["no pooling", "complete", "partial"]].sum()
        np.testing.assert_allclose(told, wanted, rtol=1e-3, atol=1e-9)
        assert deaths.loc[where, "came"].sum() == c.y2[where].sum()
    assert c.later_rate(c.ZERO) == pytest.approx(1e5 * c.trend * c.national, rel=0.005)


def test_full_bayes_by_a_random_walk(further):
    """The grid's interval of n0, and the smallest county's, against a sampler on the Beta model."""
    rng = np.random.default_rng(4)
    assert "95% of n0: 2.5 to 3.7\n" in further.printed
    at, kept = np.log([c.mean, c.n0]), []

    def height(z):
        return -c.misfit(z) - ((z - np.log([5e-5, 2e5])) ** 2 / [2 * 0.8**2, 2 * 1.15**2]).sum()

    now = height(at)
    for _ in range(1500):
        new = at + rng.normal(size=2) * [0.02, 0.17]
        if np.log(rng.random()) < height(new) - now:
            at, now = new, height(new)
        kept.append(at)
    mean, size = np.exp(np.array(kept)[100:]).T
    np.testing.assert_allclose(np.quantile(size, [0.025, 0.975]) / 1e5, [2.54, 3.68], atol=0.2)
    rate = rng.beta(mean * size, (1 - mean) * size + c.n.min())
    np.testing.assert_allclose(1e5 * np.quantile(rate, [0.025, 0.975]), [2.7, 7.6], atol=0.4)


def test_ranks_by_normal_draws(further):
    """The best and worst rank of the first five, from draws by another shape and generator."""
    names, rng = further.figures[2][2], np.random.default_rng(5)
    shape = c.mean * c.n0 + c.y
    drawn = shape * (1 - 1 / 9 / shape + rng.normal(size=(400, len(shape))) / 3 / shape**0.5) ** 3
    drawn /= c.n0 + c.n  # Wilson and Hilferty: the cube root of a Gamma is nearly normal
    ranks = np.array([[(row > row[j]).sum() + 1 for j in c.top(c.estimate, 5)] for row in drawn])
    lower, upper = np.quantile(ranks, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(names["ends"][0], lower, atol=4)
    np.testing.assert_allclose(names["ends"][1], upper, rtol=0.35)


def test_states_by_two_stages(further):
    """Each state's own maximum and standard error, then normal means with known errors."""
    names, centres, errors = further.names, [], []
    size = 1e5 * names["nested"].prior_sample_size
    for one in names["states"]:
        at = c.state == one

        def loss(log_mean, at=at):
            return -c.log_likelihood(np.exp(log_mean), size, at).sum()

        best = optimize.minimize_scalar(loss, bounds=(-11.5, -9), method="bounded").x
        bend = (loss(best + 1e-3) - 2 * loss(best) + loss(best - 1e-3)) / 1e-6
        centres.append(best)
        errors.append(bend**-0.5)

    def together(z):
        return -stats.norm.logpdf(centres, z[0], np.hypot(errors, np.exp(z[1]))).sum()

    found = optimize.minimize(together, [-9.9, -2]).x
    assert 1e5 * np.exp(found[0]) == pytest.approx(np.exp(names["best"][0]), rel=0.02)
    assert np.exp(found[1]) == pytest.approx(np.exp(names["best"][1]), rel=0.08)


def test_where_it_loses_by_simulation():
    """Exercise 1.7 by drawing the hot county's deaths."""
    y = np.random.default_rng(6).poisson(15, 400_000)
    rmse = [np.sqrt(np.mean((guess - 15) ** 2)) for guess in (y / 1, (15 + y) / 4)]
    np.testing.assert_allclose(rmse, [3.873, 7.562], rtol=0.01)
    assert not exercise_of("1.7").fault(tuple(rmse))


def test_partial_pooling_is_at_or_near_the_best_at_every_spread(further):
    mean = pd.DataFrame(further.names["errors"]).groupby("spread").mean()
    best = mean[["no pooling", "complete pooling"]].min(axis=1)
    assert (mean["partial pooling"] <= 1.02 * best + 0.02).all()
    exact = np.sqrt(np.mean(5e5 / c.n))  # of a raw rate, by its variance
    np.testing.assert_allclose(mean["no pooling"], exact, rtol=0.1)
