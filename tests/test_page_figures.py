"""Figures of notebook 04: each thing stands where its numbers say, in its own look."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from helpers.beta_binomial import BetaPopulation, posterior_grid
from helpers.figures import rat_tumors
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


def test_three_poolings_stand_beside_each_other(ax):
    raw, partial = [0.1, 0.5], [0.2, 0.4]
    rat_tumors.three_poolings(
        ["1 of 10", "5 of 10"],
        raw,
        ([0.0, 0.2], [0.4, 0.8]),
        partial,
        ([0.1, 0.3], [0.3, 0.6]),
        0.3,
        (0.25, 0.35),
        ax=ax,
    )
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert lines["no pooling"].get_ydata().tolist() == raw
    assert lines["partial pooling"].get_ydata().tolist() == partial
    assert np.all(lines["no pooling"].get_xdata() < lines["partial pooling"].get_xdata())
    assert list(lines["complete pooling"].get_ydata()) == [0.3, 0.3]
    spans = [[s[:, 1].tolist() for s in c.get_segments()] for c in ax.collections]
    assert spans == [[[0.0, 0.4], [0.2, 0.8]], [[0.1, 0.3], [0.3, 0.6]]]
    for look, spanned in zip((NO_POOLING, PARTIAL_POOLING), ax.collections, strict=True):
        assert looks(lines[look.label]) == (look.color, look.marker)
        assert to_hex(spanned.get_color()[0]).upper() == look.color
    (band,) = ax.patches
    assert (band.get_y(), band.get_height()) == pytest.approx((0.25, 0.1))
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1 of 10", "5 of 10"]


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


def test_staircase_moves_alpha_first_then_beta():
    a, b = rat_tumors.staircase([0, 1, 2], [10, 11, 12])
    assert a.tolist() == [0, 1, 1, 2, 2] and b.tolist() == [10, 10, 11, 11, 12]


def test_priors_draw_one_contour_each_in_the_legend_colour(ax, grid):
    rat_tumors.priors({"first": grid, "second": grid}, ax=ax)
    keys = {line.get_label(): line.get_color() for line in ax.get_lines()}
    assert set(keys) == {"first", "second"} and len(set(keys.values())) == 2
    drawn = [to_hex(c.get_edgecolor()[0]).upper() for c in ax.collections]
    assert drawn == list(keys.values())
    inside = ax.collections[0].get_paths()[0].vertices
    assert inside[:, 0].min() < grid.mode[0] < inside[:, 0].max()
    assert inside[:, 1].min() < grid.mode[1] < inside[:, 1].max()


def test_raw_rates_spread_the_old_ones_sideways_only(ax):
    rat_tumors.raw_rates(Y, N, ax=ax, rng=np.random.default_rng(0))
    old, current = ax.get_lines()
    assert old.get_ydata() == pytest.approx(Y[:-1] / N[:-1])
    assert np.abs(old.get_xdata() - N[:-1]).max() <= 0.4
    assert current.get_xydata().tolist() == [[50, 0.18]]
    assert looks(old) == (NO_POOLING.color, NO_POOLING.marker)
    assert set(texts(ax)) == {"current: 9 of 50"}


def test_hill_marks_mode_and_fits(ax, grid):
    fits = {
        name: BetaPopulation(1.4, b) for name, b in (("one", 8.6), ("two", 7.0), ("three", 9.0))
    }
    rat_tumors.hill(grid, fits, ax=ax)
    marks = {line.get_label(): line.get_xydata().tolist() for line in ax.get_lines()}
    assert marks["mode of the posterior"] == [list(grid.mode)]
    for name, fit in fits.items():
        assert marks[name] == [pytest.approx(np.log([1.4 / fit.beta, 1.4 + fit.beta]))]


def test_moves_are_drawn_where_alpha_and_beta_are(ax, grid):
    path = np.log([[1.0, 9.0], [2.0, 8.0]])
    rat_tumors.moves(grid, path, ax=ax, start=True)
    (line,) = ax.get_lines()
    wanted = [(1 / 9, 10), (2 / 9, 11), (2 / 8, 10)]  # alpha moved, then beta
    assert line.get_xydata() == pytest.approx(np.log(wanted))
    assert ax.texts[0].xy == pytest.approx(np.log(wanted[0]))


def test_two_traces(axes):
    left, right = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    rat_tumors.two_traces(left, right, axes=axes[:2], titles=("good", "stuck"))
    assert [line.get_ydata().tolist() for line in axes[0].get_lines()] == left.tolist()
    assert [ax.get_title() for ax in axes[:2]] == ["good", "stuck"]


def test_histograms_mark_our_own_data(axes):
    rat_tumors.histograms(
        [[1, 1, 2]], [1.5], axes=axes[:1], bins=[[0.5, 1.5, 2.5]], xlabels=["zeros"]
    )
    assert [bar.get_height() for bar in axes[0].patches] == [2, 1]
    assert list(axes[0].get_lines()[0].get_xdata()) == [1.5, 1.5]
    assert axes[0].get_xlabel() == "zeros"


def test_ranks_have_a_bar_for_each_and_the_band(axes):
    rat_tumors.ranks({"right": [0, 0, 19]}, (1.0, 4.0), axes=axes[:1])
    *bars, band = axes[0].patches
    assert len(bars) == 20 and [bars[i].get_height() for i in (0, 1, 19)] == [2, 0, 1]
    assert (band.get_y(), band.get_height()) == (1.0, 3.0)
