"""Visible exercise checks: say that an answer is right, or what is off and by how much.

`check("4.2", answer)` looks the exercise up in `helpers.answers`, where each page keeps one small
function per exercise. That function recomputes the right answer from the data at hand (so the
simulated twin's answers pass too) and returns "" or a sentence that says what is off.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from numbers import Real

import numpy as np

#: Which module of `helpers.answers` holds the exercises of which notebook.
PAGES = {
    "0": "start_here",
    "1": "kidney_cancer",
    "2": "garages",
    "3": "radon",
    "4": "rat_tumors",
    "5": "your_turn",
}
_EXERCISES: dict[str, Callable[..., str]] = {}


def exercise(number: str):
    """Register a function (answer) -> "" or a sentence as the check of exercise `number`."""

    def register(function: Callable[..., str]) -> Callable[..., str]:
        _EXERCISES[number] = function
        return function

    return register


def check(number: str, answer) -> None:
    """Print whether `answer` to exercise `number` (as "4.2") is right, or what is off.

    An answer left as `...` counts as not given: the page still runs from start to end.

    Raises
    ------
    ValueError
        If there is no exercise of that number.
    """
    page = PAGES.get(str(number).split(".")[0])
    if page is not None:
        importlib.import_module(f"helpers.answers.{page}")
    if not isinstance(number, str) or number not in _EXERCISES:
        raise ValueError(
            f"number: no exercise {number!r}; known here: {', '.join(sorted(_EXERCISES))}"
        )
    if answer is ... or (isinstance(answer, tuple | list) and any(part is ... for part in answer)):
        todo = "Replace the ... above, run that cell, then this one."
        print(f"Exercise {number}: no answer yet. {todo}")
        return
    complaint = _EXERCISES[number](answer)
    print(f"Exercise {number}: " + (f"not yet. {complaint}" if complaint else "right."))


def number(
    answer,
    expected: float,
    *,
    rtol: float = 1e-3,
    atol: float = 0.0,
    slips: Mapping[str, float] | None = None,
) -> str:
    """Compare a number; return "" if it is within tolerance, else a sentence.

    Parameters
    ----------
    answer : object
        What the learner gave.
    expected : float
        The right answer.
    rtol, atol : float
        The answer may differ by `atol + rtol * |expected|`.
    slips : mapping of str to float, optional
        Known wrong answers: sentence -> value. A matching answer gets that sentence.
    """
    if isinstance(answer, np.ndarray) and answer.size == 1:
        answer = answer.item()
    if isinstance(answer, bool | np.bool_) or not isinstance(answer, Real):
        return f"A single number is wanted; this is {_kind(answer)}."
    try:
        answer = float(answer)
    except OverflowError:  # a whole number too long for a float
        answer = float("inf")
    if not np.isfinite(answer):
        return f"A finite number is wanted; this is {answer}."
    if abs(answer - expected) <= atol + rtol * abs(expected):
        return ""
    for sentence, value in (slips or {}).items():
        if abs(answer - value) <= atol + rtol * abs(value):
            return sentence
    return _how_far(answer, expected)


def numbers(answer, expected, *, rtol: float = 1e-3, atol: float = 0.0, slips=None) -> str:
    """Compare arrays entry by entry; return "" or a sentence naming the worst entry."""
    expected = np.asarray(expected, float)
    try:
        given = np.asarray(answer)
        if given.dtype.kind not in "iufbO":
            raise TypeError
        given = given.astype(float)
    except (TypeError, ValueError, OverflowError):
        return f"Numbers are wanted; this is {_kind(answer)}."
    if given.shape != expected.shape:
        return f"Shape {expected.shape} is wanted; this has shape {given.shape}."
    if not np.isfinite(given).all():
        return f"{int((~np.isfinite(given)).sum())} of the {given.size} entries are not finite."
    with np.errstate(over="ignore"):
        off = np.abs(given - expected)
    if (off <= atol + rtol * np.abs(expected)).all():
        return ""
    for sentence, value in (slips or {}).items():
        if np.allclose(given, value, rtol=rtol, atol=atol):
            return sentence
    worst = int(np.argmax(off))
    count = int((off > atol + rtol * np.abs(expected)).sum())
    most = _how_far(float(given.flat[worst]), float(expected.flat[worst]))
    return f"{count} of the {given.size} entries are off, entry {worst} most: {most}"


def choice(answer, right: str, why_not: Mapping[str, str]) -> str:
    """Compare a letter; `why_not` answers each wrong one with a sentence."""
    letter = str(answer).lower().strip(" \t\n().\"'")  # "(c)", "c." and C are all c
    if letter == right:
        return ""
    if letter in why_not:
        return why_not[letter]
    letters = ", ".join(sorted([right, *why_not]))
    return f"One of the letters {letters} is wanted; this is {answer!r}."


def _how_far(answer: float, expected: float) -> str:
    """Say how far off a number is, without giving the right one away."""
    if expected and answer / expected > 0:
        return f"{answer:.4g} is {answer / expected:.3g} times the right answer."
    return f"{answer:.4g} is off by {answer - expected:.3g}."


def _kind(answer) -> str:
    """Name what was given, for a learner."""
    if callable(answer):
        return "a function: call it"
    if isinstance(answer, np.ndarray):
        return f"an array of shape {answer.shape}"
    return f"a {type(answer).__name__}"
