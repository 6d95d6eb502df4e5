"""The figures of the pages: each series where its numbers say, on its scale, in its look."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgba_array
from scipy import stats

from helpers import maps, plots
from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING

THREE = (NO_POOLING, COMPLETE_POOLING, PARTIAL_POOLING)
BY_NAME = {look.label: look for look in THREE}
# Page, part of the alternative text, then for each panel: scale and words of x / of y.
AXES = """
01 | Death rate against | log person-years / linear deaths per 100,000 a year
01 | Two histograms | log / linear | log deaths per 100,000 a year / linear
01 | Three panels | linear / linear per 100,000 | linear Los Angeles / linear | linear / linear
01 | Contours | linear mean rate per 100,000 / linear 1,000 person-years
01 | Above: the weight | log person-years / linear weight | linear small to large / linear 100,000
01 | Five counties | linear deaths per 100,000 a year / linear
01 | Fifty lines | log prior sample size / linear per 100,000
01 | Typical error | linear tenth by size / log error per 100,000
01 | Histogram of where | linear place of what came / linear counties
01 | Error: no pooling | linear true spread between counties / log error per 100,000
01 | mean rate against county size | log person-years / linear deaths per 100,000
02 | The misfit | linear (minutes) / linear (minutes²)
02 | Twelve garages | linear visits / linear minutes late
02 | Left: each garage | linear visits / linear minutes late | log visits / linear weight
02 | Bias squared | linear weight w / linear (minutes²) | linear weight w / linear
02 | Mean squared error | linear spread between garages, τ (minutes) / linear MSE (minutes²)
02 | Above: the error | linear / linear MSE (minutes²) | linear number of garages / linear coverage
02 | Effects of coaching | linear school / linear effect of coaching (points)
02 | Above: at a spread | linear / linear estimate (points) | linear τ (points) / linear support
03 | Radon levels | linear radon (pCi/L) / linear houses | linear log radon / linear
03 | County means | log houses measured / linear mean log radon, ± 1 se
03 | Unpooled | log houses measured / linear ± 1 se | log houses measured / linear
03 | A line leads | linear from few houses to many / linear log radon
03 | The weight of a county | log houses measured / linear weight
03 | Both deviance | linear ratio r / linear deviance above its minimum
03 | Intervals for a single | log radon (pCi/L) / linear
03 | intercepts rise | linear log uranium / linear county intercept, ± 1 sd
03 | Eight county | linear / linear county intercept | linear sigma_alpha / linear posterior
03 | leave-one-out | linear / linear one house left out | linear sigma_alpha / linear posterior
05 | Above: the weight | log / linear weight | log n / n0 / linear
05 | The raw rates | linear fewest births first / linear deaths per 1,000 births
05 | The weight of a county | log births / linear weight
05 | Root mean squared | linear / linear error, deaths per 1,000 births
05 | The error in 1979-84 | log prior sample size, births / linear error in 1979-84
05 | Eighteen players | linear / linear batting average
"""


@pytest.fixture
def seen(page_run):
    """Return a function: page, part of an alternative text -> the page's names, and its axes."""

    def find(page: str, part: str):
        names, figures = page_run(page)
        (figure,) = [figure for alt, figure in figures.items() if part in alt]
        return names, figure.axes

    return find


def same(ax, looks: dict, heights) -> None:
    """Hold the named lines against what they have to be: names with their looks, and heights."""
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == list(looks)
    assert [line.get_color() for line in lines] == [look.color for look in looks.values()]
    for line, wanted in zip(lines, heights, strict=True):
        np.testing.assert_allclose(line.get_ydata(), wanted, rtol=1e-9, err_msg=line.get_label())


