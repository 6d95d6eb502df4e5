"""Figures that one page alone uses: each thing stands where its numbers say, in its own look."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from helpers import curves, multilevel, plots, simulate
from helpers.beta_binomial import posterior_grid
from helpers.figures import radon, rat_tumors, your_turn
from helpers.plots import COMPLETE_POOLING, NO_POOLING, PARTIAL_POOLING

Y, N = np.array([1, 3, 2, 9]), np.array([20, 20, 10, 50])


@pytest.fixture
def axes():
    """Return three empty axes, closed after the test."""
    figure, made = plt.subplots(1, 3)
    yield made
    plt.close(figure)


@pytest.fixture
def ax(axes):
    """Return one of them."""
    return axes[0]


@pytest.fixture(scope="module")
def grid():
    """Return a small posterior of the hyperparameters."""
    return posterior_grid(Y, N, points=20)


def looks(line):
    """Colour and marker of a line."""
    return line.get_color(), line.get_marker()


def texts(ax) -> dict:
    """Text -> colour."""
    return {text.get_text(): text.get_color() for text in ax.texts}


# --- notebook 02 ---------------------------------------------------------------------------------


def test_lines_have_the_look_and_the_name_of_their_method(ax):
    ax.set(xlim=(0, 2), ylim=(0, 4))
    series = {"no pooling": [1, 1, 1], "full Bayes": [3, 2, 1], "other": [0, 2, 9]}
    curves.lines([0, 1, 2], series, ax=ax)
    for line, (name, y) in zip(ax.get_lines(), series.items(), strict=True):
        assert line.get_xydata().tolist() == [[0, y[0]], [1, y[1]], [2, y[2]]]
        look = curves.METHODS.get(name)
        assert looks(line) == ((look.color, look.marker) if look else ("#222222", ""))
        assert texts(ax)[name] == line.get_color()
    place = {text.get_text(): text for text in ax.texts}
    assert place["other"].xy == pytest.approx((1 + 2 / 7, 4)), "named where it leaves at the top"
    heights = [place[name].xy[1] for name in ("no pooling", "full Bayes")]
    assert np.mean(heights) == pytest.approx(0.25) and abs(np.diff(heights)[0]) >= 0.07 - 1e-6


def test_many_points_are_drawn_as_a_line_alone(ax):
    ax.set(ylim=(0, 2))
    curves.lines(np.arange(13), {"no pooling": np.ones(13)}, ax=ax)
    assert ax.get_lines()[0].get_marker() == ""


def test_scores_draw_the_score_that_was_asked_for(ax):
    truth = np.zeros((4, 2))
    trials = [
        {"full Bayes": simulate.score(truth + off, truth, truth - 1, truth + off)}
        for off in (1.0, 2.0)
    ]
    ax.set(ylim=(0, 5))
    curves.scores([3, 8], trials, "mse", ax=ax)
    assert ax.get_lines()[0].get_xydata().tolist() == [[3, 1], [8, 4]]


def test_penalty_marks_the_least_sum(ax):
    x = np.linspace(0, 2, 21)
    ax.set(ylim=(0, 8))
    curves.penalty(x, (x - 2) ** 2, x**2, ax=ax)
    mark, misfit, price, total = ax.get_lines()
    assert mark.get_xydata() == pytest.approx(np.array([[1, 2]]))
    assert looks(mark) == (PARTIAL_POOLING.color, PARTIAL_POOLING.marker)
    for line, y, look in (
        (misfit, (x - 2) ** 2, NO_POOLING),
        (price, x**2, COMPLETE_POOLING),
        (total, (x - 2) ** 2 + x**2, PARTIAL_POOLING),
    ):
        assert line.get_ydata() == pytest.approx(y) and line.get_color() == look.color


def test_risk_is_squared_bias_plus_variance(ax):
    w = np.linspace(0, 1, 15)
    raw = np.random.default_rng(1).normal(2, 1, (50, 1))
    score = simulate.score(raw * w, np.full((50, 1), 2.0), axis=0)
    ax.set(ylim=(0, 5))
    curves.risk(w, score, ax=ax, weight=0.3)
    weight, bias, variance, total = ax.get_lines()
    assert list(weight.get_xdata()) == [0.3, 0.3]
    assert bias.get_ydata() == pytest.approx(score.bias**2)
    assert bias.get_ydata() + variance.get_ydata() == pytest.approx(total.get_ydata())
    assert set(texts(ax)) == {"bias²", "variance", "sum"}


# --- notebook 03 ---------------------------------------------------------------------------------


def test_lines_by_group_are_those_of_the_fits(axes):
    rng = np.random.default_rng(2)
    group = np.repeat(["a", "b", "c"], [3, 5, 40])
    x = np.tile([0, 1], 24)
    y = 1.0 - 0.5 * x + (group == "c") + 0.3 * rng.standard_normal(48)
    fits = dict(
        complete=multilevel.complete_pooling(y, x),
        none=multilevel.no_pooling(y, group, x),
        partial=multilevel.partial_pooling(y, group, x),
    )
    radon.lines_by_group(["c", "a", "b"], x, y, group, axes=axes, **fits)
    for ax, name in zip(axes, ["c", "a", "b"], strict=True):
        points, *lines = ax.get_lines()
        assert sorted(points.get_ydata()) == sorted(y[group == name])
        assert np.abs(points.get_xdata() - np.round(points.get_xdata())).max() < 0.2
        ends = {line.get_label(): (line.get_color(), *line.get_ydata()) for line in lines}
        a, b = fits["complete"].coefficients
        assert ends["complete pooling"] == (COMPLETE_POOLING.color, a, a + b)
        a, b = fits["none"].intercepts[name], fits["none"].coefficients[0]
        assert ends["no pooling"] == (NO_POOLING.color, a, a + b)
        a, b = fits["partial"].intercepts[name], fits["partial"].coefficients[1]
        assert ends["partial pooling"] == (PARTIAL_POOLING.color, a, a + b)
        assert ax.get_title() == f"{name}\n{np.sum(group == name)} houses"


def test_curves_over_density(axes):
    x, density = np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 0.5])
    series = {"low": [0, 0, 0], "": [1, 1, 1], "high": [2, 1, 0.01]}
    radon.curves_over_density(x, series, density, axes=axes[:2], estimate=0.7)
    above, below = axes[:2]
    drawn = [line.get_ydata().tolist() for line in above.get_lines()[:3]]
    assert drawn == [list(values) for values in series.values()]
    assert set(texts(above)) == {"low", "high"}, "no name, no label"
    ends = {text.get_text(): (text.xy[1], text.xyann[1]) for text in above.texts}
    assert (ends["low"][0], ends["high"][0]) == (0, 0.01)
    assert ends["high"][1] > ends["low"][1] + 0.1, "names pushed apart"
    assert below.get_lines()[0].get_ydata().tolist() == density.tolist()
    for ax in (above, below):
        assert list(ax.get_lines()[-1].get_xdata()) == [0.7, 0.7]


def test_two_funnels_draw_one_standard_error_each_way(axes):
    size, rows = (
        [1, 10],
        [(NO_POOLING, [1, 2], [0.5, 0.1]), (PARTIAL_POOLING, [1.5, 2], [0.2, 0.1])],
    )
    radon.two_funnels(size, rows, 1.3, axes=axes[:2])
    for ax, (look, estimate, error) in zip(axes, rows, strict=False):
        centre, points = ax.get_lines()
        assert list(centre.get_ydata()) == [1.3, 1.3]
        assert points.get_xydata().tolist() == [
            list(pair) for pair in zip(size, estimate, strict=True)
        ]
        assert looks(points) == (look.color, look.marker)
        spans = [s[:, 1].tolist() for s in ax.collections[0].get_segments()]
        assert spans == [[e - s, e + s] for e, s in zip(estimate, error, strict=True)]
        assert (ax.get_title(), ax.get_xscale()) == (look.label, "log")


# --- notebook 04 ---------------------------------------------------------------------------------


def test_model_graph_leads_from_hyperparameters_to_counts(ax):
    rat_tumors.model_graph(ax=ax)
    assert [text.get_text() for text in ax.texts].count(r"$\theta_2$") == 1
    assert {r"$\alpha$", r"$\beta$", r"$\theta_1$", r"$y_{71}$"} <= set(texts(ax))


def test_against_observed_has_the_two_lines_and_the_points(ax):
    raw, partial = [0.0, 0.2, 0.4], [0.1, 0.2, 0.3]
    rat_tumors.against_observed(raw, partial, 0.15, ax=ax)
    diagonal, flat, points = ax.get_lines()
    assert diagonal.get_xdata() == pytest.approx(diagonal.get_ydata())
    assert diagonal.get_color() == NO_POOLING.color
    assert list(flat.get_ydata()) == [0.15, 0.15] and flat.get_color() == COMPLETE_POOLING.color
    assert points.get_xydata().tolist() == [[0, 0.1], [0.2, 0.2], [0.4, 0.3]]
    assert looks(points) == (PARTIAL_POOLING.color, PARTIAL_POOLING.marker)
    assert texts(ax) == {
        "no pooling\n(45° line)": NO_POOLING.color,
        "complete pooling (flat line)": COMPLETE_POOLING.color,
        "partial pooling": PARTIAL_POOLING.color,
    }


def test_traps_draw_densities_from_one_and_means_to_their_bounds(axes):
    log_size, bound = np.array([0.0, 2.0, 4.0]), np.array([1.0, 10.0, 100.0])
    rat_tumors.traps(
        log_size,
        {"flat": [1, 2, 2], "textbook": [4, 2, 1]},
        {"few": (bound, bound), "many": (bound, [2, 2, 2])},
        axes=axes[:2],
    )
    left, right = axes[:2]
    assert [line.get_ydata().tolist() for line in left.get_lines()] == [[0.5, 1, 1], [1, 0.5, 0.25]]
    assert right.get_lines()[0].get_xydata().tolist() == [[1, 1], [10, 10], [100, 100]]
    assert (left.get_yscale(), right.get_xscale(), right.get_yscale()) == ("log", "log", "log")
    assert set(texts(left)) == {"flat", "textbook"} and set(texts(right)) == {"few", "many"}


def test_priors_draw_one_contour_each_in_the_legend_colour(ax, grid):
    rat_tumors.priors({"first": grid, "second": grid}, ax=ax)
    keys = {line.get_label(): line.get_color() for line in ax.get_lines()}
    assert set(keys) == {"first", "second"} and len(set(keys.values())) == 2
    drawn = [to_hex(c.get_edgecolor()[0]).upper() for c in ax.collections]
    assert drawn == list(keys.values())
    inside = ax.collections[0].get_paths()[0].vertices
    assert inside[:, 0].min() < grid.mode[0] < inside[:, 0].max()
    assert inside[:, 1].min() < grid.mode[1] < inside[:, 1].max()


def test_moves_are_drawn_where_alpha_and_beta_are(ax, grid):
    path = np.log([[1.0, 9.0], [2.0, 8.0]])
    rat_tumors.moves(grid, path, ax=ax, start=True)
    (line,) = ax.get_lines()
    wanted = [(1 / 9, 10), (2 / 9, 11), (2 / 8, 10)]  # alpha moved, then beta
    assert line.get_xydata() == pytest.approx(np.log(wanted))
    assert ax.texts[0].xy == pytest.approx(np.log(wanted[0]))


# --- notebook 05 ---------------------------------------------------------------------------------


def test_one_curve_is_the_weight_and_each_strip_its_units(axes):
    curve, strips = axes[:2]
    your_turn.one_curve({"a": ([1, 2, 30], 10), "b": ([5], 5)}, curve=curve, strips=strips)
    x, y = curve.get_lines()[0].get_data()
    assert y == pytest.approx(x / (1 + x)) and curve.get_xscale() == "log"
    units, median, others, _ = strips.get_lines()[:4]
    assert units.get_xydata() == pytest.approx(np.array([[0.1, 0], [0.2, 0], [3, 0]]))
    assert median.get_xydata() == pytest.approx(np.array([[0.2, 0]]))
    assert others.get_xydata().tolist() == [[1, -1]]
    assert [text.get_text() for text in strips.get_yticklabels()] == ["a", "b"]


def test_prediction_grid_draws_parameters_thick_and_observations_thin(axes):
    rows = [(1, 2), (0.5, 3), (0.8, 2.5), (0.2, 4)]
    your_turn.prediction_grid({"rats": rows, "radon": rows}, axes=axes[:2])
    for ax in axes[:2]:
        drawn = [tuple(line.get_xdata()) for line in ax.get_lines()]
        assert drawn == rows
        widths = [line.get_linewidth() for line in ax.get_lines()]
        assert widths[0] == widths[2] > widths[1] == widths[3]
        assert {line.get_color() for line in ax.get_lines()} == {plots.PARTIAL_POOLING.color}
    assert [ax.get_xscale() for ax in axes[:2]] == ["linear", "log"]
    names = [text.get_text() for text in axes[0].get_yticklabels()]
    assert names == ["seen: parameter", "seen: observation", "new: parameter", "new: observation"]
