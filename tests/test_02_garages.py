"""Notebook 02: its claims against simulation, its prose against its numbers, its exercises."""

from __future__ import annotations

import itertools
import re

import nbformat
import numpy as np
import pytest
from scipy.special import gammainc, ndtr

from helpers import normal_normal as nn
from helpers import simulate

TAU, SIGMA, N0 = 3.0, 10.0, 100 / 9
TOWN = {"mean": 20, "between_sd": TAU, "within_sd": SIGMA}


@pytest.fixture(scope="module")
def page(root):
    """Return all prose and all printed output of the page."""
    notebook = nbformat.read(root / "notebooks/02_garages.ipynb", as_version=4)
    prose = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    printed = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for output in cell.outputs:
                printed.append(
                    output.get("text", "") or output.get("data", {}).get("text/plain", "")
                )
    return re.sub(r"\s+", " ", prose), "\n".join(printed)


def best_weight(shares, spread, j):
    """Return the exact best weight of unit j if the centre is sum(shares * raw).

    Derived apart from the page: the best linear predictor of truth - centre from raw - centre.
    """
    shares, spread = np.asarray(shares, float), np.asarray(spread, float)
    noise = spread - TAU**2
    own = np.eye(len(shares))[j] - shares
    # raw_j - centre = own @ (effects + noise); truth_j - centre = own @ effects - shares @ noise
    covariance = TAU**2 * own @ own - (own * shares) @ noise
    return covariance / (own**2 @ spread)


def test_every_claim_against_simulation():
    """Difference over Monte Carlo error for all claims: largest below 4.5, RMS in 0.7 to 1.3."""
    z = []

    def add(exact, found, error):
        z.extend(np.atleast_1d((found - np.asarray(exact)) / error))

    settings = [(1, 5), (2, 8), (3, 10), (10, 4), (30, 20)]
    for seed, (n, units) in enumerate(settings):
        rng = np.random.default_rng(1000 + seed)
        towns = simulate.normal_means(np.full(units, n), **TOWN, rng=rng, replications=20_000)
        middle = towns.raw.mean(1, keepdims=True)
        add(n / (n + N0), *simulate.best_weight(towns.raw, towns.truth, middle))
        between = towns.raw.var(1, ddof=1)
        noise = SIGMA**2 / n
        error = between.std(ddof=1) / np.sqrt(20_000)
        add(TAU**2 + noise, between.mean(), error)
        if units >= 8:  # with 5 units the weight of James and Stein has no variance
            pull = (units - 3) * noise / ((units - 1) * between)
            error = pull.std(ddof=1) / np.sqrt(20_000)
            add(N0 / (n + N0), pull.mean(), error)
        zero = (between < noise).astype(float)
        exact = gammainc((units - 1) / 2, (units - 1) / 2 * noise / (TAU**2 + noise))
        add(exact, zero.mean(), zero.std() / np.sqrt(20_000))
        score = simulate.score(middle, towns.truth)
        exact = TAU**2 * (1 - 1 / units) + noise / units
        add(exact, score.mse, score.mse_error)
    for seed in range(5):
        rng = np.random.default_rng(2000 + seed)
        n = rng.integers(1, 50, 5)
        spread = TAU**2 + SIGMA**2 / n
        for name, share in {"visits": n, "means": np.ones(5), "precision": 1 / spread}.items():
            towns = simulate.normal_means(n, **TOWN, rng=rng, replications=20_000)
            c = share / share.sum()
            exact = [best_weight(c, spread, j) for j in range(5)]
            if name == "precision":
                np.testing.assert_allclose(exact, n / (n + N0))
            found = simulate.best_weight(towns.raw, towns.truth, towns.raw @ c[:, None], axis=0)
            add(exact, *found)
        towns = simulate.normal_means(n, **TOWN, rng=rng, replications=20_000)
        known = nn.partial_pooling(towns.raw, towns.standard_error, np.full(20_000, TAU), mean=20)
        score = simulate.score(known.mean, towns.truth, *known.interval(), axis=0)
        share = n / (n + N0)
        add(share * SIGMA**2 / n, score.mse, score.mse_error)
        add(0.95, score.coverage, score.coverage_error)
        off = rng.normal(0, 4, 5)
        redo = simulate.normal_means(
            n, truth=20 + off, within_sd=SIGMA, rng=rng, replications=20_000
        )
        known = nn.partial_pooling(redo.raw, redo.standard_error, np.full(20_000, TAU), mean=20)
        score = simulate.score(known.mean, redo.truth, axis=0)
        exact = ((1 - share) * off) ** 2 + share**2 * SIGMA**2 / n
        add(exact, score.mse, score.mse_error)
    assert len(z) > 150
    assert np.abs(z).max() < 4.5
    assert 0.7 < np.sqrt(np.mean(np.square(z))) < 1.3


