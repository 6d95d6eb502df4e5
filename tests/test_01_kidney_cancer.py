"""Notebook 01: every figure its text quotes, from the real table, most by a second route."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from helpers import beta_binomial, gamma_poisson, plots
from helpers.check import exercise_of, verdict
from helpers.gamma_poisson import GammaPopulation, fit_marginal_likelihood, three_poolings
from tests.folds import printed

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "notebooks" / "01_kidney_cancer.md").read_text(encoding="utf-8")
FLAT = " ".join(TEXT.split())
PRINTED = printed(nbformat.read(ROOT / "notebooks" / "01_kidney_cancer.ipynb", 4).cells)


def says(*phrases: str) -> None:
    """Assert that the page still says this, so that a figure and its text change together."""
    for phrase in phrases:
        assert phrase in FLAT, phrase


def prints(*lines: str) -> None:
    """Assert that the page's code found this too (its stored outputs come from the real table)."""
    for line in lines:
        assert line in PRINTED, line


class Kidney:
    """The real table and what the page derives from it, written out again."""

    def __init__(self, table):
        self.table = table
        self.y, self.n = (
            table[f"{what}_1980_84"].to_numpy() for what in ("deaths", "person_years")
        )
        self.y2, self.n2 = (
            table[f"{what}_1985_89"].to_numpy() for what in ("deaths", "person_years")
        )
        self.raw, self.national = self.y / self.n, self.y.sum() / self.n.sum()
        self.zero = self.y == 0
        self.highest = np.argsort(-self.raw, kind="stable")[: len(self.y) // 10]
        self.trend = self.y2.sum() / self.n2.sum() / self.national
        self.fit = beta_binomial.fit_marginal_likelihood(self.y, self.n)
        self.population = fit_marginal_likelihood(self.y, self.n)
        self.partial = self.fit.posterior(self.y, self.n).mean()
        self.tenth = 1 + np.argsort(np.argsort(self.n, kind="stable")) * 10 // len(self.n)

    def rate(self, group) -> float:
        return 1e5 * self.y2[group].sum() / self.n2[group].sum()

    def promised(self, estimate, group) -> float:
        return (self.trend * self.n2 * estimate)[group].sum()


@pytest.fixture(scope="module")
def kidney(request):
    return Kidney(request.getfixturevalue("real_kidney"))


# ------------------------------------------------------------------- the puzzle and the funnel


def test_puzzle(kidney):
    says(
        "593 counties, nearly a fifth, tie at zero",
        "A dozen counties have more than five times",
        "expect 0.1 deaths",
        "ten times the nation's",
        "The table has one row for each of 3,109 counties",
        "Ten men who live in a county for five years give fifty person-years",
        "it tells 593 counties that nobody",
    )
    prints(
        "real table: 4.86 deaths per 100,000 person-years\n",
        f"the highest 310 counties: {1e5 * kidney.raw[kidney.highest].min():.1f} per 100,000",
        "no death at all in 593 of 3,109 counties",
    )
    assert len(kidney.y) == 3109 and kidney.zero.sum() == 593
    assert 0.19 < kidney.zero.mean() < 0.2
    assert round(2000 * kidney.national, 1) == 0.1
    assert round(1 / 2000 / kidney.national) == 10
    assert round(1e5 * kidney.national, 2) == 4.86
    assert (kidney.raw > 5 * kidney.national).sum() == 12
    assert np.median(kidney.n[kidney.highest]) < 25_000 > np.median(kidney.n[kidney.zero])
    assert np.median(kidney.n) > 45_000


def test_slip_in_the_source(kidney):
    says("Four in five, so not quite all", "(310 of them)")
    both = kidney.y + kidney.y2
    lowest = np.argsort(both / (kidney.n + kidney.n2), kind="stable")[:310]
    assert round((both[lowest] == 0).mean(), 2) == 0.80
    assert (both == 0).sum() == 249
    prints("without a death: 80% of the lowest tenth")


def test_funnel_counts_by_exact_tails_and_by_simulation(kidney):
    """Counties outside the limits by Poisson tails, and how many chance alone puts there."""
    says(
        "30 counties lie outside the wide (dotted) limits",
        "17 above and 13 below",
        "where chance alone would put two",
    )
    mean = kidney.national * kidney.n
    upper, lower = (
        stats.gamma.cdf(mean, np.maximum(kidney.y, 1)),
        stats.gamma.sf(mean, kidney.y + 1),
    )
    upper[kidney.zero] = 1
    for level, above, below in ((0.95, 102, 82), (0.998, 17, 13)):
        tail = (1 - level) / 2
        assert (upper < tail).sum() == above and (lower < tail).sum() == below
        low, high = stats.poisson.interval(level, kidney.national * kidney.n)
        assert (kidney.y > high).sum() == above and (kidney.y < low).sum() == below
        prints(f"{level:.1%} limits: {above} counties above, {below} below")
    rng = np.random.default_rng(110)
    low, high = stats.poisson.interval(0.998, kidney.national * kidney.n)
    drawn = rng.poisson(mean, (200, mean.size))
    assert 1.5 < ((drawn < low) | (drawn > high)).sum(axis=1).mean() < 2.5


def test_each_county_gets_the_rate_of_its_own_state(kidney, run_cell):
    sums = kidney.table.groupby("state")[["deaths_1980_84", "person_years_1980_84"]].sum()
    y_state, n_state = sums.to_numpy().T
    given = {"table": kidney.table, "national": kidney.national, "no_death": kidney.zero}
    given |= {"y_state": y_state, "n_state": n_state, "population": kidney.population}
    names = run_cell("01", "by_state = ", gamma_poisson=gamma_poisson, pd=pd, **given)
    states = kidney.table.groupby("state")
    own = states["deaths_1980_84"].transform("sum") / states["person_years_1980_84"].transform(
        "sum"
    )
    np.testing.assert_allclose(names["by_state"], own)


def test_florida_hides_behind_one_rate(kidney):
    says("6.6 per 100,000. Its large counties run from 1.6 to 11.6")
    sums = kidney.table.groupby("state")[["deaths_1980_84", "person_years_1980_84"]].sum()
    rate = 1e5 * sums["deaths_1980_84"] / sums["person_years_1980_84"]
    assert rate.idxmax() == "Florida" and round(rate.max(), 1) == 6.6
    large = (kidney.table["state"] == "Florida") & (kidney.n > 200_000)
    ends = 1e5 * kidney.raw[large].min(), 1e5 * kidney.raw[large].max()
    assert [round(end, 1) for end in ends] == [1.6, 11.6]


# ------------------------------------------------------------------------- model and hyperprior


def test_sources_hyperprior(kidney):
    says("$\\alpha = 1$, $\\beta = 612$", "34 times too high", "59% of the county estimates")
    assert round(1 - (1 - np.exp(-5)) ** 2, 3) == 0.013
    a, b = np.arange(1, 9)[:, None], np.arange(1, 3001)

    def log_posterior(a, b):  # the Beta-Binomial written out, in blocks
        total = stats.poisson.logpmf(a, 5) + stats.poisson.logpmf(b, 5)
        y, n = kidney.y, kidney.n
        return total + (special.betaln(a + y, b + n - y) - special.betaln(a, b)).sum()

    coarse = beta_binomial.log_marginal_likelihood(a, b[::50], kidney.y, kidney.n)
    coarse = coarse + stats.poisson.logpmf(a, 5) + stats.poisson.logpmf(b[::50], 5)
    row, column = np.unravel_index(coarse.argmax(), coarse.shape)
    assert row == 0 and abs(b[::50][column] - 612) <= 50  # no other hill
    around = {(i, j): log_posterior(i, j) for i in (1, 2) for j in (562, 611, 612, 613, 662)}
    assert max(around, key=around.get) == (1, 612)
    estimate = (1 + kidney.y) / (613 + kidney.n)
    assert round(1 / 613 / kidney.national) == 34
    away = abs(estimate - kidney.national) > abs(kidney.raw - kidney.national)
    assert round(away.mean(), 2) == 0.59
    prints("163 per 100,000, 34 x national", "national rate: 59% of the counties")
    says("with Poisson(5) the fit aims at 34 times the national rate")


def test_los_angeles_moves_the_smallest_county(kidney):
    says("from 4.87 to 4.98")
    assert kidney.table["county"][kidney.n.argmax()] == "Los Angeles County"
    smallest = kidney.n.argmin()
    assert kidney.table["county"][smallest] == "Loving County"
    for factor, wanted in ((1, 4.87), (20, 4.98)):
        y = np.where(kidney.n == kidney.n.max(), factor * kidney.y, kidney.y)
        fit = beta_binomial.fit_marginal_likelihood(y, kidney.n)
        assert round(1e5 * fit.posterior(y, kidney.n).mean()[smallest], 2) == wanted


# -------------------------------------------------------------------------------------- the fit


def test_fitted_population_by_four_routes(kidney):
    """Marginal likelihood twice (Beta-Binomial, Gamma-Poisson), a derivative-free search, moments.

    The fourth is another estimator: Pearson's statistic set equal to its degrees of freedom.
    """
    says("about 305,000 person-years", "five digits in the mean and to four in $n_0$")
    y, n = kidney.y, kidney.n
    assert round(kidney.fit.prior_sample_size, -3) == 305_000
    assert round(kidney.fit.alpha, 2) == 14.85 and round(kidney.fit.beta, -2) == 304_800
    assert abs(kidney.fit.mean / kidney.population.mean - 1) < 2e-6
    assert abs(kidney.fit.prior_sample_size / kidney.population.prior_sample_size - 1) < 2e-4
    assert (n < kidney.fit.prior_sample_size).mean() == pytest.approx(0.9, abs=0.005)
    says("Nine counties in ten have less", "about 305,000 person-years.", "rises from 305,000 to")
    for name, model in (("Beta-Binomial", kidney.fit), ("Gamma-Poisson", kidney.population)):
        told = f"mean {1e5 * model.mean:.3f} per 100,000, sd {1e5 * model.sd:.3f}"
        prints(f"{name}: {told}; n0 = {round(model.prior_sample_size, -3):,.0f} person-years")
    by_hand = {}
    for n0 in (30_000, 300_000, 3_000_000, 3e9):
        a = n0 * kidney.national
        by_hand[n0] = special.betaln(a + y, n0 - a + n - y) - special.betaln(a, n0 - a)
        gain = by_hand[n0].sum()
    for n0 in (30_000, 300_000, 3_000_000):
        prints(f"n0 = {n0:>9,}: log likelihood {by_hand[n0].sum() - gain:+.0f} against no spread")

    def loss(z):
        a, b = np.exp(z[0] + z[1]), np.exp(z[1]) * -np.expm1(z[0])
        return -stats.betabinom.logpmf(y, n, a, b).sum()

    options = {"xatol": 1e-7, "fatol": 1e-7}
    found = optimize.minimize(loss, [-9.9, 12.5], method="Nelder-Mead", options=options)
    assert np.exp(found.x[1]) == pytest.approx(kidney.fit.prior_sample_size, rel=1e-3)
    assert np.exp(found.x[0]) == pytest.approx(kidney.fit.mean, rel=1e-5)

    def pearson(log_size):
        weight = n / (n + np.exp(log_size))
        mean = (weight * kidney.raw).sum() / weight.sum()
        return ((kidney.raw - mean) ** 2 / (mean / n + mean / np.exp(log_size))).sum() - n.size + 1

    by_moments = np.exp(optimize.brentq(pearson, 8, 17))
    assert by_moments == pytest.approx(270_000, rel=0.01)  # less efficient, same answer


def test_mended_prior_is_two_normals_of_logs_and_a_change_of_variables(kidney, run_cell):
    """Second route: the area that a small square of (alpha, beta) takes up in (mean, n0)."""
    given = {"stats": stats, "plots": plots, "beta_binomial": beta_binomial}
    given |= {"y": kidney.y, "n": kidney.n}
    prior = run_cell("01", "def log_prior(", **given)["log_prior"]

    def log_density(alpha, beta, step=1e-5):
        a, b = alpha * np.array([1, 1 + step, 1]), beta * np.array([1, 1, 1 + step])
        mean, n0 = a / (a + b), a + b
        area = np.linalg.det([mean[1:] - mean[0], n0[1:] - n0[0]]) / (alpha * beta * step**2)
        z = np.log(mean[0] / 5e-5) / 0.8, np.log(n0[0] / 200_000) / 1.15
        return stats.norm.logpdf(z).sum() - np.log(mean[0] * n0[0]) + np.log(abs(area))

    points = [(10.0, 2e5), (3.0, 2e5), (30.0, 4e5), (10.0, 5e4)]
    told = np.array([prior(*point) for point in points])
    wanted = np.array([log_density(*point) for point in points])
    np.testing.assert_allclose(told - told[0], wanted - wanted[0], atol=1e-3)


def test_posterior_of_the_hyperparameters_and_of_one_county(kidney, run_cell):
    """The grid's answers against a random-walk sampler on the Gamma-Poisson likelihood."""
    says("between about 250,000 and 370,000", "2.7 to 7.6")
    given = {"stats": stats, "plots": plots, "beta_binomial": beta_binomial}
    given |= {"y": kidney.y, "n": kidney.n}
    prior = run_cell("01", "def log_prior(", **given)["log_prior"]
    grid = beta_binomial.posterior_grid(kidney.y, kidney.n, log_prior=prior, points=60)
    alpha, beta = grid.sample(200_000, rng=np.random.default_rng(1110))
    ends = np.quantile(alpha + beta, [0.025, 0.975])
    assert [round(end, -4) for end in ends] == [250_000, 370_000]
    told = re.search(r"95% of n0: ([\d,]+) to ([\d,]+)", PRINTED).groups()
    np.testing.assert_allclose([int(end.replace(",", "")) for end in told], ends, rtol=0.02)
    prints("plugged in: 2.7 to 7.6 per 100,000", "no pooling: up to 1,430 per 100,000")
    rng = np.random.default_rng(111)

    def log_density(mean, size):
        shape = mean * size
        value = stats.nbinom.logpmf(kidney.y, shape, size / (size + kidney.n)).sum()
        value -= 0.5 * (np.log(mean / 5e-5) / 0.8) ** 2 + 0.5 * (np.log(size / 2e5) / 1.15) ** 2
        return value

    at = np.log([kidney.fit.mean, kidney.fit.prior_sample_size])
    height, kept = log_density(*np.exp(at)), []
    for _ in range(1500):
        new = at + rng.normal(size=2) * [0.02, 0.17]
        higher = log_density(*np.exp(new))
        if np.log(rng.random()) < higher - height:
            at, height = new, higher
        kept.append(at)
    walked = np.exp(np.quantile(np.array(kept)[100:, 1], [0.025, 0.975]))
    np.testing.assert_allclose(walked, ends, rtol=0.06)
    lower, upper = kidney.fit.posterior(0, 258).interval(0.95)
    assert (round(1e5 * lower, 1), round(1e5 * upper, 1)) == (2.7, 7.6)
    drawn = 1e5 * np.quantile(rng.beta(alpha, beta + 258), [0.025, 0.975])
    np.testing.assert_allclose(drawn, [2.7, 7.6], atol=0.12)
    says("runs off the plot and ends near 1,430")
    assert round(1e5 * stats.gamma.ppf(0.975, 1) / 258, -1) == 1430


def test_moves(kidney):
    says("304 counties move farther")
    move = abs(kidney.partial - kidney.raw)
    assert (move > move[kidney.n.argmin()]).sum() == 304
    prints("304 counties move farther than the smallest one")


def test_states(kidney):
    says("states are large", "800,000 person-years")
    sums = kidney.table.groupby("state")[["deaths_1980_84", "person_years_1980_84"]].sum()
    fitted = fit_marginal_likelihood(*sums.to_numpy().T)
    assert round(fitted.prior_sample_size, -5) == 800_000
    assert fitted.weight(sums["person_years_1980_84"]).min() > 0.3
    assert np.median(fitted.weight(sums["person_years_1980_84"])) > 0.8


# ------------------------------------------------------------------------------------ the drawer


def test_scores_on_the_later_years(kidney):
    """Log scores again, with the predictive distributions written out as mixtures."""
    says("rose by 7%", "happened in 344 counties", "about 470", "is 200 behind", "$n_0$ is 303,000")
    both = fit_marginal_likelihood(kidney.y + kidney.y2, kidney.n + kidney.n2)
    assert round(both.prior_sample_size, -3) == 303_000
    y, n, y2, n2 = kidney.y, kidney.n, kidney.y2, kidney.n2
    assert round(kidney.trend - 1, 2) == 0.07
    assert (kidney.zero & (y2 > 0)).sum() == 344
    prints("trend +7.1%; first deaths only now in 344 counties")
    says("by 1.07), and also", "times 1.07, added up", "gains about 470, and the next best")
    says("A lead of 5 would already mean that the later deaths are some 150 times more probable")
    assert round(np.exp(5), -1) == 150
    assert np.isneginf(stats.poisson.logpmf(y2, kidney.raw * n2)).sum() == 344
    sums = kidney.table.groupby("state")[["deaths_1980_84", "person_years_1980_84"]].sum()
    state_rate = sums["deaths_1980_84"] / sums["person_years_1980_84"]
    by_state = state_rate[kidney.table["state"]].to_numpy()
    wanted = {1: (-7032, -6849, -6584, -6373), kidney.trend: (-7052, -6789, -6521, -6317)}
    for trend, scores in wanted.items():
        m = trend * n2
        shape = kidney.fit.alpha + y  # the Beta-Binomial's own predictive, m rounded
        by_beta = stats.betabinom.logpmf(
            y2, np.rint(m).astype(int), shape, kidney.fit.beta + n - y
        ).sum()
        got = (
            stats.nbinom.logpmf(y2, y + 0.5, (n + 1) / (n + 1 + m)).sum(),
            stats.poisson.logpmf(y2, kidney.national * m).sum(),
            stats.poisson.logpmf(y2, by_state * m).sum(),
            kidney.population.predictive(y, n, m).logpmf(y2).sum(),
        )
        assert tuple(round(score) for score in got) == scores
        for score in scores:
            prints(f"log score {score} with" if trend == 1 else f"left in, {score} taken out")
        assert by_beta == pytest.approx(got[-1], abs=0.1)


def test_partial_pooling_is_at_or_near_the_best_in_every_tenth(kidney):
    models = {
        "none": GammaPopulation(0.5, 1),
        "complete": GammaPopulation(kidney.national, np.inf),
        "partial": kidney.population,
    }
    later = kidney.y2 / kidney.n2
    rmse = {
        name: np.array(
            [
                np.sqrt(
                    np.mean((later - kidney.trend * model.estimate(kidney.y, kidney.n))[at] ** 2)
                )
                for at in (kidney.tenth == k for k in range(1, 11))
            ]
        )
        for name, model in models.items()
    }
    assert (rmse["partial"] <= 1.005 * np.minimum(rmse["none"], rmse["complete"])).all()
    assert (rmse["none"][:9] > rmse["complete"][:9]).all()
    assert rmse["none"][9] < rmse["complete"][9]


def test_both_ends_of_the_ranking(kidney):
    says("no pooling promised 1,594 deaths; 763 came", "Partial pooling promised 700")
    says("627 men died there", "complete pooling promised 628", "Partial pooling promised 567")
    half = (kidney.y + 0.5) / (kidney.n + 1)
    assert kidney.y2[kidney.highest].sum() == 763
    assert round(kidney.promised(half, kidney.highest)) == 1594
    assert round(kidney.promised(kidney.partial, kidney.highest)) == 700
    assert kidney.y2[kidney.zero].sum() == 627
    assert round(kidney.promised(np.full_like(half, kidney.national), kidney.zero)) == 628
    assert round(kidney.promised(kidney.partial, kidney.zero)) == 567
    assert abs(kidney.rate(kidney.zero) / (1e5 * kidney.trend * kidney.national) - 1) < 0.005
    assert (627 - 567) / np.sqrt(627) > 2
    assert round(np.sqrt(627)) == 25
    says("Partial pooling promised 567, about 60 too few", "partial pooling promised 60 deaths too")
    says("a count of 627 has a standard deviation of about 25", "| 627 deaths in the next five")


def test_predictive_intervals_and_pit_by_simulation(kidney, run_cell):
    """Observed and implied coverage, the implied one also by drawing from the model."""
    says("about 13% of the counties land in the top tenth")
    m = kidney.trend * kidney.n2
    predicted = kidney.population.predictive(kidney.y, kidney.n, m)
    given = {"population": kidney.population, "trend": kidney.trend, "plots": plots}
    given |= {"y": kidney.y, "n": kidney.n, "y2": kidney.y2, "n2": kidney.n2}
    page = run_cell("01", "predicted = population.predictive", **given)
    page |= run_cell("01", "place = ", **given, predicted=page["predicted"])
    inside, implied, place = page["inside"], page["implied"], page["place"]
    assert (round(inside.mean(), 3), round(implied.mean(), 3)) == (0.975, 0.978)
    rng = np.random.default_rng(112)
    mean, n0 = kidney.population.mean, kidney.population.prior_sample_size
    lower, upper = predicted.interval(0.95)
    drawn = rng.poisson(m * rng.gamma(mean * n0 + kidney.y, 1 / (n0 + kidney.n), (40, m.size)))
    simulated = ((lower <= drawn) & (drawn <= upper)).mean()
    assert simulated == pytest.approx(implied.mean(), abs=0.002)
    tops = np.histogram(place, 10, (0, 1))[0] / place.size
    assert round(tops[-1], 2) == 0.13
    below, upto = predicted.cdf(kidney.y2 - 1), predicted.cdf(kidney.y2)
    share = np.clip((upto - 0.9) / (upto - below), 0, 1)  # the same without drawing
    assert share.mean() == pytest.approx(0.13, abs=0.01)


def test_four_ways_to_choose_a_hundred(kidney):
    says(
        "122 deaths, about 24 more",
        "10,179 deaths, hardly above the national rate",
        "about 760 deaths beyond",
    )
    exceeds = stats.gamma.sf(
        1.25 * kidney.national,
        kidney.fit.alpha + kidney.y,
        scale=1 / (kidney.fit.prior_sample_size + kidney.n),
    )
    found = {}
    for name, value in (
        ("raw", kidney.raw),
        ("pooled", kidney.partial),
        ("exceeds", exceeds),
        ("count", kidney.y),
    ):
        chosen = np.argsort(-value, kind="stable")[:100]
        came = kidney.y2[chosen].sum()
        beyond = came - kidney.trend * kidney.national * kidney.n2[chosen].sum()
        found[name] = came, round(beyond), kidney.rate(chosen)
    assert found["raw"][:2] == (122, 24) and found["count"][:2] == (10179, 61)
    assert found["pooled"][1] == found["exceeds"][1] == 759
    assert 30 < found["pooled"][1] / found["raw"][1] < 32
    for name, key in (("raw rate", "raw"), ("pooled rate", "pooled"), ("raw count", "count")):
        came, beyond, rate = found[key]
        prints(f"{name}: {came:>6,} deaths, {rate:.1f} per 100,000, {beyond:+.0f} beyond")
    chosen = np.argsort(-kidney.raw, kind="stable")[:100]
    says("promised 365 deaths; 122 came")
    assert round(kidney.promised(kidney.raw, chosen)) == 365
    says("of the 365 deaths that the highest hundred promised, 122 came")


# --------------------------------------------------------------------------- states, size, age


def test_states_as_a_second_level_by_two_stages(kidney, run_cell):
    """Second route: each state's own maximum and standard error, then a normal-normal fit."""
    says("from 305,000 to about 408,000", "Utah's own rate is 2.5", "29 more")
    given = {"y": kidney.y, "n": kidney.n, "table": kidney.table, "national": kidney.national}
    given |= {"stats": stats, "special": special, "optimize": optimize, "pd": pd}
    given |= {"population": kidney.population, "score": print, "gamma_poisson": gamma_poisson}
    given |= run_cell("01", "def joint(", **given)
    page = run_cell("01", "joint(*best)", **given)
    nested, states = page["nested"], page["states"].tolist()
    assert round(nested.prior_sample_size, -3) == 408_000
    assert round(page["sd"], 2) == 0.13
    prints("states differ by 13%; n0 within a state 408,000")
    score = nested.predictive(kidney.y, kidney.n, kidney.trend * kidney.n2).logpmf(kidney.y2)
    single = kidney.population.predictive(kidney.y, kidney.n, kidney.trend * kidney.n2).logpmf(
        kidney.y2
    )
    assert round(score.sum() - single.sum()) == 29
    assert round(1e5 * page["of_state"][states.index("Utah")], 1) == 3.6
    says("its mean in the population of states 3.6")
    at = kidney.table["state"] == "Utah"
    assert round(1e5 * kidney.y[at].sum() / kidney.n[at].sum(), 1) == 2.5
    centres, errors, size = [], [], nested.prior_sample_size
    for state in states:
        at = (kidney.table["state"] == state).to_numpy()

        def loss(log_mean, at=at):
            shape = np.exp(log_mean) * size
            return -stats.nbinom.logpmf(kidney.y[at], shape, size / (size + kidney.n[at])).sum()

        best = optimize.minimize_scalar(loss, bounds=(-11.5, -9), method="bounded").x
        bend = (loss(best + 1e-3) - 2 * loss(best) + loss(best - 1e-3)) / 1e-6
        centres.append(best)
        errors.append(bend**-0.5)
    centres, errors = np.array(centres), np.array(errors)
    two_stage = optimize.minimize(
        lambda z: -stats.norm.logpdf(centres, z[0], np.hypot(errors, np.exp(z[1]))).sum(),
        [-9.9, -2],
    ).x
    assert np.exp(two_stage[0]) == pytest.approx(np.exp(page["best"][0]), rel=0.02)
    assert np.exp(two_stage[1]) == pytest.approx(page["sd"], rel=0.08)


def test_size_is_informative_and_mends_the_zero_counties(kidney):
    says("621 deaths where 627 came", "14 better")
    size = np.log(kidney.n / 100_000)
    curved = fit_marginal_likelihood(kidney.y, kidney.n, np.c_[size, size**2])
    straight = fit_marginal_likelihood(kidney.y, kidney.n, size)
    assert straight.coefficients[1] < 0
    models = (kidney.population, straight, curved)
    flat, line, curve = (model.log_likelihood(kidney.y, kidney.n) for model in models)
    assert np.sqrt(2 * (line - flat)) > 2.5
    prints(f"log likelihood: {curve - flat:+.1f} for two more parameters")
    promised = kidney.promised(curved.estimate(kidney.y, kidney.n), kidney.zero)
    assert round(promised) == 621
    prints("no death before: 621 promised, 627 came")
    gain = [
        p.predictive(kidney.y, kidney.n, kidney.trend * kidney.n2).logpmf(kidney.y2).sum()
        for p in (curved, kidney.population)
    ]
    assert round(gain[0] - gain[1]) == 14


def test_histograms_and_spread(kidney):
    says("raw rates say 23%, the estimates 0.2%, the population 4%", "finds 1.97")
    limit = 1.5 * kidney.national
    assert round((kidney.raw > limit).mean(), 2) == 0.23
    assert round((kidney.partial > limit).mean(), 3) == 0.002
    assert round(stats.gamma.sf(limit, kidney.fit.alpha, scale=1 / kidney.fit.beta), 2) == 0.04
    big = kidney.n > 100_000
    assert round(1e5 * kidney.raw[big].std(), 2) == 1.97
    assert round(1e5 * kidney.fit.sd, 2) == 1.26, "far less than 1.97"
    noise = (kidney.national / kidney.n[big]).mean()
    assert round(1e5 * np.sqrt(kidney.raw[big].var() - noise), 2) == 1.25
    prints("raw 22.8%, partially pooled 0.2%, population 4.0%", "raw 1.97, corrected 1.25 per")
    says("1.97 per 100,000 in the larger counties with the noise, 1.25 without it")


def test_age_explains_most_of_it(kidney):
    says("from 26% to 10%", "to over two million", "Ten of the first twenty")
    says("a third above the age-adjusted one, in the largest tenth they are equal")
    adjusted = kidney.table["age_adjusted_rate_1980_84"].to_numpy()
    exposure = kidney.n.astype(float)
    np.divide(1e5 * kidney.y, adjusted, out=exposure, where=adjusted > 0)
    assert ((kidney.y > 0) == (adjusted > 0)).all()
    by_age = fit_marginal_likelihood(kidney.y, exposure.round())
    assert round(kidney.population.sd / kidney.population.mean, 2) == 0.26
    assert round(by_age.sd / by_age.mean, 2) == 0.10
    assert by_age.prior_sample_size > 2e6
    state = kidney.table["state"].to_numpy()
    for estimate, florida in (
        (kidney.partial, 10),
        (by_age.estimate(kidney.y, exposure.round()), 1),
    ):
        first = np.argsort(-estimate, kind="stable")[:20]
        assert (state[first] == "Florida").sum() == florida
    for tenth, ratio in ((1, 1.32), (10, 0.99)):
        at = kidney.tenth == tenth
        crude = 1e5 * kidney.y[at].sum() / kidney.n[at].sum()
        weighted = (adjusted * kidney.n)[at].sum() / kidney.n[at].sum()
        assert crude / weighted == pytest.approx(ratio, abs=0.01)
    prints("crude / adjusted rate: smallest tenth 1.32, largest tenth 0.99")
    prints("sd/mean 26%, Florida 10 of 20", "sd/mean 10%, Florida 1 of 20")
    # a second sign: rates of large counties persist, age-adjusted ones much less
    large = kidney.n > 1e6
    later = kidney.table["age_adjusted_rate_1985_89"].to_numpy()
    crude = np.corrcoef(kidney.raw[large], (kidney.y2 / kidney.n2)[large])[0, 1]
    assert crude > 0.75 > 0.4 > np.corrcoef(adjusted[large], later[large])[0, 1]


# ------------------------------------------------------------------- simulation and checks


def test_where_it_loses_by_simulation():
    """Exercise 1.10 by drawing the hot county's deaths."""
    rng = np.random.default_rng(113)
    y = rng.poisson(15, 400_000)
    raw, partial = y / 1e5, (15 + y) / 4e5
    rmse = [1e5 * np.sqrt(np.mean((guess - 15e-5) ** 2)) for guess in (raw, partial)]
    np.testing.assert_allclose(rmse, [3.873, 7.562], rtol=0.01)
    assert verdict(exercise_of("1.10"), tuple(rmse)).state == "right"


def test_table_by_tenth_on_the_twins_known_truth():
    """Errors by size where the truth is known: partial pooling is at or near the best."""
    from helpers.datasets import DATA

    twin = pd.read_csv(DATA / "kidney_twin.csv")
    y, n = twin["deaths_1980_84"].to_numpy(), twin["person_years_1980_84"].to_numpy()
    truth = twin["true_rate"].to_numpy()
    found = three_poolings(y, n)
    tenth = np.argsort(np.argsort(n, kind="stable")) * 10 // len(n)
    mse = {
        name: np.bincount(tenth, 1e10 * (guess - truth) ** 2) / np.bincount(tenth)
        for name, (guess, *_) in found.items()
    }
    best = np.minimum(mse["no pooling"], mse["complete pooling"])
    assert (mse["partial pooling"] <= 1.02 * best).all()
    assert mse["partial pooling"][9] < 0.8 * best[9]
    _, lower, upper = found["partial pooling"]
    assert 0.9 < ((lower <= truth) & (truth <= upper)).mean() < 0.97  # n0 came out a fifth high


def test_worked_example_and_the_bet(kidney):
    """Exercise 1.3's worked half, and the two groups of the bet."""
    assert round(1e5 * np.sqrt(6e-5 / 20_000), 1) == 5.5
    says(r"20\,000}$, that is 5.5 per 100,000", "5 − 6 = −1, so its typical error is 1 per")
    big = (kidney.n >= 500_000) & (kidney.raw < 4e-5)
    says("big counties (500,000 person-years or more) with fewer than 4 deaths per 100,000")
    for name, group in (("A, no death", kidney.zero), ("B, big and low", big)):
        prints(f"{name}: {group.sum()} counties, later rate {kidney.rate(group):.1f} per 100,000")
    assert kidney.rate(big) < 0.8 * kidney.rate(kidney.zero), "Group B, by far"


def test_every_exercise_of_the_page_has_a_check_and_the_page_keeps_its_budget():
    asked = re.findall(r"^### Exercise (\d+\.\d+)", TEXT, flags=re.MULTILINE)
    checked = set(re.findall(r'check\("(\d+\.\d+)"', TEXT))
    assert set(asked) | {"1.13"} == checked
    assert TEXT.count("show(fig") <= 18