@pytest.mark.parametrize("row", AXES.strip().splitlines(), ids=lambda row: row[:30])
def test_axes_have_their_scale_and_unit(row, seen):
    page, part, *panels = row.split(" | ")
    for ax, panel in zip(seen(page, part)[1], panels, strict=True):
        told = (ax.get_xscale(), ax.get_xlabel()), (ax.get_yscale(), ax.get_ylabel())
        for (scale, label), wanted in zip(told, re.split(" / (?=l)", panel), strict=True):
            kind, _, words = wanted.partition(" ")
            assert scale == kind and words in label, (scale, label, wanted)


@pytest.mark.parametrize("page", ["00", "01", "02", "03", "04", "05"])
def test_no_pooling_is_drawn_in_the_colour_of_another(page, page_run):
    for alt, figure in page_run(page)[1].items():
        assert borrowed(figure) == [], alt


@pytest.mark.parametrize("draw", ["plot", "scatter", "errorbar", "bar", "vlines", "fill_between"])
def test_a_borrowed_colour_is_noticed(draw):
    figure, ax = plt.subplots()
    more = {"errorbar": [[0.1]], "vlines": [2]}.get(draw, [])
    getattr(ax, draw)([1], [1], *more, color=NO_POOLING.color, label="truth")
    ax.text(0, 0, "complete pooling", color=PARTIAL_POOLING.color)
    plt.close(figure)
    assert set(borrowed(figure)) == {"truth", "complete pooling"}


def borrowed(figure) -> list[str]:
    """Return the names that something has which is drawn in the colour of another pooling."""
    owners = {look.color.lower(): look.label for look in (*THREE, plots.TRUTH)}
    wrong = []
    for ax in figure.axes:
        found = [(text.get_text(), text) for text in ax.texts]
        found += [(a.get_label(), a) for a in (*ax.lines, *ax.collections, *ax.patches)]
        found += [(group.get_label(), a) for group in ax.containers for a in group.get_children()]
        for label, artist in found:
            kinds = ["color"] if hasattr(artist, "get_color") else ["facecolor", "edgecolor"]
            colors = [to_rgba_array(getattr(artist, f"get_{kind}")()) for kind in kinds]
            drawn = {owners.get(to_hex(color), label) for color in np.vstack(colors)}
            wrong += [label] if label in owners.values() and drawn != {label} else []
    return wrong


# --- notebook 01 ---------------------------------------------------------------------------------


def pooled(page) -> np.ndarray:
    """Return the partially pooled rate of each county, from the weight."""
    n, n0, mean = page["n"], page["population"].prior_sample_size, page["population"].mean
    return n / (n + n0) * page["raw"] + n0 / (n + n0) * mean


def test_01_funnel_has_size_along_and_rate_up(seen):
    page, (ax,) = seen("01", "Lines that narrow")
    y, n, national = page["y"], page["n"], page["national"]
    points, highest, none, *limits, centre, ring = ax.lines
    np.testing.assert_allclose(points.get_xydata(), np.transpose([n, 1e5 * y / n]))
    tenth = len(highest.get_ydata())
    np.testing.assert_allclose(np.sort(highest.get_ydata()), np.sort(1e5 * y / n)[-tenth:])
    assert len(none.get_ydata()) == (y == 0).sum() and not none.get_ydata().any()
    for line, p in zip(limits, (0.025, 0.975, 0.001, 0.999), strict=True):
        deaths = line.get_xydata().prod(axis=1) / 1e5
        shown = np.isfinite(deaths)
        wanted = stats.poisson.ppf(p, national * line.get_xdata()[shown])
        np.testing.assert_allclose(deaths[shown], wanted)
    assert centre.get_ydata()[0] == 1e5 * national and ring.get_xdata()[0] == n.min()


