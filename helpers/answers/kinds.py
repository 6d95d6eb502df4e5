"""The kinds of exercises: small records that say what is wanted and judge an answer.

What is right is worked out from the data at hand, so the simulated twin's answers pass too. No
sentence tells how far off an answer is, or in which direction; it names a usual slip, or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from numbers import Number as AnyNumber
from typing import Any, ClassVar, NamedTuple

import numpy as np

PER_CENT = "That is in per cent. Give a share between 0 and 1."
#: What numpy would take for numbers, and a learner did not mean as one.
NO_NUMBER = (bool, np.bool_, str, bytes, complex, np.complexfloating, type(None))
AGAIN = "Go through the steps once more."


class Verdict(NamedTuple):
    """What became of an answer: "right", "not yet", "noted" or "no answer yet"; and a sentence."""

    state: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.state}. {self.words}".strip()


class Unreadable(Exception):
    """An answer of another kind than the one that is wanted; the message names what it is."""


@dataclass(frozen=True)
class Numbers:
    """Several numbers, in one order; or an array with one number a unit.

    Attributes
    ----------
    worked : callable
        () -> (expected, {sentence: value of that slip}), each of shape (m,). A slip may be NaN.
        Rows, shape (K, m), are K answers of which any is right.
    rtol : float or sequence of float
        What an entry may be off, relative to the right one. A slip has to be met four times closer.
    figures : int
        So many correct figures are enough, even beyond `rtol`.
    share, whole : bool
        Shares are wanted (per cent is a slip); whole numbers are wanted (exactly).
    """

    worked: Callable[[], tuple[Any, dict[str, Any]]]
    rtol: Any = 0.01
    figures: int = 2
    share: bool = False
    whole: bool = False

    @cached_property
    def _known(self):
        with np.errstate(all="ignore"):
            expected, slips = self.worked()
            slips = slips | ({PER_CENT: 100 * np.asarray(expected)} if self.share else {})
            return np.asarray(expected, float), {
                words: np.asarray(value, float) for words, value in slips.items()
            }

    @cached_property
    def _rounded(self) -> np.ndarray:
        return rounded(np.atleast_2d(self.expected), self.figures)

    @property
    def expected(self) -> np.ndarray:
        """What is right: a scalar, shape (m,), or rows of which any is right."""
        return self._known[0]

    @property
    def slips(self) -> dict[str, np.ndarray]:
        """Usual wrong answers: sentence -> value."""
        return self._known[1]

    @property
    def wanted(self) -> str:
        """The kind of answer that is asked for, as the start of a sentence."""
        m = np.atleast_2d(self.expected).shape[1]
        one = "One whole number is wanted, as 12" if self.whole else "One number is wanted, as 0.4"
        few = {1: one, 2: "Two numbers are wanted", 3: "Three numbers are wanted"}
        return few.get(m, f"An array of {m:,} numbers is wanted, one a unit")

    def judge(self, answer) -> Verdict:
        """Return what becomes of this answer."""
        right = np.atleast_2d(self.expected)
        try:
            given = as_numbers(answer)
            if given.size != right.shape[1] or max((*given.shape, 1)) != given.size:
                shape = " by ".join(map(str, given.shape))
                raise Unreadable(f"{shape} numbers" if given.ndim else "one number")
        except Unreadable as kind:
            return Verdict("not yet", f"{self.wanted}; this is {kind}.")
        given = given.ravel()
        allowed = (0 if self.whole else np.asarray(self.rtol)) * np.abs(right) + 1e-15
        near = np.abs(given - right) <= allowed
        if not self.whole:
            near |= np.abs(given - self._rounded) <= 1e-9 * np.abs(right)
        if near.all(axis=1).any():
            return Verdict("right")
        named = [words for words, value in self.slips.items() if self._met(given, value, allowed)]
        if named:
            return Verdict("not yet", " Or: ".join(named))
        if not np.isfinite(given).all():
            return Verdict("not yet", f"{self.wanted}; this is, or holds, NaN or infinity.")
        if self.whole:
            return Verdict("not yet", f"Another whole number is wanted. {AGAIN}")
        which = "This is not right yet" if given.size == 1 else "Not all of this is right yet"
        figures = "four" if self.figures > 3 else "three"
        return Verdict("not yet", f"{which}. {AGAIN} Give at least {figures} figures.")

    def _met(self, given, value, allowed) -> bool:
        """Whether the answer is this slip: nearly equal to it, and nearer than to what is right."""
        right, value = np.atleast_2d(self.expected), np.atleast_2d(value)
        rtol = np.where(value == np.round(value), 0, 0.01) if self.whole else np.asarray(self.rtol)
        tight = np.where(value == right, allowed, rtol * np.abs(value) / 4 + 1e-15)
        met = (np.abs(given - value) <= tight) | (np.isnan(given) & np.isnan(value))
        for figures in (3, 4) if value.size < 9 else ():  # as it is printed
            met |= np.abs(given - rounded(value, figures)) <= 1e-9 * np.abs(value)
        met = met.all(axis=1)
        scale = np.abs(right) + 1e-15
        to_slip = (np.nan_to_num(np.abs(given - value)) / scale).sum(axis=1)
        to_right = (np.abs(given - right) / scale).sum(axis=1)  # NaN is never near
        return bool((met & ~(to_right.min() <= to_slip)).any())


class Number(Numbers):
    """One number: `worked` gives scalars."""


@dataclass(frozen=True)
class Choice:
    """One letter; each wrong one has its sentence."""

    expected: str
    why_not: Mapping[str, str]

    def judge(self, answer) -> Verdict:
        """Return what becomes of this answer."""
        letter, letters = letters_of(answer), ", ".join(sorted([self.expected, *self.why_not]))
        if letter == self.expected:
            return Verdict("right")
        if letter in self.why_not:
            return Verdict("not yet", self.why_not[letter])
        wanted = f"One of the letters {letters} is wanted, in quotes"
        return Verdict("not yet", f"{wanted}; this is {short(answer)}.")


@dataclass(frozen=True)
class Letters:
    """Letters in one text: a set of them, or (where `ordered`) one for each of five questions.

    Nothing tells which letters are wrong or missing, or how many. Where `noted`, nothing is judged.
    """

    expected: str
    options: str
    words: str
    ordered: bool = False
    noted: bool = False

    def judge(self, answer) -> Verdict:
        """Return what becomes of this answer."""
        letters = letters_of(answer)
        fits = letters and set(letters) <= set(self.options)
        if not fits or (self.ordered and len(letters) != len(self.expected)):
            count = "Five letters" if self.ordered else "Letters"
            like = '("a", "b", "c", "a", "b")' if self.ordered else '"aeg"'
            last = f"{self.options[0]} to {self.options[-1]}"
            wanted = f"{count} ({last}) are wanted, in quotes, as {like}"
            return Verdict("not yet", f"{wanted}; this is {short(answer)}.")
        if self.noted:
            return Verdict("noted", self.words)
        same = letters == self.expected if self.ordered else set(letters) == set(self.expected)
        return Verdict("right") if same else Verdict("not yet", self.words)


@dataclass(frozen=True)
class Text:
    """Free text: noted, never marked; `words` say what a reader will look for."""

    words: str
    expected: ClassVar[None] = None

    def judge(self, answer) -> Verdict:
        """Return what becomes of this answer."""
        if isinstance(answer, str) and answer.strip():
            return Verdict("noted", self.words)
        return Verdict("not yet", f"Text between quotes is wanted; this is {short(answer)}.")


@dataclass(frozen=True)
class Behaviour:
    """Something to be tried, most often a function: `trial` returns "" or a sentence."""

    trial: Callable[[Any], str]
    wanted: str = "A function is wanted: give its name, without brackets"
    fits: Callable[[Any], bool] = callable
    expected: ClassVar[None] = None

    def judge(self, answer) -> Verdict:
        """Return what becomes of this answer."""
        if not self.fits(answer):
            return Verdict("not yet", f"{self.wanted}; this is {short(answer)}.")
        try:
            with redirect_stdout(StringIO()):
                words = self.trial(answer)
        except (Exception, SystemExit) as error:
            told = " ".join(str(error).split())[:200].rstrip(".")
            words = f"It stopped with {type(error).__name__}" + (f": {told}." if told else ".")
        return Verdict("not yet", words) if words else Verdict("right")


def as_numbers(answer) -> np.ndarray:
    """Return the answer as an array of floats; raise `Unreadable`, which names what it is."""
    if np.ma.is_masked(answer):
        raise Unreadable("an array with masked entries")
    try:  # as objects, so that True among numbers stays True
        values = np.asarray(answer, dtype=object if isinstance(answer, list | tuple) else None)
    except ValueError:
        raise Unreadable("a nested list") from None
    if values.dtype.kind in "iuf":
        return values.astype(float)
    for part in values.ravel().tolist():
        if isinstance(part, NO_NUMBER) or not hasattr(part, "__float__"):
            if callable(part) and not values.ndim:
                raise Unreadable("a function: call it")
            raise Unreadable(_kind(part) + (f" in {_kind(answer)}" if values.ndim else ""))
    try:
        return values.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("a number that is too long, or no number") from None


def rounded(values, figures: int) -> np.ndarray:
    """Return each value rounded to so many significant figures."""
    return np.reshape([float(f"{value:.{figures}g}") for value in values.ravel()], values.shape)


def letters_of(answer) -> str:
    """Return "bdf" for "B, (d), f." or ["b", "d", "f"]; "" for what holds no letters."""
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if isinstance(answer, list | tuple | Set) and all(isinstance(part, str) for part in answer):
        answer = "".join(answer)
    return re.sub(r"[\s().,;:\"'\[\]]", "", answer.lower()) if isinstance(answer, str) else ""


def short(answer) -> str:
    """Name an answer: short text as it stands, anything else by its kind."""
    return repr(answer) if isinstance(answer, str) and len(answer) < 20 else _kind(answer)


def _kind(answer) -> str:
    """Name what was given, for a learner."""
    if answer is None or isinstance(answer, bool | np.bool_):
        return str(answer)
    names = {str: "text", bytes: "text", complex: "a complex number", Mapping: "a dictionary"}
    names |= {Set: "a set", list: "a list", tuple: "a tuple", np.ndarray: "an array"}
    for kind, name in names.items():
        if isinstance(answer, kind):
            return name
    if isinstance(answer, AnyNumber):
        return "a number"
    return "a function" if callable(answer) else f"of type {type(answer).__name__}"
