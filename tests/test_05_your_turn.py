"""Notebook 05: its numbers by a second route, its checks, its links, its words."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from helpers import datasets, multilevel, simulate
from helpers.answers import your_turn
from helpers.beta_binomial import log_beta_binomial
from helpers.check import check

ROOT = Path(__file__).resolve().parent.parent
PAGE = nbformat.read(ROOT / "notebooks" / "05_your_turn.ipynb", 4)
TEXT = "\n\n".join(cell.source for cell in PAGE.cells if cell.cell_type == "markdown")
FLAT = " ".join(TEXT.split())


def printed(start: str) -> str:
    """Return the first stored line of output that begins with `start`."""
    for cell in PAGE.cells:
        for output in cell.get("outputs", []):
            for line in output.get("text", "").splitlines():
                if line.startswith(start):
                    return line
    raise AssertionError(f"no output begins with {start!r}")


def promised(start: str) -> str:
    """Return the first line of the text that begins with `start`: what a solution prints."""
    return next(line for line in TEXT.splitlines() if line.startswith(start))


def judge(number: str, answer, capsys) -> str:
    check(number, answer)
    return capsys.readouterr().out


# ------------------------------------------------------------------ SIDS, without the helpers


@cache
def sids():
    table = datasets.load_sids()
    y, n = table["deaths_1974_78"].to_numpy(float), table["births_1974_78"].to_numpy(float)
    y2, n2 = table["deaths_1979_84"].to_numpy(float), table["births_1979_84"].to_numpy(float)
    return table, y, n, y2, n2


def beta_binomial_loss(log_parameters, y, n):
    a, b = np.exp(log_parameters)
    return -stats.betabinom.logpmf(y, n.astype(int), a, b).sum()


def likeliest(y, n, *, start):
    """Return alpha and beta of the largest marginal likelihood, by a search without slopes."""
    found = optimize.minimize(
        beta_binomial_loss,
        np.log(start),
        args=(y, n),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000},
    )
    return np.exp(found.x)


@cache
def sids_fit():
    _, y, n, _, _ = sids()
    return likeliest(y, n, start=(4, 2000))


def squared_errors():
    _, y, n, y2, n2 = sids()
    a, b = sids_fit()
    rates = [y / n, np.full(100, y.sum() / n.sum()), (y + a) / (n + a + b)]
    return [1e6 * np.sum(n2 * (r - y2 / n2) ** 2) / n2.sum() for r in rates]


def test_sids_weights(capsys):
    _, _, n, _, _ = sids()
    n0 = sids_fit().sum()
    assert n0 == pytest.approx(2986, abs=2)
    right = (n0, n.min() / (n.min() + n0), n.max() / (n.max() + n0))
    assert "right." in judge("5.2", right, capsys)
    assert "right." in judge("5.2", np.array(right), capsys)
    assert "state's rate" in judge("5.2", (n0, 1 - right[1], 1 - right[2]), capsys)
    assert promised("n0 = 2,9") == "n0 = {:,.0f} births, weights {:.3f} and {:.3f}".format(*right)


def test_sids_squared_errors(capsys):
    _, y, n, y2, n2 = sids()
    errors = squared_errors()
    assert promised("none 1") == "none {:.3f}, complete {:.3f}, partial {:.3f}".format(*errors)
    assert "right." in judge("5.3", errors, capsys)
    assert "square root" in judge("5.3", np.sqrt(errors), capsys)
    mean = sids_fit()[0] / sids_fit().sum()
    of_mean = 1e6 * np.sum(n2 * (mean - y2 / n2) ** 2) / n2.sum()
    assert "population's mean" in judge("5.3", (errors[0], of_mean, errors[2]), capsys)
    none, complete, partial = errors
    assert abs(partial / complete - 1) < 0.015, "'within about one per cent of each other'"
    assert partial > complete, "partial pooling does not always win"
    assert 1.8 < none / complete < 2, "'no pooling is nearly twice as bad'"
    a, b = sids_fit()
    in_the_fit = [y / n - y / n, y.sum() / n.sum() - y / n, (y + a) / (n + a + b) - y / n]
    fitted = [1e6 * np.sum(n * e**2) / n.sum() for e in in_the_fit]
    for name, error, old in zip(("none", "complete", "partial"), errors, fitted, strict=True):
        ratios = f"in 1979-84 {error / complete:.2f}, in 1974-78 {old / fitted[1]:.2f}"
        assert printed(f"{name:10s}in ") == f"{name:10s}{ratios}"
    assert fitted[0] == 0


def test_sids_log_scores(capsys):
    _, y, n, y2, n2 = sids()
    a, b = sids_fit()
    complete = stats.binom.logpmf(y2, n2, y.sum() / n.sum()).sum()
    partial = stats.betabinom.logpmf(y2, n2.astype(int), a + y, b + n - y).sum()
    plugged = stats.binom.logpmf(y2, n2, (a + y) / (a + b + n)).sum()
    assert promised("complete -") == f"complete {complete:.1f}, partial {partial:.1f}"
    for name, score in (("complete ", complete), ("partial  ", partial), ("partial,", plugged)):
        assert printed(name + " ").split()[-2] == f"{score - complete:+.1f}", name
    assert "right." in judge("5.4", (complete, partial), capsys)
    assert "as if that rate were known" in judge("5.4", (complete, plugged), capsys)
    assert round(partial - complete) == 9 and plugged < complete, "by 9 in log score"
    hindsight = stats.binom.logpmf(y2, n2, y2.sum() / n2.sum()).sum()
    assert "nobody knew" in judge("5.4", (hindsight, partial), capsys)
    added = stats.binom.pmf(y2, n2, y.sum() / n.sum()).sum()
    chances = stats.betabinom.pmf(y2, n2.astype(int), a + y, b + n - y).sum()
    assert "logarithms" in judge("5.4", (added, chances), capsys)
    none = stats.binom.logpmf(y2, n2, y / n).sum()
    assert none == -np.inf


def test_a_leak_makes_partial_pooling_win(capsys):
    """Scored on both periods together, the estimates meet their own data again."""
    _, y, n, y2, n2 = sids()
    a, b = sids_fit()
    target = (y + y2) / (n + n2)
    rates = (y / n, np.full(100, y.sum() / n.sum()), (y + a) / (n + a + b))
    told = [1e6 * np.sum((n + n2) * (r - target) ** 2) / (n + n2).sum() for r in rates]
    assert printed("none 0") == "none {:.2f}, complete {:.2f}, partial {:.2f}".format(*told)
    assert told[2] < told[0] < told[1]


def test_later_years_want_more_pooling_than_the_first_did(capsys):
    _, y, n, y2, n2 = sids()
    a, b = sids_fit()

    def error(log_n0):
        n0 = np.exp(log_n0)
        return np.sum(n2 * ((y + n0 * a / (a + b)) / (n + n0) - y2 / n2) ** 2)

    best = np.exp(optimize.minimize_scalar(error, bounds=np.log([300, 1e5]), method="bounded").x)
    assert "right." in judge("5.6", best, capsys)
    assert "fitted on 1974-78" in judge("5.6", a + b, capsys)
    assert "least error" in judge("5.6", 1e6 * error(np.log(best)) / n2.sum(), capsys)
    assert "right." in judge("5.6", 12_000, capsys), "read off the figure"
    assert 11_000 < best < 12_500, "the figure's text says 'near 12,000'"


def test_had_rates_stayed_partial_pooling_would_have_won():
    """A larger simulation than the page's: the gain, and the best n0."""
    _, y, n, _y2, n2 = sids()
    a, b = sids_fit()
    rng = np.random.default_rng(1)
    kept = rng.binomial(n2.astype(int), rng.beta(a + y, b + n - y, (4000, 100))) / n2
    complete, partial = y.sum() / n.sum(), (y + a) / (n + a + b)
    gain = 1e6 * ((kept - complete) ** 2 - (kept - partial) ** 2) @ n2 / n2.sum()
    told = [float(x) for x in re.findall(r"-?\d+\.\d+", printed("had rates stayed"))]
    error = gain.std() / np.sqrt(300)
    assert told[0] == pytest.approx(gain.mean(), abs=4 * error + 0.005)
    assert told[1:] == pytest.approx(np.quantile(gain, [0.05, 0.95]), abs=0.06)
    _none, complete_error, partial_error = squared_errors()
    assert np.mean(gain <= complete_error - partial_error) < 0.01


