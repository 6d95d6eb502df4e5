"""The kinds of exercises: small records that say what is right, and what is off in an answer.

`fault(answer)` is "" for what is right, else a sentence. It names a usual slip, or none; it tells
no distance, no direction and no count. Where `noted` is set, what is right is not called so.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping, Set
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from numbers import Number
from typing import Any

import numpy as np

#: Seconds that a learner's function may take. One that loops over chains needs two or three.
SECONDS = 10


@dataclass(frozen=True)
class Numbers:
    """One number, several in one order, or an array with one number a unit."""

    expected: Any  # what is right: a number, shape (m,), or rows, shape (K, m), any of them right
    slips: Mapping[str, Any]  # usual wrong answers: sentence -> value, shaped likewise, or NaN
    rtol: Any = 0.01  # what an entry may be off, relatively; a slip has to be met four times closer
    figures: int = 2  # so many correct figures are enough, even beyond `rtol`
    share: bool = False  # shares are wanted: per cent is a slip
    whole: bool = False  # whole numbers are wanted, exactly
    stand_in: str = ""  # said of `expected` itself, where it stands in for what draws give

    def fault(self, answer) -> str:
        """Return "" for a right answer, else a sentence."""
        right = np.atleast_2d(self.expected)
        m = right.shape[1]
        one = "One whole number is wanted, as 12" if self.whole else "One number is wanted, as 0.4"
        few = {1: one, 2: "Two numbers are wanted", 3: "Three numbers are wanted"}
        wanted = few.get(m, f"An array of {m:,} numbers is wanted, one a unit")
        given = numbers_in(answer, m)
        if isinstance(given, str):
            return f"{wanted}; this is {given}."
        if met(given, right, 0 if self.whole else self.rtol, () if self.whole else (self.figures,)):
            return self.stand_in if met(given, right, 1e-9) else ""
        if named := [words for words, value in self.slips.items() if self._is(given, value, right)]:
            return " Or: ".join(named)
        if self.share and self._is(given, 100 * right, right):
            return "That is in per cent. Give a share between 0 and 1."
        if not np.isfinite(given).all():
            return f"{wanted}; this is, or holds, NaN or infinity."
        again = "Go through the steps once more."
        if self.whole:
            return f"Another whole number is wanted. {again}"
        which = "This is not right yet" if m == 1 else "Not all of this is right yet"
        return f"{which}. {again} Give at least {'four' if self.figures > 3 else 'three'} figures."

    def _is(self, given, value, right) -> bool:
        """Whether an answer is this slip, and not just as near to what is right."""
        value = np.atleast_2d(value)
        tight = np.where(value % 1 == 0, 0, 0.0025) if self.whole else np.divide(self.rtol, 4)
        in_common = (value == right) & (not self.whole)  # entries that need no more than be right
        printed = (3, 4) if value.size < 9 else ()
        near = met(given, value, np.where(in_common, self.rtol, tight), printed)
        return near and not met(given, right, 0, printed)


@dataclass(frozen=True)
class Choice:
    """One letter; each wrong one has its sentence."""

    expected: str
    why_not: Mapping[str, str]

    def fault(self, answer) -> str:
        """Return "" for the right letter, else a sentence."""
        told = {self.expected: "", **self.why_not}
        wanted = f"One of the letters {', '.join(sorted(told))} is wanted, in quotes"
        return told.get(letters_in(answer), f"{wanted}; this is {short(answer)}.")


@dataclass(frozen=True)
class Letters:
    """A set of letters, or (where `ordered`) one for each of five questions; if `noted`, any."""

    expected: str
    options: str
    words: str = ""
    ordered: bool = False
    noted: str = ""

    def fault(self, answer) -> str:
        """Return "" for the right letters, else a sentence."""
        letters, order = letters_in(answer), list if self.ordered else set
        fits = len(letters) == len(self.expected) if self.ordered else letters
        if fits and set(letters) <= set(self.options):
            right = self.noted or order(letters) == order(self.expected)
            return "" if right else self.words
        many, like = ("Five l", '("a", "b", "c", "a", "b")') if self.ordered else ("L", '"aeg"')
        which = f"{self.options[0]} to {self.options[-1]}"
        return f"{many}etters ({which}) are wanted, in quotes, as {like}; this is {short(answer)}."


@dataclass(frozen=True)
class Behaviour:
    """Something to be tried, most often a function."""

    trial: Callable[[Any], Mapping[str, bool]]  # answer -> sentences, and whether each is true
    wanted: str = "A function is wanted: give its name, without brackets"
    fits: Callable[[Any], bool] = callable
    noted: str = ""

    def fault(self, answer) -> str:
        """Return the first true sentence of the trial, or what stopped it."""
        if not self.fits(answer):
            return f"{self.wanted}; this is {short(answer)}."
        try:
            with redirect_stdout(StringIO()), stopped_after(SECONDS):
                return next((words for words, true in self.trial(answer).items() if true), "")
        except KeyboardInterrupt:  # of the clock, or of the learner
            return "It was stopped, as it did not come to an end. Is there a loop that never ends?"
        except (Exception, SystemExit) as error:
            told = " ".join(str(error).split())[:200].rstrip(".")
            return f"It stopped with {type(error).__name__}" + (f": {told}." if told else ".")


@contextmanager
def stopped_after(seconds):
    """Interrupt what runs longer, where signals can: on Unix, in the main thread."""
    try:
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    except (AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def met(given, values, rtol, figures=()) -> bool:
    """Say whether any row of values is met: within `rtol`, or as rounded to so many figures."""
    near = np.abs(given - values) <= rtol * np.abs(values) + 1e-15
    near |= np.isnan(given) & np.isnan(values)
    for places in figures:
        unit = 10 ** (np.floor(np.log10(np.abs(values))) + 1 - places)
        near |= np.abs(given - np.round(values / unit) * unit) <= 1e-9 * np.abs(values)
    return bool(near.all(axis=1).any())


def numbers_in(answer, m: int) -> np.ndarray | str:
    """Return the m numbers of an answer, or what else it is."""
    # As objects, so that True among numbers stays True.
    values = np.asarray(answer, dtype=object if isinstance(answer, list | tuple) else None)
    for part in values.ravel().tolist() if values.dtype.kind not in "iuf" else ():
        if isinstance(part, bool | np.bool_ | complex) or not hasattr(part, "__float__"):
            call = ": call it" if callable(part) else ""
            return short(part, 0) + (f" in {short(answer, 0)}" if values.ndim else call)
    if values.size != m:
        return f"{' by '.join(map(str, values.shape))} numbers" if values.ndim else "one number"
    return values.astype(float).ravel()


def letters_in(answer) -> str:
    """Return "bdf" for "B, (d), f." or ["b", "d", "f"]; "" for what holds no letters."""
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if isinstance(answer, list | tuple | Set) and all(isinstance(part, str) for part in answer):
        answer = "".join(answer)
    return re.sub(r"[\s().,;:\"'\[\]]", "", answer.lower()) if isinstance(answer, str) else ""


def short(answer, length: int = 20) -> str:
    """Name an answer for a learner: text below this length as it stands, all else by its kind."""
    if isinstance(answer, str) and len(answer) < length:
        return repr(answer)
    if answer is None or isinstance(answer, bool | np.bool_):
        return str(answer)
    names = {str: "text", complex: "a complex number", Mapping: "a dictionary", Set: "a set"}
    names |= {list: "a list", tuple: "a tuple", np.ndarray: "an array"}
    names |= {Number: "a number", Callable: "a function"}
    found = (name for kind, name in names.items() if isinstance(answer, kind))
    return next(found, f"of type {type(answer).__name__}")
