"""No leaks: somebody who knows no statistics reads only what a check says, and tries again."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from helpers.check import verdict
from tests.test_checks import ALL, NUMERIC

GUESSES = [0.0, 0.5, 0.25, 0.75, 0.05, 0.95, 0.01, 1e-3, 1e-5, -0.5, -1.0, -2.0, -10.0, 0.1, 0.9]
GUESSES += [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 1e3, 1e4, 1e5, 1e6]
LADDER = [*-np.geomspace(1e6, 1e-6, 49), 0.0, *np.geomspace(1e-6, 1e6, 49)]
#: For one entry of several: fine enough to meet a message that one entry alone changes.
RUNGS = np.geomspace(1e-3, 1e3, 860)
FIGURE = r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"


class Found(Exception):
    """An answer that is said to be right."""


def attack(tell, size: int):
    """Return a right answer of `size` numbers, from what `tell(answer)` says alone; or None."""
    said: dict[tuple, str] = {}

    def ask(entries) -> str:
        """Return what is said, figures taken out."""
        entries = tuple(entries)
        if entries not in said and np.isfinite(entries).all():
            answer = entries[0] if size == 1 else entries
            said[entries] = re.sub(r"^Exercise [\d.]+: ", "", tell(answer))
            if said[entries].startswith("right"):
                raise Found(answer)
        return re.sub(FIGURE, "#", said.get(entries, ""))

    few = range(size) if size < 4 else range(0)
    try:
        for guess in GUESSES:
            ask([guess] * size)
        for guess in itertools.product([0.0, 1.0, 0.5, 0.1, 10.0, 100.0], repeat=len(few)):
            ask(guess or [0.5] * size)
        entries = [0.5] * size
        for k in range(min(size, 3)):
            climb(ask, entries, k, RUNGS if len(few) > 1 else LADDER)
        by_message = itertools.groupby(sorted(said, key=ask), ask)  # the first that got each
        for place in [place for _, places in by_message for place in [*places][: 3 if few else 1]]:
            for entries in variations(np.array(place), re.findall(FIGURE, said[place]), few):
                ask(entries)
    except Found as found:
        return found.args[0]
    return None


def climb(ask, entries: list, k: int, rungs) -> None:
    """Move entry k along the rungs; where the message changes, search by halves, and stay there.

    What lies in the middle between two such places is tried too.
    """

    def at(value):
        return ask([*entries[:k], value, *entries[k + 1 :]])

    edges = []
    for low, high in itertools.pairwise(rungs):
        if (below := at(low)) == at(high):
            continue
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if at(middle) == below else (low, middle)
        edges.append(high)
    for pair in itertools.combinations(edges[:8], 2):
        at(sum(pair) / 2)
    entries[k] = edges[0] if edges else entries[k]


def variations(place, figures: list[str], few):
    """Yield what an answer and the figures in its message may be rescaled to."""
    figures = [float(figure.replace(",", "")) for figure in figures]
    with np.errstate(all="ignore"):
        for x in [place, *(np.full_like(place, figure) for figure in figures)]:
            for y in (x, 1 - x, 1 / x, x**2, np.sqrt(abs(x))):
                yield from (sign * y * 10.0**power for power in range(-6, 7) for sign in (1, -1))
        for figure in figures:
            yield from (place * figure, place / figure, place + figure, place - figure)
            for one in [np.where(np.arange(place.size) == k, figure, 1) for k in few]:
                yield from (place / one, place * one)


def test_reading_the_messages_solves_next_to_nothing():
    """Five are allowed; a whole number that is small is found by counting, and counts."""
    assert len(NUMERIC) > 20
    solved = set()
    for number in NUMERIC:
        size = np.atleast_2d(ALL[number].expected).shape[1]
        if (
            attack(lambda answer, number=number: str(verdict(ALL[number], answer)), size)
            is not None
        ):
            solved.add(number)
    assert len(solved) <= 5, solved


RIGHT = np.array([0.3721, 48.13])
LEAKS = {
    "a ratio": lambda a: f"{a:.4g} is {a / RIGHT[0]:.4g} times the right answer.",
    "a difference": lambda a: f"It is off by {a - RIGHT[0]:.5g}.",
    "a direction": lambda a: "Too large." if a > RIGHT[0] else "Too small.",
    "a distance": lambda a: "Far off." if abs(a - RIGHT[0]) > 1 else "Near.",
    "the answer": lambda a: f"Not {100 * RIGHT[0]:.4g} per cent?",
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_the_attacker_finds_what_leaks(leak):
    def tell(a):
        return "Exercise 9.1: " + ("right." if abs(a / RIGHT[0] - 1) < 0.01 else leak(a))

    assert attack(tell, 1) == pytest.approx(RIGHT[0], rel=0.01)


def test_the_attacker_finds_entries_that_are_counted():
    def tell(answer):
        near = np.isclose(answer, RIGHT, rtol=0.01)
        return "right." if near.all() else f"{['None', 'One'][near.sum()]} of two is right."

    assert np.allclose(attack(tell, 2), RIGHT, rtol=0.02)
    assert attack(lambda answer: "not yet. Go on.", 2) is None