def half_page() -> str:
    """Return the half page that the solution of 5.7 gives."""
    return re.search(r'^answer_5_7 = """\\\n(.+?)"""$', TEXT, flags=re.MULTILINE | re.DOTALL)[1]


def test_half_page_has_the_numbers_of_the_exercises():
    _, y, n, y2, n2 = sids()
    (a, b), text = sids_fit(), " ".join(half_page().split())
    w_least, w_most = (size / (size + a + b) for size in (n.min(), n.max()))
    assert f"about {a + b:,.0f} births" in text
    assert f"keeps {w_least:.0%} of its own rate, the largest {w_most:.0%}" in text
    told = "no pooling {:.2f}, complete pooling {:.2f}, partial pooling {:.2f}."
    assert told.format(*np.round(squared_errors(), 3)) in text
    complete = stats.binom.logpmf(y2, n2, y.sum() / n.sum()).sum()
    partial = stats.betabinom.logpmf(y2, n2.astype(int), a + y, b + n - y).sum()
    assert f"log score {partial:.0f} for partial, {complete:.0f} for complete pooling" in text
    best = float(promised("best for 1979-84: n0 = ").split()[5].replace(",", ""))
    assert f"the best n0 for 1979-84 is about {round(best, -2):,.0f} births" in text


def test_intervals_held_as_often_as_told():
    text = half_page()
    _, y, n, y2, n2 = sids()
    a, b = sids_fit()
    low, high = stats.betabinom.interval(0.9, n2.astype(int), a + y, b + n - y)
    assert printed("partial   ").split()[-1] == f"{np.mean((low <= y2) & (y2 <= high)):.0%}"
    assert f"held in {np.sum((low <= y2) & (y2 <= high))} of 100" in " ".join(text.split())
    held = stats.betabinom.cdf([low - 1, high], n2.astype(int), a + y, b + n - y)
    assert f"should hold in about {np.diff(held, axis=0).mean():.0%} of the counties" in FLAT
    low, high = stats.binom.interval(0.9, n2.astype(int), y.sum() / n.sum())
    assert printed("complete   ").split()[-1] == f"{np.mean((low <= y2) & (y2 <= high)):.0%}"
    assert f"complete pooling's in {np.sum((low <= y2) & (y2 <= high))}." in " ".join(text.split())