def halfway(repairs, n=3, units=10):
    """Return the weight at tau = 3, sigma = 10 with the named repairs of section 3 made."""
    visits = units * n if 1 in repairs else n
    noise = SIGMA**2 / n
    between = TAU**2 / units if 2 in repairs else TAU**2 / visits
    within = SIGMA**2 / visits if 2 in repairs else 0.0
    covariance = TAU**2 / units if 3 in repairs else 0.0
    shared = noise / units if 3 in repairs and 2 in repairs else 0.0
    pulled = TAU**2 + between + within - 2 * covariance
    return (pulled - shared) / (pulled + noise - 2 * shared)


def test_only_all_three_repairs_give_back_the_weight(page):
    prose, printed = page
    for count in range(4):
        for repairs in itertools.combinations((1, 2, 3), count):
            right = halfway(repairs) == pytest.approx(3 / (3 + N0), abs=1e-9)
            assert right == (repairs == (1, 2, 3)), repairs
    for repairs, told in (((), "0.265"), ((1,), "0.218"), ((1, 2), "0.284"), ((1, 2, 3), "0.213")):
        assert f"{halfway(repairs):.3f}" == told
        assert f"| {told} |" in prose
        assert f"{halfway(repairs):.4f}" in printed
    assert "+77.0 errors" in printed and "77 Monte Carlo errors" in prose


def test_the_slip_costs_about_one_percent():
    """Squared error at the published weight over that at the best one, J = 10 and n = 3."""
    noise, units = SIGMA**2 / 3, 10

    def risk(w):
        own, kept = (1 - w) * (1 - 1 / units), w + (1 - w) / units
        others = (1 - w) ** 2 * (units - 1) / units**2 * (TAU**2 + noise)
        return own**2 * TAU**2 + kept**2 * noise + others

    assert risk(halfway(())) / risk(halfway((1, 2, 3))) == pytest.approx(1.01, abs=0.003)


