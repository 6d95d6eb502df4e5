"""helpers.slider hands over numbers a browser can use."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.slider import log_ticks, prior_sample_sizes, slider, ticks
from tests.strategies import NO_NUMBER, NO_NUMBERS, NO_SIZE, each, few, refused

ordinary = st.floats(-1e6, 1e6)

# ------------------------------------------------------------------------------------------ slider

sizes = st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=6)


@given(sizes, st.floats(1e-3, 1e9), st.integers(5, 300))
@example([1.0, 1e6], 3.0, 5000)  # more stops than three digits can tell apart
def test_stops_rise_from_0_through_the_fitted_value_to_infinity(n, fitted, steps):
    stops = prior_sample_sizes(np.array(n), fitted, steps)
    assert stops[0] == 0 and np.isinf(stops[-1]) and fitted in stops
    assert (np.diff(stops) > 0).all() and stops.size == steps + 2


@given(ordinary, st.floats(1e-6, 1e6))
def test_ticks_rise_within_the_axis(low, width):
    placed = [value for value, _ in ticks(low, low + width)]
    assert (np.diff(placed) >= 0).all() and len(placed) <= 7
    assert all(low - abs(low) * 1e-4 - width <= value for value in placed)


@given(st.floats(1e-6, 1e8), st.floats(1.5, 1e6))
@example(141 / 1.4, 1.4**2)  # one unit of 141: an axis without any tick
def test_ticks_of_a_logarithmic_axis_rise_within_it(low, times):
    placed = [value for value, _ in log_ticks(low, low * times)]
    assert (np.diff(placed) > 0).all() and 1 <= len(placed) <= 9
    assert low * (1 - 1e-4) <= placed[0] and placed[-1] <= low * times * (1 + 1e-4)


@settings(max_examples=few(15))
@given(
    st.lists(st.tuples(ordinary, st.floats(1e-3, 1e9)), min_size=1, max_size=6),
    ordinary,
    st.floats(1e-2, 1e6),
)
@example([(1e17, 3.0), (1e17, 4.0)], 1e17, 1.0)  # equal and large: the axis had no length
def test_the_browser_gets_finite_numbers_in_range(units, centre, fitted):
    raw, n = map(np.array, zip(*units, strict=True))
    html = slider(raw, n, centre, prior_sample_size=fitted, unit="rats", quantity="rate").data
    spec = json.loads(
        re.search(r"parentElement, (\{.*\})\);\n</script>", html, flags=re.DOTALL)[1],
        parse_constant=lambda name: pytest.fail(f"{name} is no JSON"),
    )
    assert spec["y"][0] < spec["y"][1] and spec["x"][0] < spec["x"][1]
    assert 0 <= spec["follow"] < raw.size and 0 < spec["start"] < len(spec["grid"]) - 1
    assert len(spec["raw"]) == len(spec["n"]) == len(spec["dodge"]) == raw.size


GOOD = {"raw": [1.0, 2.0, 3.0], "n": [3, 4, 5], "centre": 1.5, "prior_sample_size": 2.0}
GOOD |= {"unit": "rats", "quantity": "rate"}


def test_labels_may_be_any_sequence_of_the_units_length():
    for labels in (list("abc"), tuple("abc"), "abc", np.array(list("abc")), pd.Index(list("abc"))):
        assert slider(**GOOD, labels=labels).data == slider(**GOOD, labels=["a", "b", "c"]).data


@each(NO_NUMBERS)
def test_the_slider_refuses_what_are_no_numbers(bad):
    for name in ("raw", "n"):
        with refused(name):
            slider(**GOOD | {name: bad})


@each(NO_NUMBER)
def test_the_centre_is_one_number(bad):
    with refused("centre"):
        slider(**GOOD | {"centre": bad})


@each(NO_SIZE)
def test_the_fitted_value_is_one_number_above_0(bad):
    with refused("prior_sample_size"):
        slider(**GOOD | {"prior_sample_size": bad})
    with refused("fitted"):
        prior_sample_sizes(np.array([1.0, 2.0]), bad, 10)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("labels", lambda: slider(**GOOD, labels=5)),
        ("shapes", lambda: slider(**GOOD, shapes=5)),
        ("band", lambda: slider(**GOOD, band=5)),
        ("band", lambda: slider(**GOOD, band=([1, 2], [3, 4]))),
        ("follow", lambda: slider(**GOOD, follow=1.0)),
        ("low", lambda: ticks(1, 1)),
        ("low", lambda: ticks(2, 1)),
        ("low", lambda: ticks(np.nan, 1)),
        ("high", lambda: ticks(1, "a")),
        ("low", lambda: log_ticks(0, 1)),
        ("low", lambda: log_ticks(2, 1)),
        ("n", lambda: prior_sample_sizes([1.0, -1.0], 3.0, 10)),
        ("steps", lambda: prior_sample_sizes([1.0, 2.0], 3.0, 4)),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(name, call):
    with refused(name):
        call()
