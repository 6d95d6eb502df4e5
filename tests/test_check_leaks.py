"""No leaks: somebody who knows no statistics reads only what a check says, and tries again."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from helpers.check import verdict
from tests.test_checks import ALL, NUMERIC

GUESSES = [0.0, 1.0, -1.0, 2.0, 0.5, 0.25, 0.75, 0.1, 0.9, 0.05, 0.95, 0.01, 3.0, 4.0, 5.0, 10.0]
GUESSES += [20.0, 30.0, 50.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e-3, 1e-5, -0.5, -2.0, -10.0]
LADDER = [*-np.geomspace(1e-6, 1e6, 49)[::-1], 0.0, *np.geomspace(1e-6, 1e6, 49)]
#: For one entry of several: fine enough to meet a message that one entry alone changes.
RUNGS = np.geomspace(1e-3, 1e3, 860)


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
            told = re.sub(r"^Exercise [\d.]+: ", "", tell(answer))
            if told.startswith("right"):
                raise Found(answer)
            said[entries] = told
        return re.sub(r"[-+]?[\d.]+(e[-+]?\d+)?", "#", said.get(entries, ""))

    try:
        for guess in GUESSES:
            ask([guess] * size)
        if 1 < size < 4:
            for guess in itertools.product([0.0, 1.0, 0.5, 0.1, 10.0, 100.0], repeat=size):
                ask(guess)
        entries = [0.5] * size
        for k in range(min(size, 3)):
            climb(ask, entries, k, RUNGS if 1 < size < 4 else LADDER)
        for place, told in odd_ones(said):
            for entries in variations(place, told):
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
    for low, high in itertools.pairwise(sorted(rungs)):
        if (below := at(low)) == at(high):
            continue
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if at(middle) == below else (low, middle)
        edges.append(high)
    for pair in itertools.combinations(edges[:8], 2):
        at(sum(pair) / 2)
    if edges:
        entries[k] = edges[0]


def odd_ones(said: dict) -> list:
    """Return the first answers that got each message: three, or one where it is an array."""
    first: dict[str, list] = {}
    for entries, told in said.items():
        first.setdefault(re.sub(r"[\d.]+", "#", told), []).append((entries, told))
    return [pair for pairs in first.values() for pair in pairs[: 3 if len(pairs[0][0]) < 4 else 1]]


def variations(entries: tuple, told: str):
    """Yield what an answer and the figures in its message may be rescaled to."""
    found = re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", told)
    figures = [float(figure.replace(",", "")) for figure in found]
    with np.errstate(all="ignore"):
        place = np.array(entries)
        for x in [place, *(np.full_like(place, figure) for figure in figures)]:
            for y in (x, 1 - x, 1 / x, x**2, np.sqrt(abs(x))):
                for power in range(-6, 7):
                    yield y * 10.0**power
                    yield -y * 10.0**power
        for figure in figures:
            for y in (place * figure, place / figure, place + figure, place - figure):
                yield y
            for k in range(place.size if place.size < 4 else 0):
                one = np.where(np.arange(place.size) == k, figure, 1)
                yield place / one
                yield place * one


def attacked(exercise):
    size = np.atleast_2d(exercise.expected).shape[1]
    return attack(lambda answer: str(verdict(exercise, answer)), size)


def test_reading_the_messages_solves_next_to_nothing():
    """Five are allowed; a whole number that is small is found by counting, and counts."""
    assert len(NUMERIC) > 30
    solved = {number for number in NUMERIC if attacked(ALL[number]) is not None}
    assert len(solved) <= 5, solved


RIGHT = np.array([0.3721, 48.13])
LEAKS = {
    "a ratio": lambda a: f"{a[0]:.4g} is {a[0] / RIGHT[0]:.4g} times the right answer.",
    "a difference": lambda a: f"It is off by {a[0] - RIGHT[0]:.5g}.",
    "a direction": lambda a: "Too large." if a[0] > RIGHT[0] else "Too small.",
    "a distance": lambda a: "Far off." if abs(a[0] - RIGHT[0]) > 1 else "Near.",
    "the answer": lambda a: f"Not {100 * RIGHT[0]:.4g} per cent?",
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_the_attacker_finds_what_leaks(leak):
    def tell(answer):
        near = np.isclose(answer, RIGHT[0], rtol=0.01)
        return "Exercise 9.1: " + ("right." if near else f"not yet. {leak(np.atleast_1d(answer))}")

    assert attack(tell, 1) == pytest.approx(RIGHT[0], rel=0.01)


def test_the_attacker_finds_entries_that_are_counted():
    def tell(answer):
        near = np.isclose(answer, RIGHT, rtol=0.01)
        return "right." if near.all() else f"{['None', 'One'][near.sum()]} of two is right."

    assert np.allclose(attack(tell, 2), RIGHT, rtol=0.02)
    assert attack(lambda answer: "not yet. Go on.", 2) is None
