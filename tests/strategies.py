"""What the property tests draw from, and how many examples each of them looks at.

The examples are the same in every run. `HYPOTHESIS_PROFILE=thorough` looks at twenty times as many.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st

ALWAYS = {"derandomize": True, "deadline": None, "database": None}
settings.register_profile("course", max_examples=20, **ALWAYS)
settings.register_profile("thorough", max_examples=400, **ALWAYS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "course"))


def few(examples: int) -> int:
    """Return how many examples a costly test looks at: so many, or twenty times as many."""
    return examples * settings().max_examples // 20


#: No array of finite numbers, whatever is asked for, and what each of them is.
NO_NUMBERS = {
    "text": ["a", "b", "c"],
    "digits as text": ["1", "2", "3"],
    "digits as objects": np.array(["1", "2", "3"], dtype=object),
    "None": None,
    "a missing entry": [1, None, 3],
    "NaN": [1, np.nan, 3],
    "infinity": [1, np.inf, 3],
    "nothing": [],
    "complex": [1j, 2, 3],
    "dates": np.array(["2020-01-01"] * 3, dtype="datetime64[D]"),
    "a mask": np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False]),
    "ragged rows": [[1], [2, 3], [4]],
    "a whole number too long": [10**400, 1, 1],
    "a set": {1, 2, 3},
}
#: No counts either.
NO_COUNTS = NO_NUMBERS | {
    "negative": [1, -1, 3],
    "fractions": [1, 1.5, 3],
    "a table": [[1, 2, 3]],
    "more than floats can count": [1, 1e30, 3],
}
#: No single number.
NO_NUMBER = {
    "text": "a",
    "digits": "1",
    "None": None,
    "NaN": np.nan,
    "a list": [1.0, 2.0],
    "an array of one": np.array([1.0]),
    "a yes": True,
    "a date": np.datetime64("2020-01-01"),
}
#: No single number > 0.
NO_SIZE = NO_NUMBER | {"zero": 0.0, "negative": -1.0, "infinity": np.inf}
#: No probability strictly between 0 and 1.
NO_SHARE = NO_NUMBER | {"zero": 0.0, "one": 1.0, "per cent": 95, "negative": -0.5}


def each(cases):
    """Parametrise a test over `bad`, with the names of the cases."""
    return pytest.mark.parametrize("bad", list(cases.values()), ids=list(cases))


def refused(name: str):
    """Expect the error that starts with the argument's name."""
    return pytest.raises((ValueError, TypeError), match=rf"^{name}\b.*: ")


@st.composite
def successes(draw, least=1, most=8, trials=10**9, both=True):
    """Draw (y, n): few units of few trials and many, with a success and a failure if `both`."""
    size = st.one_of(*(st.integers(1, min(k, trials)) for k in (3, 50, trials)))
    n = draw(st.lists(size, min_size=least, max_size=most))
    y = [draw(st.integers(0, k)) for k in n]
    assume(not both or 0 < sum(y) < sum(n))
    return np.array(y, float), np.array(n, float)


@st.composite
def measured(draw, least=1, most=7, precise=1e-3):
    """Draw (raw, se): raw means within a thousand, their standard errors from `precise` to 1000."""
    units = draw(st.integers(least, most))
    raw = [draw(st.floats(-1e3, 1e3)) for _ in range(units)]
    se = [draw(st.floats(precise, 1e3)) for _ in range(units)]
    return np.array(raw), np.array(se)


@st.composite
def grouped(draw, groups=(2, 6), rows=8, predictors=False):
    """Draw (y, group) or (y, group, X): the first group has three rows or more."""
    sizes = draw(st.lists(st.integers(1, rows), min_size=groups[0], max_size=groups[1]))
    sizes[0] += 2
    group = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    between = draw(st.sampled_from([0.0, 1e-3, 0.5, 2.0, 50.0]))
    y = between * rng.normal(size=len(sizes))[group] + rng.normal(size=group.size)
    return (y, group, rng.normal(size=group.size)) if predictors else (y, group)


def orders(draw, size):
    """Draw an order of `size` things."""
    return np.array(draw(st.permutations(range(size))))