def test_01_maps_give_each_county_its_own_colour(seen, root):
    page, axes = seen("01", "Two maps in five shades")
    codes = page["table"]["fips"]
    on_map = np.array([code in page["shapes"].rings for code in codes])
    for ax, rate in zip(axes, (page["raw"], pooled(page)), strict=True):
        step = sum(rate / page["national"] > edge for edge in (0.67, 0.8, 1.25, 1.5))
        shades = to_rgba_array(page["shades"][step[on_map]])
        np.testing.assert_allclose(ax.collections[0].get_facecolors(), shades)
    text = " ".join((root / "notebooks" / "01_kidney_cancer.md").read_text("utf-8").split())
    assert "below 0.67, 0.67 to 0.8, 0.8 to 1.25, 1.25 to 1.5 and above 1.5 times" in text
    _, axes = seen("01", "Two maps of US counties")
    for ax, group, color in zip(axes, ("highest", "no_death"), (maps.HIGH, maps.LOW), strict=True):
        filled = ax.collections[0]
        paths = page["shapes"].paths(codes[page[group]][on_map[page[group]]])
        for found, wanted in zip(filled.get_paths(), paths, strict=True):
            np.testing.assert_array_equal(found.vertices, wanted.vertices)
        assert (to_hex(filled.get_facecolors()[0]), len(filled.get_facecolors())) == (color, 1)


def test_01_five_counties_have_their_own_rates_and_intervals(seen):
    page, (ax,) = seen("01", "Five counties")
    picked, everyone = page["picked"], np.full(5, page["national"])
    rates = page["raw"][picked], everyone, pooled(page)[picked]
    for line, bars, look, rate in zip(ax.lines, ax.collections, THREE, rates, strict=True):
        np.testing.assert_allclose(line.get_xdata(), 1e5 * rate, rtol=1e-6)
        ends = np.array([bar[:, 0] for bar in bars.get_segments()])
        assert (ends[:, 0] <= line.get_xdata()).all() and (line.get_xdata() <= ends[:, 1]).all()
        assert (line.get_color(), to_hex(bars.get_color()[0]).upper()) == (look.color, look.color)
    first = page["table"].loc[picked[0], ["county", "state"]]
    assert ax.get_yticklabels()[0].get_text() == ",\n".join(first) and ax.yaxis_inverted()


def test_01_states_go_from_their_own_rates_to_one(seen):
    page, (ax,) = seen("01", "Fifty lines")
    *states, fitted = ax.lines
    own = 1e5 * page["y_state"] / page["n_state"]
    np.testing.assert_allclose([line.get_ydata()[0] for line in states], own, rtol=0.06)
    assert np.ptp([line.get_ydata()[-1] for line in states]) < 0.1 < np.ptp(own)
    assert fitted.get_xdata()[0] == page["fitted"].prior_sample_size


def test_01_errors_by_tenth_are_those_of_each_method(seen):
    page, (ax,) = seen("01", "Typical error")
    later, trend = page["y2"] / page["n2"], page["trend"]
    rates = (page["y"] + 0.5) / (page["n"] + 1), page["national"], page["by_state"], pooled(page)
    errors = [later - trend * rate for rate in rates] + [np.sqrt(page["y2"]) / page["n2"]]
    tenths = np.array_split(np.argsort(page["n"], kind="stable"), 10)
    rms = [[1e5 * np.mean(error[part] ** 2) ** 0.5 for part in tenths] for error in errors]
    looks = NO_POOLING, COMPLETE_POOLING, plots.PLAIN, PARTIAL_POOLING, plots.TRUTH
    same(ax, dict(zip(page["typical"], looks, strict=True)), rms)


def test_01_promises_places_and_spreads(seen):
    page, axes = seen("01", "Deaths promised")
    for ax, (group, *_) in zip(axes, page["groups"], strict=True):
        everyone = page["trend"] * page["national"] * page["n2"][group].sum()
        assert ax.patches[1].get_width() == pytest.approx(everyone)
        assert ax.lines[0].get_xdata()[0] == page["y2"][group].sum()
    (ax,) = seen("01", "Histogram of where")[1]
    assert sum(bar.get_height() for bar in ax.patches) == len(page["y"])
    assert ax.lines[0].get_ydata()[0] == len(page["y"]) / 10
    (ax,) = seen("01", "Error: no pooling")[1]
    rows = page["rows"]
    same(ax, BY_NAME, [[row[name] for row in rows.values()] for name in BY_NAME])
    assert [text.get_text() for text in ax.get_xticklabels()] == list(rows)


