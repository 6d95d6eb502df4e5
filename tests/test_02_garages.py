"""Page 02 and further/garages: what tables of facts cannot hold."""

from __future__ import annotations

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
    cells = [cell.source for cell in pages.solved(CORE).cells if cell.cell_type == "code"]
    lines = [source for source in cells if "np.bincount" in source or "misfit" in source]
    code = [line for cell in lines for line in cell.splitlines() if line.strip()]
    assert len(code) <= 15


@pytest.mark.parametrize("name", [CORE, FURTHER])
def test_the_source_s_derivation_is_whole(name):
    """Its result stands on page 02; the further page has both its solutions."""
    page = pages.solved(name)
    if name == CORE:
        printed = "tau**2*(n_j + 1)/(n_j*tau**2 + sigma**2 + tau**2)\n"
        assert printed in page.printed
        formulas = ["tau**2 + sigma**2/n_j\n", "1/(1 + sigma**2/(n_j*tau**2))\n"]
        formulas.append("tau**2*(1 - w)**2 + sigma**2*w**2/n_j\n")
        assert not set(formulas) - set(page.printed)
        return
    t, s, n = "BetweenGaragesSD**2", "PerObservationSD**2", "n_j"
    assert f"{t}*({n} + 1)/({t}*{n} + {t} + {s})\n" in page.printed
    assert (
        f"1/(1 + {s}/({t}*{n}))\n" in page.printed and f"{t}*{n}/({t}*{n} + {s})\n" in page.printed
    )


ASSERTS = {
    CORE: [
        "(error - (A - B)).expand() == 0",
        "E(A * B).expand() == 0",
        "(E(A**2) + E(B**2) - mse).expand() == 0",
        "sympy.diff(slope, w).is_positive  # it opens upwards: a minimum",
        "sympy.simplify(best - neat) == 0",
        "sympy.simplify(complete - none - proved) == 0",
        "np.allclose(fit.intercepts, estimate, rtol=1e-3)",
    ],
    FURTHER: [
        "sympy.simplify(best_weight(pulled, believed) - neat) == 0",
        "(error_term_exact - (A - B - C)).expand() == 0",
        "(E(C * C) - of_C).expand() == 0",
        "(soln_exact - neat_soln_exact).together().expand() == 0",
        "(error_term_approx - (A - B)).simplify() == 0",
        "(soln_approx - neat_soln_approx).together().expand() == 0",
        'sympy.Symbol("n_j", positive=True) == n_j  # slip 1, seen by sympy',
        'sympy.simplify(after["slips 1, 2"] - (J * neat + 1) / (J + 1)) == 0',
        "(error - (own - noise - (1 - W) * others)).expand() == 0",
        'sympy.simplify(after["all three"] - neat) == 0',
        "sympy.factor(general.subs(precise) - neat) == 0",
        "sympy.simplify(sympy.diff(log_ratio, theta)) == 0",
        "sympy.simplify(visits_say / (visits_say + town_says) - neat) == 0",
        "sympy.simplify(ridge - estimate) == 0",
        "sympy.limit(neat, tau, 0) == 0  # all alike: complete pooling",
        "sympy.limit(neat, tau, sympy.oo) == 1  # no pooling",
        "np.allclose(bayes.mean, chance @ estimate, atol=0.02)",
    ],
}
#: Who is cited with a year in brackets; years there are no claims to the tables of facts.
CITED = {
    CORE: {"Hill (2007)", "Morris (1975)"},
    FURTHER: {"Stein (1956)", "Stein (1961)", "Lindley (1962)", "Morris (1973, 1975)"}
    | {"Rubin (1981)", "Hill (2007)", "1 (2006)"},
}


@pytest.mark.parametrize("name", [CORE, FURTHER])
def test_what_the_algebra_proves_is_asserted_and_sources_have_their_years(name):
    cells = pages.solved(name).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert re.findall(r"^assert (.*)", code, re.M) == ASSERTS[name]
    text = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert set(re.findall(r"\w+ \((?:19|20)\d\d(?:, \d{4})*\)", text)) == CITED[name]


def test_the_chart_of_poolings_cuts_complete_pooling_alone():
    figure, _, names = pages.solved(FURTHER).figures[1]
    top = figure.axes[0].get_ylim()[1]
    assert [way for way, errors in names["found"].items() if max(errors) > top] == [
        "complete pooling"
    ]


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