def test_births_of_nonwhite_children_fit_the_first_years_better_and_the_later_ones_worse():
    table, y, n, y2, n2 = sids()
    share = table["nonwhite_births_1974_78"].to_numpy() / n
    later_share = table["nonwhite_births_1979_84"].to_numpy() / n2

    def fit(x, y, n):
        def loss(p):
            mean, size = special.expit(p[0] + p[1] * (x - x.mean())), np.exp(p[2])
            return -log_beta_binomial(y, n, size * mean, size * (1 - mean)).sum()

        options = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 4000}
        return optimize.minimize(loss, [-6.2, 0, 8], method="Nelder-Mead", options=options)

    first, second = fit(share, y, n), fit(later_share, y2, n2)
    a, b = sids_fit()
    without = stats.betabinom.logpmf(y, n.astype(int), a, b).sum()
    assert -first.fun > without + 10, "describes 1974-78 much better"
    mean = special.expit(first.x[0] + first.x[1] * (share - share.mean()))
    size = np.exp(first.x[2])
    scored = log_beta_binomial(y2, n2, size * mean + y, size * (1 - mean) + n - y).sum()
    plain = stats.betabinom.logpmf(y2, n2.astype(int), a + y, b + n - y).sum()
    assert scored < plain - 5, "and predicts 1979-84 worse"
    assert second.x[1] < first.x[1] / 2, "because the line is much flatter then"


