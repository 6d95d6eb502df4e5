"""The slider as characters: what it holds, that it is the same every time, and what it refuses.

How it behaves under a mouse and a keyboard is seen in `test_site_browser.py` and
`test_jupyterlab.py`.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from helpers import plots
from helpers.slider import log_ticks, outline, prior_sample_sizes, slider, state_outlines, ticks

RAW, N = np.array([0.0, 0.1, 0.3, 0.2]), np.array([10, 20, 14, 50])
OPTIONS = {"prior_sample_size": 16.3, "unit": "rats", "quantity": "rate of tumours"}


def held(html) -> dict:
    """Return what is handed to the script."""
    told = re.search(r"parentElement, (\{.*\})\);\n</script>", html.data, flags=re.DOTALL)
    return json.loads(told[1])


def test_it_is_reached_from_show():
    from helpers import show

    assert show.slider is slider


def test_the_same_input_gives_the_same_characters():
    first, second = (slider(RAW, N, 0.15, **OPTIONS).data for _ in range(2))
    assert first == second
    assert not re.search(r"\bid=|0x[0-9a-f]{6}", first)


def test_it_asks_for_nothing_from_elsewhere():
    data = slider(RAW, N, 0.15, **OPTIONS).data
    assert set(re.findall(r"https?://[^\"' ]+", data)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\s*\(|\bsrc=|url\(", data)


def test_without_scripts_one_sentence_is_left():
    bare = re.sub(
        r"<script>.*?</script>", "", slider(RAW, N, 0.15, **OPTIONS).data, flags=re.DOTALL
    )
    assert "Run this cell" in bare
    assert re.sub(r"<[^>]+>", "", bare).strip().endswith("scripts.")


def test_numbers_and_colours_are_handed_over():
    spec = held(slider(RAW, N, 0.15, labels=list("abcd"), follow=2, **OPTIONS))
    assert spec["raw"] == RAW.tolist() and spec["n"] == N.tolist() and spec["centre"] == 0.15
    assert spec["labels"] == ["a", "b", "c", "d"] and spec["follow"] == 2
    assert spec["colors"] == {
        "none": plots.NO_POOLING.color,
        "complete": plots.COMPLETE_POOLING.color,
        "partial": plots.PARTIAL_POOLING.color,
    }


def test_labels_cannot_break_out_of_the_script():
    data = slider([1.0], [2.0], 0.0, labels=["</script><b>"], **OPTIONS).data
    assert data.count("</script>") == 1


def test_the_unit_that_moves_most_is_followed():
    spec = held(slider([0.2, 0.3, 0.5], [10, 10, 1000], 0.15, **OPTIONS))
    assert spec["follow"] == 1


def test_stops_run_from_no_to_complete_pooling_through_the_fitted_value():
    stops = prior_sample_sizes(np.array([10.0, 50.0]), 16.3, 80)
    assert stops[0] == 0 and np.isinf(stops[-1]) and 16.3 in stops and stops.size == 82
    assert (np.diff(stops) > 0).all()
    # Next to the ends, the estimates look like the ends.
    assert 10 / (10 + stops[1]) > 0.96 and 50 / (50 + stops[-2]) < 0.04
    spec = held(slider(RAW, N, 0.15, **OPTIONS))
    assert spec["grid"][0] == 0 and spec["grid"][-1] is None
    assert spec["grid"][spec["start"]] == 16.3


@pytest.mark.parametrize("fitted", [0.02, 1.0, 430_000.0, 16.30499])
def test_stops_increase_for_every_fitted_value(fitted):
    stops = prior_sample_sizes(np.array([3.0, 7.0]), fitted, 20)
    assert (np.diff(stops) > 0).all() and fitted in stops
    assert held(slider([1, 2], [3, 7], 1.5, **OPTIONS | {"prior_sample_size": fitted}))


def test_ticks_are_round_and_inside():
    assert ticks(-0.02, 0.4) == [[0, "0.0"], [0.1, "0.1"], [0.2, "0.2"], [0.3, "0.3"], [0.4, "0.4"]]
    assert ticks(-1.1, 1.2)[0] == [-1, "\u22121.0"]
    assert [text for _, text in log_ticks(7, 73)] == ["10", "20", "50"]
    assert [text for _, text in log_ticks(2e5, 5e7)] == ["300k", "1M", "3M", "10M", "30M"]
    assert [text for _, text in log_ticks(1, 9e3)] == ["1", "10", "100", "1,000"]


def test_equal_units_and_one_unit_can_be_drawn():
    assert held(slider([0.5, 0.5], [3, 3], 0.5, **OPTIONS))["y_ticks"]
    assert held(slider([0.5], [3], 0.5, **OPTIONS))["x_ticks"]


def test_a_funnel_is_handed_over_as_lines():
    spec = held(slider(RAW, N, 0.15, band=([10, 50], [0, 0.1], [0.4, 0.2]), **OPTIONS))
    assert spec["band"] == [[[10, 0], [50, 0.1]], [[10, 0.4], [50, 0.2]]]


def test_a_map_is_handed_over_as_paths():
    square = np.array([[0, 0], [10.2, 0], [10, 0.1], [10, 10], [0, 10], [0, 0]], float)
    shapes = [[square + 10 * k] for k in range(4)]
    spec = held(slider(RAW, N, 0.15, shapes=shapes, **OPTIONS))
    assert spec["shapes"][0] == outline(square) == "M0 0l10 0 0 10 -10 0 0 -10Z"
    assert spec["frame"] == [-2, -2, 45, 44] and spec["reach"] == 0.15


def test_states_are_the_union_of_their_counties():
    from helpers.datasets import load_county_shapes

    def area(rings):
        return sum(
            np.sum(r[:-1, 0] * r[1:, 1] - r[1:, 0] * r[:-1, 1]) / 2 for r in map(np.asarray, rings)
        )

    states = state_outlines()
    shapes = load_county_shapes()
    assert len(states) == len({fips[:2] for fips in shapes.rings})
    for state in ("08", "20", "48", "56"):  # without islands or lakes: one line, the same area
        counties = [r for fips, rings in shapes.rings.items() if fips[:2] == state for r in rings]
        if len(states[state]) == 1:
            assert abs(area(states[state])) == pytest.approx(abs(area(counties)), rel=1e-3)
    assert len(states["56"]) == 1 and len(states["08"]) == 1
    for rings in states.values():
        for ring in rings:
            assert (ring[0] == ring[-1]).all()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"raw": [0.1, np.nan, 0.3, 0.2]}, "raw: every entry must be finite; entry 1"),
        ({"n": [10, 0, 14, 50]}, "n: must be finite and > 0; entry 1"),
        ({"n": [10, 20]}, "equal lengths"),
        ({"prior_sample_size": 0}, "prior_sample_size"),
        ({"prior_sample_size": np.inf}, "prior_sample_size"),
        ({"labels": ["a"]}, "labels: one per unit is wanted; got 1 for 4 units"),
        ({"shapes": []}, "shapes: one per unit is wanted"),
        ({"follow": 4}, "follow: must be below the number of units, 4; got 4"),
        ({"steps": 2}, "steps: must be >= 5"),
    ],
)
def test_bad_input_is_refused(change, told):
    arguments = {"raw": RAW, "n": N, "centre": 0.15, **OPTIONS} | change
    with pytest.raises(ValueError, match=re.escape(told)):
        slider(**arguments)
