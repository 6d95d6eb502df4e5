"""`check("4.2", answer)` says of an answer: right, or not yet, and which slip it shows.

`helpers.answers` holds one module a page with `EXERCISES`: number -> a record of one of the kinds
in `helpers.answers.kinds`. A site or a marker can use them too: `exercise_of`, `verdict`.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import NamedTuple

import numpy as np

#: The modules of `helpers.answers`, in the order of the notebooks.
PAGES = ("start_here", "kidney_cancer", "garages", "radon", "rat_tumors", "your_turn")
NOT_GIVEN = object()


class Verdict(NamedTuple):
    """What became of an answer: "right", "not yet", "noted" or "no answer yet"; and a sentence."""

    state: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.state}. {self.words}".strip()


def exercise_of(number: str):
    """Return the declaration of exercise `number` (as "4.2"); ValueError if there is none."""
    page = dict(zip("012345", PAGES, strict=True)).get(str(number).split(".")[0])
    known = importlib.import_module(f"helpers.answers.{page}").EXERCISES if page else {}
    if not isinstance(number, str) or number not in known:
        raise ValueError(f"number: no exercise {number!r}; known here: {', '.join(known or PAGES)}")
    return known[number]


def verdict(exercise, answer) -> Verdict:
    """Judge an answer by its declaration. Whatever the answer is, this does not raise."""
    if any(part is ... for part in (answer if isinstance(answer, tuple | list) else [answer])):
        return Verdict("no answer yet", "Replace the ... above, run that cell, then this one.")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            fault = exercise.fault(answer)
        except Exception:
            fault = "This cannot be read as an answer: see what is asked for."
    noted = getattr(exercise, "noted", "")
    return Verdict("not yet", fault) if fault else Verdict("noted" if noted else "right", noted)


def check(number: str, answer=NOT_GIVEN) -> None:
    """Print whether the answer to exercise `number` (as "4.2") is right, or which slip it shows.

    Without `answer` it is the caller's `answer_4_2`. An answer left as `...` counts as not given:
    the page still runs from start to end. ValueError if there is no exercise of that number.
    """
    exercise, name = exercise_of(number), f"answer_{number.replace('.', '_')}"
    if answer is NOT_GIVEN:
        answer = sys._getframe(1).f_globals.get(name, NOT_GIVEN)
    missing = f"There is no {name}. Run the cell above, or write {name} = and your answer."
    given = answer is not NOT_GIVEN
    told = verdict(exercise, answer) if given else Verdict("no answer yet", missing)
    print(f"Exercise {number}: {told}")
