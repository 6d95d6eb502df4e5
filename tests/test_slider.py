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
from helpers.slider import outline, prior_sample_sizes, slider, ticks

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
    three = [look.color for look in list(plots.LOOKS.values())[:3]]
    assert spec["colors"] == dict(zip(("none", "complete", "partial"), three, strict=True))
    assert spec["y"][0] < 0 < 0.3 < spec["y"][1] and spec["x"][0] < 10 < 50 < spec["x"][1]
    assert [text for _, text in spec["x_ticks"]] == ["10", "20", "50"]
    assert [text for _, text in spec["y_ticks"]] == ["0", "0.1", "0.2", "0.3"]
    assert spec["grid"][0] == 0 and spec["grid"][-1] is None
    assert spec["grid"][spec["start"]] == 16.3 and spec["start_label"] == "fitted: 16.3"


@pytest.mark.parametrize("fitted", [0.02, 1.0, 16.30499, 430_000.0])
@pytest.mark.parametrize("n", [[5], [10.0, 50.0], [1e3, 1e7]])
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


def test_units_that_are_all_alike_can_be_drawn():
    spec = held(slider([0.5, 0.5], [3, 3], 0.5, **OPTIONS))
    assert spec["y_ticks"] and spec["x_ticks"] and len(set(spec["dodge"])) == 2


def test_a_map_is_handed_over_as_paths():
    square = np.array([[0, 0], [10.2, 0], [10, 0.1], [10, 10], [0, 10], [0, 0]], float)
    shapes = [[square + 10 * k] for k in range(4)]
    spec = held(slider(RAW, N, 0.15, shapes=shapes, **OPTIONS))
    assert spec["shapes"][0] == outline(square) == "M0 0l10 0 0 10 -10 0 0 -10Z"
    assert spec["frame"] == [-2, -2, 45, 44] and spec["reach"] == 0.15


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"n": [10, 0, 14, 50]}, "n: must be > 0; entry 1"),
        ({"prior_sample_size": 0}, "prior_sample_size: must be > 0"),
        ({"labels": ["a"]}, "equal lengths are wanted; raw has 4, n has 4, labels has 1"),
        ({"shapes": []}, "shapes has 0"),
    ],
)
def test_bad_input_is_refused(change, told):
    arguments = {"raw": RAW, "n": N, "centre": 0.15, **OPTIONS} | change
    with pytest.raises(ValueError, match=re.escape(told)):
        slider(**arguments)