def test_what_people_say():
    table, y, n, y2, n2 = sids()
    a, b = sids_fit()
    partial = (y + a) / (n + a + b)
    zero, top = y == 0, np.argsort(-y / n)[:10]
    assert printed("13 counties") == (
        f"13 counties without a death: {y2[zero].sum():.0f} deaths later, "
        f"{(n2 * partial)[zero].sum():.1f} expected by partial pooling"
    )
    told = tuple(f"{1000 * rate[top].mean():.1f}" for rate in (y / n, y2 / n2))
    assert printed("the 10 highest") == "the 10 highest rates: mean {}, later {}".format(*told)
    assert "were {} on average, and {} later".format(*told) in TEXT
    assert "Later they had 17, and partial pooling expected 17.0" in TEXT
    furthest = np.abs(y / n - partial).argmax()
    assert table["county"][furthest] == "Anson" and np.sum(n < n[furthest]) == 41
    assert printed("moved furthest") == "moved furthest: Anson, number 42 of 100 by size"
    assert "Anson moved furthest, and 41 counties are smaller" in TEXT
    anson = list(table["county"]).index("Anson")
    assert (y[anson], n[anson]) == (15, 1570) and np.argmax(y / n) == anson
    assert "Anson county: 15 deaths in 1,570 births" in FLAT
    told = [float(x) for x in re.findall(r"\d+\.\d", printed("Anson: "))]
    wanted = 1000 * np.array([y[anson] / n[anson], partial[anson], y2[anson] / n2[anson]])
    assert told == pytest.approx(wanted, abs=0.05)


# -------------------------------------------------------------------------------- baseball


@cache
def baseball():
    table = datasets.load_baseball()
    y, n = table["hits"].to_numpy(float), table["at_bats"].to_numpy(float)
    later = (table["remaining_hits"] / table["remaining_at_bats"]).to_numpy()
    return table, y, n, later, likeliest(y, n, start=(100, 300))


def test_baseball(capsys):
    table, y, n, later, (a, b) = baseball()
    assert "right." in judge("5.8", (a + b, 45 / (45 + a + b)), capsys)
    assert "all players" in judge("5.8", (a + b, (a + b) / (45 + a + b)), capsys)
    rates = [y / 45, np.full(18, y.sum() / n.sum()), (y + a) / (45 + a + b)]
    scored = (table["player"] != "Billy Williams").to_numpy()
    squares = np.array([(r - later) ** 2 for r in rates])
    right = squares[:, scored].sum(axis=1)
    assert "right." in judge("5.9", right, capsys)
    assert "Billy Williams" in judge("5.9", squares.sum(axis=1), capsys)
    told = "none {:.4f}, complete {:.4f}, partial {:.4f}"
    assert promised("17 players: ") == "17 players: " + told.format(*right)
    assert promised("all 18: ") == "all 18:     " + told.format(*squares.sum(axis=1))
    worse = np.sum((np.abs(rates[2] - later) > np.abs(rates[0] - later))[scored])
    assert worse == 4, "nearer for 13 of 17, 'about three quarters'"
    assert "right." in judge("5.10", 4, capsys)
    assert "made better" in judge("5.10", 13, capsys)
    assert "it is **(b)**, about three quarters" in FLAT


def test_williams_is_the_row_in_doubt():
    """Efron and Morris (1975), table 1: 0.256 for the rest of the season of Williams."""
    table, _, _, later, _ = baseball()
    row = list(table["player"]).index("Billy Williams")
    assert f"{later[row]:.3f}" == "0.330" and table["hits"][row] == 10
    assert "0.256" in TEXT and "0.330" in TEXT


