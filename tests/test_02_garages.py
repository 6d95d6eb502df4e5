"""Page 02 and further/garages: what tables of facts cannot hold."""

from __future__ import annotations

import itertools
import re
import runpy

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from tests import garages as g
from tests import pages

CORE, FURTHER = "02_garages", "further/garages"


def table(name: str, first: str) -> dict[str, list[float]]:
    """Return the printed table whose head begins so, by the rows' first word."""
    (printed,) = [text for text in pages.solved(name).printed if text.lstrip().startswith(first)]
    rows = [re.split(r"\s{2,}", line.strip()) for line in printed.splitlines()[1:] if line.strip()]
    return {row[0]: [float(x) for x in row[1:]] for row in rows}


def test_the_first_screen_shows_the_two_bells_of_the_story():
    assert "](../images/two_bells.png)" in pages.solved(CORE).cells[0].source
    draw = runpy.run_path(pages.ROOT / "images" / "draw.py")
    ax = draw["two_bells"](ax=plt.figure().add_subplot())
    narrow, wide, visit = (line.get_xydata().T for line in ax.get_lines())
    for (x, height), sd in ((narrow, 3), (wide, 10)):
        np.testing.assert_allclose(height / height.max(), np.exp(-(((x - 20) / sd) ** 2) / 2))
    at = {text.get_text(): text.get_position()[1] for text in ax.texts}
    high, low = at["garages' long-run averages: sd 3"], at["visits to one garage: sd 10"]
    assert high > wide[1].max() > low
    assert visit[0] == 2 and ax.get_xlabel() == "minutes late"
    plt.close("all")


def test_ten_garages_by_chi_square_quantiles():
    """The six ways of section 6 are within four errors of their exact risks, and near each."""
    told = table(CORE, "no pooling")
    ways = ["no pooling", "complete pooling", "naive plug-in", "corrected plug-in"]
    ways += ["best", "withdrawn"]
    exact = np.array([g.risk(way) for way in ways])
    assert (np.abs(told["mean"] - exact) < 4 * np.array(told["sem"]) + 0.005).all()
    assert [round(g.risk(way), 1) for way in ("best", "withdrawn")] == [9.7, 9.8]
    assert [round(g.risk(way), 1) for way in ways[1:3]] == [11.4, 15.3]
    # another hundred thousand towns: squared error and its standard error
    rng = np.random.default_rng(8)
    truth = g.TAU * rng.standard_normal((100_000, 10))
    raw = truth + np.sqrt(g.S2) * rng.standard_normal(truth.shape)
    middle, v = raw.mean(1, keepdims=True), raw.var(1, ddof=1, keepdims=True)
    for place, way in enumerate(ways):
        town = ((middle + g.WAYS[way](v) * (raw - middle) - truth) ** 2).mean(1)
        error = np.hypot(town.std() / 100_000**0.5, told["sem"][place])
        assert abs(town.mean() - told["mean"][place]) < 4 * error + 0.005
        assert told["sem"][place] == pytest.approx(town.std() / 100_000**0.5, abs=0.006)


def test_twelve_garages_by_the_whole_covariance_matrix():
    page = pages.solved(CORE)
    se, sd = (g.pooled()[way][1] for way in ("no pooling", "partial pooling"))
    printed = f"MSE: none {np.mean(se**2):.1f}, partial {np.mean(sd**2):.1f}\n"
    assert printed in page.printed
    names = page.figures[0][2]
    np.testing.assert_allclose(names["sd"], sd)
    np.testing.assert_allclose(names["truth"], g.town()[0])
    # the intervals cover 95% over towns
    rng = np.random.default_rng(4)
    truth = 20 + g.TAU * rng.standard_normal((40_000, 12))
    raw = truth + se * rng.standard_normal(truth.shape)
    share = g.weight(g.VISITS)
    centre = np.average(raw, axis=1, weights=1 / (g.TAU**2 + se**2))[:, None]
    held = np.abs(share * raw + (1 - share) * centre - truth) <= 1.96 * names["sd"]
    np.testing.assert_allclose(held.mean(0), 0.95, atol=0.005)


def test_raw_visits_by_the_whole_covariance_matrix():
    mu, tau, sigma = g.reml()
    assert f"mu {mu:.1f}, tau {tau:.1f}, sigma {sigma:.1f}\n" in pages.solved(CORE).printed
    names = pages.solved(CORE).names
    assert [names["tau"], names["sigma"]] == pytest.approx([tau, sigma], rel=2e-3)
    lines = [cell.source for cell in pages.solved(CORE).cells if "np.bincount" in cell.source]
    lines += [cell.source for cell in pages.solved(CORE).cells if "misfit" in cell.source]
    code = [line for cell in lines for line in cell.splitlines() if line.strip()]
    assert len(code) <= 15


def test_eighteen_batters_by_the_file():
    """Stein's estimates on the rest of the season: totals, and the gain over the other poolings."""
    first, later, shrunk, scored = g.batters()
    told = table(CORE, "total")
    guesses = {"no": first, "complete": np.full(18, first.mean()), "partial": shrunk}
    of_partial = ((shrunk - later) ** 2)[scored]
    for name, guess in guesses.items():
        gain = ((guess - later) ** 2)[scored] - of_partial
        wanted = [g.total(guess), gain.sum(), gain.std(ddof=1) * 17**0.5]
        assert told[name] == pytest.approx(wanted, abs=6e-5)
    gain, error = told["complete"][1:]
    assert 0 < gain < error
    assert 3.3 < told["no"][0] / told["partial"][0] < 3.6


