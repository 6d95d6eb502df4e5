"""Figures of notebook 04: each thing stands where its numbers say, in its own look."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from helpers.beta_binomial import posterior_grid
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