def test_numbers_of_the_prose(page):
    prose, printed = page

    def told(text):
        assert text in prose, text

    assert round(N0) == 11
    told("100/9$, about 11 visits")
    assert 4 < (9 + 100 / 3) / 9 < 5
    told("more than four times as varied (in variance)")
    told(f"$9 + 100/3$, about {9 + 100 / 3:.0f}, and not 9")
    assert (round(1 / (1 + N0), 2), round(40 / (40 + N0), 2)) == (0.08, 0.78)
    told("One visit earns a weight of 8%. Forty visits earn 78%.")
    share = 3 / (3 + N0)
    assert (round(12 * share, 1), round(20 + 12 * share, 1)) == (2.6, 22.6)
    assert round(12 * (1 - share), 1) == 9.4
    told("The estimate is 22.6")
    told("is $3/(3 + 11.1) = 0.213$. Its raw mean lies 12 above 20. We keep 21% of that distance")
    told(r"about 2.6. The estimate is 22.6: it *moved* by $(1 - 0.213)\times 12 = 9.4$ minutes")
    weights = [f"{n / (n + N0):.2f}" for n in (1, 3, 11, 40)]
    told(f"Compare with {', '.join(weights)}")
    spread = 9 + 100 / np.array([1, 3, 11, 40])
    assert round(40 / 55, 2) == 0.73 and 0.45 < 1 / spread[3] / (1 / spread).sum() < 0.55
    told("the garage with 40 of the 55 visits has 73% of the say")
    assert best_weight(np.full(4, 0.25), spread, 0) < 0
    by_visits = best_weight(np.array([1, 3, 11, 40]) / 55, spread, 0)
    assert f"{by_visits:.2f}" == "0.12"
    told("the best weight is 0.12 there, 0.08")
    assert 0.5 < 12 / (12 + N0) < 0.55 and round(20 + 12 * 12 / (12 + N0)) == 26
    assert "bias²" in printed
    assert round(((1 - share) * 10) ** 2 + share**2 * 100 / 3) == 64
    told("64 instead of 33")
    assert round(100 / (100 + 100 / 3), 2) == 0.75
    threshold = np.sqrt(2 * TAU**2 + 100 / 3)
    assert round(threshold, 1) == 7.2 and 0.01 < 2 * ndtr(-threshold / TAU) < 0.02
    assert round(200 * ndtr(-np.sqrt(2))) == 16
    told("beyond 7.2 minutes, fewer than 2 garages in 100")
    told("about 16 garages in 100")
    assert round(1 - np.exp(-10 / 19), 1) == 0.4
    told("In four of ten such towns")
    assert round(20 - 18 / (1 + N0), 1) == 18.5 and round(20 - 5 * 40 / (40 + N0), 1) == 16.1
    told("A (16.1) is the better choice than Z (18.5)")
    assert (round(2 * (1 - 1 / (1 + N0)), 1), round(12 * (1 - 12 / (12 + N0)), 1)) == (1.8, 5.8)
    told("P with 1 visit moves 1.8 minutes, Q with 12 moves 5.8")


def test_section_6_in_words(page):
    prose, printed = page
    assert re.search(r"complete pooling +8\.2 +0\.6 +8\.8 +0\.42 +0\.00 +0\.95$", printed, re.M)
    assert re.search(r"partial pooling +3\.4 +2\.3 +5\.7 +0\.95 +0\.77 +1\.00$", printed, re.M)
    assert "bias² 8.2, variance 0.6" in prose and "77% to 100%" in prose
    assert (
        "the garage with [24] visits" in printed and "one with 24 visits is made slightly" in prose
    )
    visits = np.array([1, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48])
    garage = simulate.normal_means(visits, **TOWN, rng=np.random.default_rng(206))
    fit = nn.partial_pooling(garage.raw, garage.standard_error, TAU)
    assert visits[np.argmax(np.abs(garage.raw - fit.mean))] == 3
    assert "The garage with 3 visits moves furthest" in prose
    none, partial = (
        float(re.search(rf"{name} +\S+ +\S+ +(\S+)", printed)[1])
        for name in ("no pooling", "partial pooling")
    )
    assert round(none / partial) == 5 and "MSE is about a fifth of no pooling's" in prose
    centre = nn.centre(garage.raw, garage.standard_error, TAU)[0]
    complete = nn.complete_pooling(garage.raw, garage.standard_error).mean[0]
    assert f"centre is {centre:.1f}. Complete pooling says {complete:.1f}" in prose