# --- notebook 02 ---------------------------------------------------------------------------------


def test_02_cost_is_least_where_the_estimate_is(seen):
    _, (ax,) = seen("02", "The misfit")
    x = ax.lines[0].get_xdata()
    misfit, penalty = 12 * (32 - x) ** 2, 100 / 9 * (20 - x) ** 2
    looks = dict(zip(("misfit", "penalty", "sum"), THREE, strict=True))
    same(ax, looks, [misfit, penalty, misfit + penalty])
    ((least, cost),) = ax.lines[-1].get_xydata()
    share = 12 / (12 + 100 / 9)
    assert least == pytest.approx(32 * share + 20 * (1 - share), abs=0.06)
    assert cost == (misfit + penalty).min()


def test_02_risk_is_squared_bias_plus_variance(seen):
    for ax, off in zip(seen("02", "Bias squared")[1], (3, 10), strict=True):
        weight, *parts = ax.lines
        assert [line.get_label() for line in parts] == ["bias²", "variance", "sum"]
        (w, bias), (_, variance), (_, total) = (line.get_data() for line in parts)
        np.testing.assert_allclose(bias, ((1 - w) * off) ** 2, atol=0.8)
        np.testing.assert_allclose(variance, w**2 * 100 / 3, rtol=0.04)
        np.testing.assert_allclose(total, bias + variance)
        assert weight.get_xdata()[0] == pytest.approx(3 / (3 + 100 / 9))


def test_02_scores_stand_under_their_names(seen):
    page, (ax,) = seen("02", "Mean squared error")
    none, complete, *_ = (line.get_ydata() for line in ax.lines)
    np.testing.assert_allclose(none, 10, rtol=0.1)
    np.testing.assert_allclose(complete, 10 / 8 + 7 / 8 * page["spreads"] ** 2, rtol=0.1)
    above, below = seen("02", "Above: the error")[1]
    (_, none), (_, complete), *partial = (line.get_data() for line in above.lines)
    garages = np.array([3, 8, 20, 85])
    np.testing.assert_allclose(none, 10, rtol=0.1)
    np.testing.assert_allclose(complete, 10 / garages + 9 - 9 / garages, rtol=0.1)
    assert all(mse[0] > 7 and mse[-1] < 5.2 for _, mse in partial)  # 10 * 9 / 19 and more
    coverage = {line.get_label(): line.get_ydata() for line in below.lines}
    for name, (first, last) in {
        "no pooling": (0.95, 0.95),
        "complete pooling": (0.75, 0.18),
        "corrected plug-in": (0.5, 0.94),
        "full Bayes": (0.95, 0.95),
    }.items():
        assert coverage[name][[0, -1]] == pytest.approx([first, last], abs=0.03), name


# --- notebook 03 ---------------------------------------------------------------------------------


def test_03_arrows_run_from_raw_to_pooled(seen):
    page, (ax,) = seen("03", "A line leads")
    counties, fit = page["counties"], page["means_fit"]
    shown = counties.index[::4].union(["Lac qui Parle"])
    some = counties.loc[shown].sort_values("n", kind="stable")
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_allclose(lines["no pooling"], some["mean"])
    np.testing.assert_allclose(lines["partial pooling"], fit.intercepts[some.index])


def test_03_levels_by_size_have_one_standard_error_each_way(seen):
    page, panels = seen("03", "Unpooled")
    counties, fit = page["counties"], page["means_fit"]
    levels = (counties["mean"], counties["se"]), (fit.intercepts, fit.intercept_sd)
    for ax, (level, se), look in zip(panels, levels, (NO_POOLING, PARTIAL_POOLING), strict=True):
        centre, points = ax.lines
        assert centre.get_ydata()[0] == page["radon"]["log_radon"].mean()
        np.testing.assert_allclose(points.get_ydata(), level)
        np.testing.assert_allclose(points.get_xdata(), counties["n"], rtol=0.1)
        ends = np.array([bar[:, 1] for bar in ax.collections[0].get_segments()])
        np.testing.assert_allclose(ends, np.transpose([level - se, level + se]))
        assert (points.get_color(), ax.get_title("left")) == (look.color, look.label)