@pytest.mark.parametrize("name", [CORE, FURTHER])
def test_the_source_s_derivation_is_whole(name):
    """Its result stands on page 02; all its five asserts stand on the further page."""
    page = pages.solved(name)
    code = "\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    if name == CORE:
        printed = "tau**2*(n_j + 1)/(n_j*tau**2 + sigma**2 + tau**2)\n"
        assert printed in page.printed
        formulas = ["tau**2 + sigma**2/n_j\n", "1/(1 + sigma**2/(n_j*tau**2))\n"]
        formulas.append("tau**2*(1 - w)**2 + sigma**2*w**2/n_j\n")
        assert not set(formulas) - set(page.printed)
        return
    for claim in (
        "(error_term_exact - (A - B - C)).expand() == 0",
        "(E(C * C) - of_C).expand() == 0",
        "(soln_exact - neat_soln_exact).together().expand() == 0",
        "(error_term_approx - (A - B)).simplify() == 0",
        "(soln_approx - neat_soln_approx).together().expand() == 0",
    ):
        assert f"\nassert {claim}" in code, claim
    t, s, n = "BetweenGaragesSD**2", "PerObservationSD**2", "n_j"
    assert f"{t}*({n} + 1)/({t}*{n} + {t} + {s})\n" in page.printed
    assert (
        f"1/(1 + {s}/({t}*{n}))\n" in page.printed and f"{t}*{n}/({t}*{n} + {s})\n" in page.printed
    )


def test_weights_of_the_mended_slips_and_of_other_centres():
    told = table(FURTHER, "weight")
    for row, mended in zip(told, ((), (1,), (1, 2), (1, 2, 3)), strict=True):
        w = g.halfway(mended)
        own, kept = (1 - w) * 0.9, w + (1 - w) / 10
        others = (1 - w) ** 2 * 9 / 100 * (g.TAU**2 + g.S2)
        assert told[row] == pytest.approx([w, own**2 * 9 + kept**2 * g.S2 + others], abs=6e-4)
    visits = np.array([1, 3, 11, 40])
    spread, told = 9 + 100 / visits, table(FURTHER, "all visits")
    for place, count in enumerate((visits, np.ones(4), 1 / spread)):
        wanted = [g.best_weight(count / count.sum(), spread, j) for j in range(4)]
        assert [row[place] for row in told.values()] == pytest.approx(wanted, abs=6e-3)


def test_stein_by_the_exact_risk():
    """James and Stein (1961): a Poisson mean, with half the squared distance over the noise."""
    far = {"all alike": np.zeros(10), "sd 3": np.linspace(-4.7, 4.7, 10)}
    far |= {"one 30 off": np.append(np.zeros(9), 30), "sd 60": np.linspace(-94, 94, 10)}
    told = table(FURTHER, "all alike")
    for place, off in enumerate(far.values()):
        for way, lost, point in (("James-Stein", 2, 0.0), ("Lindley", 3, off.mean())):
            half = ((off - point) ** 2).sum() / g.S2 / 2
            k = np.arange(2000)
            inverse = stats.poisson.pmf(k, half) @ (1 / (10 - lost + 2 * k))
            exact = g.S2 * (1 - (10 - lost) ** 2 / 10 * inverse)
            assert told[way][place] == pytest.approx(exact, abs=0.2)
            assert told[way][place] < g.S2
        assert told["Efron-Morris"][place] <= told["Lindley"][place]


def test_towns_that_are_not_normal_and_few_garages_drawn_anew():
    told, sort = {}, ""
    (printed,) = [text for text in pages.solved(FURTHER).printed if "furthest" in text]
    for line in printed.splitlines()[1:]:
        *names, mse, error, coverage = line.split()
        sort = names[0] if len(names) == 2 else sort
        told[sort, names[-1]] = [float(x) for x in (mse, error, coverage)]
    assert len(told) == 9
    for (sort, only), (mse, error, coverage) in told.items():
        found = g.trial(sort, only=only)
        assert abs(found[0] - mse) < 5 * error and abs(found[1] - coverage) < 0.03
    runs = pages.solved(FURTHER).names["runs"] | {"6": pages.solved(FURTHER).names["wider"][6]}
    runs |= {"10": pages.solved(FURTHER).names["wider"][10]}
    for units, run in runs.items():
        tau, units = (float(units), 3) if isinstance(units, str) else (g.TAU, units)
        mse, covers = g.trial(units=units, tau=tau)
        assert abs(run["plug-in MSE"]["mean"] - mse) < 6 * run["plug-in MSE"]["sem"]
        assert abs(run["plug-in covers"]["mean"] - covers) < 6 * run["plug-in covers"]["sem"]
        assert abs(run["full Bayes covers"]["mean"] - g.bayes_covers(units, tau)) < 0.012


def test_eight_schools_by_quadrature():
    """Estimates, ends of intervals and of tau, under three priors, with eight schools and three."""
    (printed,) = [text for text in pages.solved(FURTHER).printed if "half-Cauchy" in text]
    rows = [[float(x) for x in line.split()[-5:]] for line in printed.splitlines()[1:]]
    priors = (lambda tau: 1.0, stats.halfcauchy(scale=25).pdf, stats.halfnorm(scale=10).pdf)
    for row, (prior, units) in zip(rows, itertools.product(priors, (8, 3)), strict=True):
        k, estimate, low, high, top = row
        assert k == units and estimate == pytest.approx(g.school_a(units, prior), abs=0.06)
        for end, share in ((low, 0.025), (high, 0.975)):
            assert g.below(end - 0.06, units, prior) < share < g.below(end + 0.06, units, prior)
        assert g.beyond(1.005 * top, units, prior) < 0.025 < g.beyond(0.995 * top, units, prior)
