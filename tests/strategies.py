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

#: What is no array of numbers, no counts, no single number, no number > 0, no share.
NO_NUMBERS = {"text": ["a", "b", "c"], "None": None, "NaN": [1, np.nan, 3], "nothing": []}
NO_COUNTS = NO_NUMBERS | {"negative": [1, -1, 3], "fractions": [1, 1.5, 3]}
NO_NUMBER = {"text": "a", "None": None, "NaN": np.nan}
NO_SIZE = NO_NUMBER | {"zero": 0.0, "negative": -1.0}
NO_SHARE = NO_NUMBER | {"one": 1.0, "per cent": 95}


def each(cases):
    """Parametrise a test over `bad`, with the names of the cases."""
    return pytest.mark.parametrize("bad", list(cases.values()), ids=list(cases))


def refused(name: str):
    """Expect the error that starts with the argument's name."""
    return pytest.raises((ValueError, TypeError), match=rf"^{name}\b.*: ")


def few(examples: int) -> int:
    """Return how many examples a costly test looks at: so many, or twenty times as many."""
    return examples * settings().max_examples // 20


@st.composite
def successes(draw, least=1, most=8, trials=10**9, both=True):
    """Draw (y, n): few units of few trials and many, with a success and a failure if `both`."""
    size = st.one_of(*(st.integers(1, min(k, trials)) for k in (3, 50, trials)))
    n = draw(st.lists(size, min_size=least, max_size=most))
    y = [draw(st.integers(0, k)) for k in n]
    assume(not both or 0 < sum(y) < sum(n))
    return np.array(y, float), np.array(n, float)


@st.composite
def measured(draw, least=1, most=7):
    """Draw (raw, se): raw means within a thousand, their standard errors from 1e-3 to 1000."""
    pairs = st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
    return np.array(draw(st.lists(pairs, min_size=least, max_size=most))).T


@st.composite
def grouped(draw, groups=(2, 6), rows=8):
    """Draw (y, group, x): the first group has three rows or more, and y varies in it."""
    sizes = draw(st.lists(st.integers(1, rows), min_size=groups[0], max_size=groups[1]))
    sizes[0] += 2
    group = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y, x = rng.normal(size=(2, group.size))
    y[:3], x[:3] = (-1, 0, 1), (0, 1, 0)  # no slope takes that away
    between = draw(st.sampled_from([0.0, 1e-3, 0.5, 2.0, 50.0]))
    return y + between * rng.normal(size=len(sizes))[group], group, x


def orders(draw, size):
    """Draw an order of `size` things."""
    return np.array(draw(st.permutations(range(size))))
