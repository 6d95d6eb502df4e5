"""The slider as characters: what it holds, that it is the same every time, and what it refuses.

How it behaves under a mouse and a keyboard is seen in `test_site_browser.py` and
`test_jupyterlab.py`.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers import plots
from helpers.slider import outline, prior_sample_sizes, slider, ticks
from tests.strategies import few

RAW, N = np.array([0.0, 0.1, 0.3, 0.2]), np.array([10, 20, 14, 50])
OPTIONS = {"prior_sample_size": 16.3, "unit": "rats", "quantity": "rate of tumours"}


def held(html) -> dict:
    """Return what is handed to the script."""
    told = re.search(r"parentElement, (\{.*\})\);\n</script>", html.data, flags=re.DOTALL)
    return json.loads(told[1], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_same_input_gives_the_same_characters_and_asks_for_nothing_from_elsewhere():
    data, again = (slider(RAW, N, 0.15, **OPTIONS).data for _ in range(2))
    assert data == again
    assert not re.search(r"\bid=|0x[0-9a-f]{6}", data)
    assert set(re.findall(r"https?://[^\"' ]+", data)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\s*\(|\bsrc=|url\(", data)
    bare = re.sub(r"<script>.*?</script>|<[^>]+>", "", data, flags=re.DOTALL).strip()
    assert bare.startswith("Run this cell") and bare.endswith("scripts.")


def test_numbers_and_colours_are_handed_over():
    spec = held(slider(RAW, N, 0.12, labels=["</script>", *"bcd"], **OPTIONS))
    assert (spec["raw"], spec["n"], spec["centre"]) == (RAW.tolist(), N.tolist(), 0.12)
    assert spec["labels"] == ["</script>", "b", "c", "d"], "no label breaks out of the script"
    assert spec["follow"] == 2, "the unit that moves most"
    three = plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING
    assert list(spec["colors"]) == ["none", "complete", "partial"]
    assert list(spec["colors"].values()) == [look.color for look in three]
    assert spec["grid"][0] == 0 and spec["grid"][-1] is None
    assert spec["grid"][spec["start"]] == 16.3 and spec["start_label"] == "fitted: 16.3"


@given(st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=6), st.floats(1e-3, 1e9))
@example([3.0, 7.0], 16.30499)
def test_stops_rise_from_no_to_complete_pooling_through_the_fitted_value(n, fitted):
    stops = prior_sample_sizes(np.array(n), fitted)
    assert stops[0] == 0 and np.isinf(stops[-1]) and fitted in stops and stops.size == 82
    assert (np.diff(stops) > 0).all()
    # Next to the ends, the estimates look like the ends.
    assert min(n) / (min(n) + stops[1]) > 0.96 and max(n) / (max(n) + stops[-2]) < 0.04


def test_ticks_are_round_and_short():
    assert ticks(-0.02, 0.4) == [[0, "0"], [0.1, "0.1"], [0.2, "0.2"], [0.3, "0.3"], [0.4, "0.4"]]
    assert ticks(-1.1, 1.2)[0] == [-1, "\u22121"]
    assert [text for _, text in ticks(7, 73, log=True)] == ["10", "20", "50"]
    assert [text for _, text in ticks(2e5, 5e7, log=True)] == ["300k", "1M", "3M", "10M", "30M"]
    assert [text for _, text in ticks(1, 2e4, log=True)] == ["1", "10", "100", "1,000", "10k"]
    assert [value for value, _ in ticks(101, 197, log=True)] == [120, 140, 160, 180]


@settings(max_examples=few(15))
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9)), min_size=1, max_size=6),
    st.floats(-1e6, 1e6),
    st.floats(1e-2, 1e6),
)
@example([(0.5, 3.0), (0.5, 3.0)], 0.5, 1.0)  # units all alike
def test_the_browser_gets_finite_numbers_in_range(units, centre, fitted):
    raw, n = map(np.array, zip(*units, strict=True))
    spec = held(slider(raw, n, centre, **OPTIONS | {"prior_sample_size": fitted}))
    assert spec["y"][0] < spec["y"][1] and spec["x"][0] < spec["x"][1]
    for axis in ("x", "y"):
        placed = [value for value, _ in spec[f"{axis}_ticks"]]
        assert 1 <= len(placed) <= 12 and (np.diff(placed) > 0).all()
        low, high = spec[axis]
        slack = 1e-4 * max(abs(low), abs(high))
        assert low - slack <= placed[0] and placed[-1] <= high + slack
    assert 0 <= spec["follow"] < raw.size and 0 < spec["start"] < len(spec["grid"]) - 1
    assert len(spec["raw"]) == len(spec["n"]) == len(spec["dodge"]) == raw.size


def test_a_map_is_handed_over_as_paths():
    square = np.array([[0, 0], [10.2, 0], [10, 0.1], [10, 10], [0, 10], [0, 0]], float)
    shapes = [[square + 10 * k] for k in range(4)]
    spec = held(slider(RAW, N, 0.15, shapes=shapes, **OPTIONS))
    assert spec["shapes"][0] == outline(square) == "M0 0l10 0 0 10 -10 0 0 -10Z"
    assert spec["frame"] == [-2, -2, 45, 44] and spec["reach"] == 0.15


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"raw": [0.1, np.nan, 0.3, 0.2]}, "raw: every entry must be finite; entry 1"),
        ({"n": [10, 0, 14, 50]}, "n: must be > 0; entry 1"),
        ({"n": [10, 20]}, "equal lengths"),
        ({"prior_sample_size": 0}, "prior_sample_size: must be > 0"),
        ({"prior_sample_size": np.inf}, "prior_sample_size"),
        ({"labels": ["a"]}, "equal lengths are wanted; raw has 4, n has 4, labels has 1"),
        ({"shapes": []}, "shapes has 0"),
    ],
)
def test_bad_input_is_refused(change, told):
    arguments = {"raw": RAW, "n": N, "centre": 0.15, **OPTIONS} | change
    with pytest.raises(ValueError, match=re.escape(told)):
        slider(**arguments)