def test_section_7_populations(page):
    _, printed = page
    rows = re.findall(
        r"^([\w ]+, (?:all|furthest|others)) +([\d.]+) +([\d.]+) +([\d.]+) +(\d+)%", printed, re.M
    )
    mse = {row[0]: [float(value) for value in row[1:]] for row in rows}
    assert len(mse) == 7
    for town, low, high in (("normal", 1.5, 1.8), ("t", 1.9, 2.3), ("one outlier", 2.8, 3.4)):
        none, _, partial, _ = mse[f"{town}, all"]
        assert partial < none
        none, _, partial, cover = mse[f"{town}, furthest"]
        assert low < partial / none < high and 40 < cover < 65
    assert 0.4 < 1 - mse["normal, all"][2] / mse["normal, all"][0] < 0.55
    assert 0.05 < 1 - mse["one outlier, all"][2] / mse["one outlier, all"][0] < 0.15
    assert 0.2 < 1 - mse["one outlier, others"][2] / mse["one outlier, others"][0] < 0.3


def test_complete_pooling_sometimes_wins_and_partial_never_falls_behind_no_pooling():
    """Section 8's figure, with other draws."""
    mse = {}
    for spread in (0, 1, 2, 3, 4, 6, 8):
        rng = np.random.default_rng(3000 + spread)
        scores = nn.trial(rng.normal(20, spread, (2000, 8)), se=np.sqrt(10), rng=rng)
        mse[spread] = {name: score.mse for name, score in scores.items()}
    for spread, row in mse.items():
        ways = [row[n] for n in ("naive plug-in", "corrected plug-in", "James-Stein", "full Bayes")]
        assert max(ways) < row["no pooling"]
        assert (row["complete pooling"] < min(ways)) == (spread <= 1)
        assert (row["complete pooling"] < row["no pooling"]) == (spread <= 3)
    assert mse[0]["naive plug-in"] == max(
        v for k, v in mse[0].items() if k not in ("no pooling", "complete pooling")
    )
    assert mse[8]["naive plug-in"] < mse[8]["corrected plug-in"]


def test_plug_in_intervals_need_many_garages():
    """Section 9's figure, with other draws."""
    covers = {}
    for units in (3, 8, 20, 85):
        rng = np.random.default_rng(4000 + units)
        truth = rng.normal(20, TAU, (1000, units))
        names = ["no pooling", "corrected plug-in", "full Bayes"]
        scores = nn.trial(truth, se=np.sqrt(10), rng=rng, names=names)
        covers[units] = scores["corrected plug-in"].coverage
        assert scores["full Bayes"].coverage == pytest.approx(0.95, abs=0.02)
        assert scores["corrected plug-in"].mse < scores["no pooling"].mse
    assert covers[3] == pytest.approx(0.5, abs=0.05)
    assert covers[8] < covers[20] < 0.9 < covers[85]


def test_section_10_in_words(page):
    prose, printed = page
    assert re.search(r"flat +8 +5\.2 +21 ", printed) and re.search(r"flat +3 +23\.4 +578 ", printed)
    assert "half of the support lies beyond a $\\tau$ of 5" in prose


def test_the_page_ledger_balances(page):
    _, printed = page
    total = re.search(
        r"^all (\d+): largest \|z\| ([\d.]+), root mean square ([\d.]+)$", printed, re.M
    )
    assert int(total[1]) >= 30
    assert float(total[2]) < 4.5
    assert 0.7 < float(total[3]) < 1.3


def test_printed_algebra(page):
    """The formulas a learner sees; nbval compares their LaTeX too."""
    _, printed = page
    lines = printed.splitlines()
    for formula in (
        "tau**2 + sigma**2/n_j",
        "tau**2*(1 - w)**2 + sigma**2*w**2/n_j",
        "1/(1 + sigma**2/(n_j*tau**2))",
        "tau**2*(n_j + 1)/(n_j*tau**2 + sigma**2 + tau**2)",
        "tau**2*(J*n_j + 1)/(J*n_j*tau**2 + J*sigma**2 + tau**2)",
        "(J*n_j*tau**2 + n_j*tau**2 + sigma**2)/((J + 1)*(n_j*tau**2 + sigma**2))",
        "n_j*tau**2/(n_j*tau**2 + sigma**2)",
    ):
        assert formula in lines, formula