def test_03_each_county_has_its_houses_and_three_lines(seen):
    page, axes = seen("03", "Each county's partial-pooling line")
    own, fit = page["own_lines"], page["fit"]
    for ax, name in zip(axes, page["eight"], strict=True):
        houses = page["radon"].query("county == @name")
        np.testing.assert_array_equal(ax.lines[0].get_xydata(), houses[["floor", "log_radon"]])
        assert ax.get_title("left").split("\n") == [name, f"{len(houses)} houses"]
        (a, b), c, d = page["one_line"].coefficients, own.intercepts[name], fit.intercepts[name]
        ends = [a, a + b], [c, c + own.coefficients[0]], [d, d + fit.coefficients[1]]
        same(ax, {look.label: look for look in (COMPLETE_POOLING, *THREE[::2])}, ends)


def test_03_curves_over_the_posterior_of_the_spread(seen):
    page, (above, below) = seen("03", "Eight county intercepts")
    sigma, exact = page["fit"].sigma_alpha, page["exact"]
    *paths, _ = above.lines
    assert [line.get_label() for line in paths] == page["eight"]
    found = [np.interp(sigma, *line.get_data()) for line in paths]
    np.testing.assert_allclose(found, page["fit"].intercepts[page["eight"]], atol=0.02)
    _, (curve, posterior) = seen("03", "leave-one-out")
    first = page["rms_error"](0.01 / page["fit"].sigma_y)
    assert curve.lines[0].get_ydata()[0] == pytest.approx(first)
    for ax in (below, posterior):
        x, y = ax.collections[0].get_paths()[0].vertices.T
        wanted = np.interp(x, exact.sigma_alpha, exact.sigma_alpha_density)
        np.testing.assert_allclose(y[y > 0.1], wanted[y > 0.1])
    for ax in (above, below, curve, posterior):
        assert list(ax.lines[-1].get_xdata()) == [sigma] * 2


# --- notebook 05 ---------------------------------------------------------------------------------


def test_05_one_curve_is_the_weight_and_each_strip_its_units(seen):
    page, (curve, strips) = seen("05", "Above: the weight")
    x, y = curve.lines[0].get_data()
    np.testing.assert_allclose(y, x / (1 + x))
    sizes = list(page["sizes"].items())[::-1]
    for (name, (n, n0)), units, median in zip(
        sizes, strips.lines[:-1:2], strips.lines[1::2], strict=True
    ):
        np.testing.assert_allclose(units.get_xdata(), np.asarray(n) / n0)
        assert median.get_xdata()[0] == np.median(n) / n0
        assert set(units.get_ydata()) == set(median.get_ydata()) == {name}
    assert {curve.lines[1].get_xdata()[0], strips.lines[-1].get_xdata()[0]} == {1}


def test_05_parameters_are_thick_and_observations_thin(seen):
    page, axes = seen("05", "Four panels")
    assert [ax.get_title("left").split(":")[0] for ax in axes] == list(page["grids"])
    assert [ax.get_xscale() for ax in axes] == ["linear", "linear", "log", "linear"]
    for ax, intervals in zip(axes, page["grids"].values(), strict=True):
        bars = np.array(ax.collections[0].get_segments())
        np.testing.assert_allclose(bars[:, :, 0], intervals)
        assert bars[:, 0, 1].tolist() == [0, 1, 2, 3] and ax.yaxis_inverted()
        thick = ax.collections[0].get_linewidth()
        assert thick[0] == thick[2] > thick[1] == thick[3]
    labels = [text.get_text() for text in axes[0].get_yticklabels()]
    assert labels == ["seen: parameter", "seen: observation", "new: parameter", "new: observation"]
