"""The figures of notebook 01: each draws what it is given, where it belongs."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from helpers import plots
from helpers.datasets import find_county, load_county_shapes


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_county_map_fills_the_counties_it_is_given_and_rings_one(ax):
    shapes = load_county_shapes()
    colors = {"48301": "#ff0000", "06037": "#00ff00", "99999": "#0000ff"}
    plots.county_map(shapes, colors, ax=ax, mark="48301")
    filled = ax.collections[0]
    assert len(filled.get_paths()) == 2  # a code that is not on the map is left out
    assert filled.get_facecolors()[:, :3].tolist() == [[1, 0, 0], [0, 1, 0]]
    (x,), (y,) = ax.get_lines()[-1].get_data()
    assert filled.get_paths()[0].contains_point((x, y))
    bottom, top = ax.get_ylim()
    assert bottom > top, "the map's y runs downwards"


def test_a_map_of_all_counties_is_drawn_in_seconds(ax, tmp_path):
    shapes = load_county_shapes()
    start = time.process_time()
    plots.county_map(shapes, dict.fromkeys(shapes.rings, plots.HIGH), ax=ax)
    ax.figure.savefig(tmp_path / "map.png", dpi=120)
    assert time.process_time() - start < 3  # under one on a quiet machine
    assert (tmp_path / "map.png").stat().st_size < 150_000


def test_funnel_draws_points_limits_and_the_ring_at_scale(ax):
    curve = np.array([10.0, 100.0])
    limits = [(np.array([0.0, 0.5]), np.array([2.0, 1.5]))]
    groups = [(np.array([0]), plots.HIGH, "high")]
    plots.funnel([10, 90], [3.0, 1.0], 1.0, curve, limits, ax=ax, groups=groups, mark=1, scale=10)
    points, high, lower, upper, centre, ring = ax.get_lines()
    assert points.get_ydata().tolist() == [30, 10] and high.get_ydata().tolist() == [30]
    assert np.isnan(lower.get_ydata()[0]), "a limit of 0 deaths is no line"
    assert upper.get_ydata()[0] == 20 and centre.get_ydata()[0] == 10
    assert ring.get_xdata().tolist() == [90]
    assert ax.get_xscale() == "log"


def test_side_by_side_keeps_the_looks_and_the_order(ax):
    poolings = {
        name: (np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([2.0, 3.0]))
        for name in plots.LOOKS
    }
    plots.side_by_side(["first", "second"], poolings, ax=ax, scale=10)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["first", "second"]
    for line, look in zip(ax.get_lines(), plots.LOOKS.values(), strict=True):
        assert line.get_xdata().tolist() == [10, 20]
        assert (line.get_color(), line.get_marker()) == (look.color, look.marker)
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first stands on top"


def test_errors_by_size_knows_the_poolings_by_the_start_of_their_name(ax):
    table = pd.DataFrame(
        {
            "no pooling, ½ death added": [3.0, 2.0],
            "state pooling": [2.0, 1.0],
            "chance": [1.0, 1.0],
        },
        index=pd.Index([1, 2], name="tenth"),
    )
    plots.errors_by_size(table, ax=ax, quantity="error")
    first, second, floor = ax.get_lines()
    assert first.get_color() == plots.NO_POOLING.color
    assert second.get_color() not in {look.color for look in plots.LOOKS.values()}
    assert floor.get_linestyle() == plots.TRUTH.line
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tenth", "error")


def test_strength_and_pit_draw_one_line_a_unit_and_a_flat_line(ax):
    plots.estimates_by_strength([1, 10], [[1, 2, 3], [2, 2, 2]], 3, ax=ax)
    assert len(ax.get_lines()) == 4
    ax.clear()
    plots.pit_histogram(np.linspace(0, 1, 40), ax=ax, bins=4)
    assert ax.get_lines()[0].get_ydata()[0] == 10


def test_a_county_is_found_by_name_and_a_slip_gets_the_nearest():
    table = pd.DataFrame({"county": ["Loving County", "Lee County"], "state": ["Texas", "Texas"]})
    assert find_county(table, "lee county, TEXAS") == 1
    with pytest.raises(ValueError, match="Near it: Loving County, Texas"):
        find_county(table, "Loving, Texas")
    with pytest.raises(ValueError, match="nothing like it"):
        find_county(table, "xyz")