def test_how_sure_the_amount_of_pooling_is(capsys):
    """By adding up over n0 alone, the mean integrated out: no grid of the helpers."""
    _, y, _, _, _ = baseball()

    hits, times = np.unique(y, return_counts=True)
    log_n0, mean = np.linspace(0, 30, 400)[:, None, None], np.linspace(0.15, 0.42, 120)[:, None]
    n0 = np.exp(log_n0)
    likelihood = log_beta_binomial(hits, 45, n0 * mean, n0 * (1 - mean)) @ times
    # (alpha + beta)^(-5/2) d alpha d beta = n0^(-5/2) n0 d mean d n0, and d n0 = n0 d log n0
    density = np.exp(likelihood - likelihood.max()).sum(axis=1) * n0[:, 0, 0] ** -0.5
    log_n0 = log_n0[:, 0, 0]
    mass = integrate.cumulative_simpson(density, x=log_n0, initial=0)
    ends = np.exp(np.interp([0.1, 0.9], mass / mass[-1], log_n0))
    assert "right." in judge("5.11", ends, capsys)
    assert 45 < ends[0] < 55 and 4700 < ends[1] < 5600, ends
    assert ends[1] > 5000 and "About 50 and more than 5,000 at-bats" in FLAT
    shares = [float(x) / 100 for x in re.findall(r"([\d.]+)%", printed("weight: "))[1::2]]
    assert shares == pytest.approx(45 / (45 + ends[::-1]), abs=0.015)
    fives = np.exp(np.interp([0.05, 0.95], mass / mass[-1], log_n0))
    assert "not yet" in judge("5.11", fives, capsys)


# ------------------------------------------------------------------------------ page and words


def unit_of(name: str) -> str:
    """What a unit's size is counted in, as the first table has it."""
    return name.split(", ")[1].replace("animals", "rats")


def test_opening_table_and_answer(real_kidney):
    """The n0 in the first table are those that the page computes."""
    for name, rounded, unit in (
        ("kidney, person-years", 300_000, 20_000),
        ("garages, visits", 11, 0.5),
        ("radon, houses", 5, 0.5),
        ("rats, animals", 16, 0.5),
    ):
        n0 = float(printed(name).split()[2].replace(",", ""))
        assert abs(n0 - rounded) <= unit, name
        assert re.search(rf"^\| .*\| {unit_of(name)} \| {rounded:,} \|$", TEXT, flags=re.MULTILINE)
    assert "so it takes about 300,000 of them" in FLAT
    medians = {
        name: float(printed(f"{name}, ").split()[-2]) for name in ("kidney", "garages", "radon")
    }
    rats = float(printed("rats, ").split()[-2])
    assert rats > max(medians.values()) and rats > 0.5, "the answer is (d)"
    assert 0.11 < medians["kidney"] < 0.15
    assert "in a kidney county about an eighth" in FLAT and "a weight of an eighth" in FLAT
    assert [*medians.values(), rats] == sorted([*medians.values(), rats]), "further right each"


def test_a_new_parameter_is_less_certain_than_a_seen_one(real_kidney):
    """In every panel as drawn: radon's axis is logarithmic."""
    ends = {}
    for row in ("seen: parameter", "new: parameter"):
        numbers = [float(x) for x in printed(row).replace(" to ", " ").split()[2:]]
        ends[row] = np.reshape(numbers, (4, 2))
        ends[row][2] = np.log(ends[row][2])
    seen, new = (high - low for low, high in (pair.T for pair in ends.values()))
    assert np.all(seen < new)


def cells(start: str) -> list[list[str]]:
    """Return the intervals of one printed row: kidney, garages, radon, rats."""
    return [list(pair) for pair in re.findall(r"(-?[\d.]+) to (-?[\d.]+)", printed(start))]


def told(low: float, high: float) -> list[str]:
    return [f"{low:.2g}", f"{high:.2g}"]


def test_intervals_of_the_grid_by_a_second_route():
    """Normal and Beta intervals written out; radon's by the two variances that add up."""
    visits = np.array([1, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48])
    rng = np.random.default_rng(206)  # the garages of notebook 02
    raw = simulate.normal_means(visits, mean=20, between_sd=3, within_sd=10, rng=rng).raw
    precision = 1 / (9 + 100 / visits)
    centre = np.average(raw, weights=precision)
    mean = (raw[5] * 6 / 100 + centre / 9) / (6 / 100 + 1 / 9)
    for row, at, variance in (
        ("seen: parameter", mean, 1 / (6 / 100 + 1 / 9)),
        ("seen: observation", mean, 1 / (6 / 100 + 1 / 9) + 100),
        ("new: parameter", centre, 9),
        ("new: observation", centre, 109),
    ):
        assert cells(row)[1] == told(*stats.norm.interval(0.95, at, variance**0.5)), row
    rats = datasets.load_rat_tumors()[:70]
    a, b = likeliest(*rats.to_numpy(float).T, start=(2, 14))
    assert cells("seen: parameter")[3] == told(*stats.beta.interval(0.95, a + 4, b + 10))
    assert cells("new: parameter")[3] == told(*stats.beta.interval(0.95, a, b))
    houses = datasets.load_radon()
    fit = multilevel.partial_pooling(houses["log_radon"], houses["county"], houses[["floor"]])
    level, doubt = fit.intercepts["Lac qui Parle"], fit.intercept_sd["Lac qui Parle"]
    seen = np.exp(stats.norm.interval(0.95, level, doubt))
    assert cells("seen: parameter")[2] == told(*seen)
    assert cells("seen: observation")[2] == told(
        *np.exp(stats.norm.interval(0.95, level, np.hypot(doubt, fit.sigma_y)))
    )


def test_spreads_between_units_are_those_of_the_fits(real_kidney):
    """Each fit once more: radon in natural logs as recorded, 70 experiments, person-years."""
    houses = datasets.load_radon()
    zero = houses["activity"] == 0
    y = np.log(houses["activity"].where(~zero, 0.1))
    radon = multilevel.partial_pooling(y, houses["county"], houses[["floor"]])
    rats = likeliest(*datasets.load_rat_tumors()[:70].to_numpy(float).T, start=(2, 14))
    y, n = (real_kidney[f"{what}_1980_84"] for what in ("deaths", "person_years"))
    kidney = likeliest(y.to_numpy(float), n.to_numpy(float), start=(15, 300_000))
    for name, raw, between in (
        ("kidney, per 1", 1e5 * (y / n).std(ddof=0), 1e5 * stats.beta.std(*kidney)),
        ("radon, log", None, radon.sigma_alpha),
        ("rats, share", None, stats.beta.std(*rats)),
    ):
        numbers = [float(x) for x in printed(name).split()[-3:]]
        assert numbers[1] == pytest.approx(between, abs=6e-4), name
        assert raw is None or numbers[0] == pytest.approx(raw, abs=6e-4), name


def test_spreads_stand_in_the_stated_order():
    for name in ("kidney, per 1", "garages, min", "radon, log", "rats, share"):
        raw, between, shrunken = (float(x) for x in printed(name).split()[-3:])
        assert raw > between > shrunken


def test_best_of_tried_is_the_pages_list():
    assert "tried = np.geomspace(300, 100_000, 300)" in "".join(c.source for c in PAGE.cells)
    assert np.array_equal(your_turn.TRIED, np.geomspace(300, 100_000, 300))


def anchor(heading: str) -> str:
    """Name a heading as JupyterLab and the site do."""
    return re.sub(r"[*`]", "", heading).strip().replace(" ", "-")


def section(notebook: str, name: str) -> str:
    """Return the text under the heading of that anchor, up to the next of its depth."""
    depth, lines = 0, []
    for cell in nbformat.read(ROOT / "notebooks" / notebook, 4).cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            heading = re.match(r"(#+) (.+)", line)
            if heading and depth and len(heading[1]) <= depth:
                return "\n".join(lines)
            if heading and not depth and anchor(heading[2]) == name:
                depth = len(heading[1])
            if depth:
                lines.append(line)
    assert lines, f"{notebook} has no heading {name}"
    return "\n".join(lines)


def test_five_questions_are_those_of_the_first_page(capsys):
    start = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", 4)
    first = " ".join("\n".join(c.source for c in start.cells if c.cell_type == "markdown").split())
    here = TEXT[TEXT.index("\n1. Two players") : TEXT.index("---\n\n### Exercise 5.12.")]
    assert " ".join(here.split()) in first
    assert section("00_start_here.ipynb", "5.-Five-questions-before-you-start")
