"""`check("4.2", answer)` says of an answer: right, or not yet, and which slip it shows.

`helpers.answers` holds one module a page with `EXERCISES`: number -> a declaration, one of the
records of `helpers.answers.kinds`. A site or a marker can use them too: `exercise_of`, `verdict`.
"""

from __future__ import annotations

import importlib
import sys
import warnings

import numpy as np

from helpers.answers.kinds import Verdict

#: Which module of `helpers.answers` holds the exercises of which notebook.
PAGES = {
    "0": "start_here",
    "1": "kidney_cancer",
    "2": "garages",
    "3": "radon",
    "4": "rat_tumors",
    "5": "your_turn",
}
OPEN = "Replace the ... above, run that cell, then this one."
_LOOK_IT_UP = object()


def exercise_of(number: str):
    """Return the declaration of exercise `number` (as "4.2"); ValueError if there is none."""
    page = PAGES.get(str(number).split(".")[0])
    known = importlib.import_module(f"helpers.answers.{page}").EXERCISES if page else {}
    if not isinstance(number, str) or number not in known:
        raise ValueError(f"number: no exercise {number!r}; known here: {', '.join(known) or PAGES}")
    return known[number]


def verdict(exercise, answer) -> Verdict:
    """Judge an answer by its declaration. Whatever the answer is, this does not raise."""
    parts = answer if isinstance(answer, tuple | list) else [answer]
    if any(part is ... for part in parts):
        return Verdict("no answer yet", OPEN)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        _ = exercise.expected  # outside of `try`: a fault of ours is not the learner's
        try:
            return exercise.judge(answer)
        except Exception:
            return Verdict("not yet", "This cannot be read as an answer: see what is asked for.")


def check(number: str, answer=_LOOK_IT_UP) -> None:
    """Print whether the answer to exercise `number` (as "4.2") is right, or which slip it shows.

    Without `answer` it is the caller's `answer_4_2`. An answer left as `...` counts as not given:
    the page still runs from start to end. ValueError if there is no exercise of that number.
    """
    exercise = exercise_of(number)
    if answer is _LOOK_IT_UP:
        name, names = f"answer_{number.replace('.', '_')}", sys._getframe(1).f_globals
        if name not in names:
            told = f"There is no {name}. Run the cell above, or write {name} = and your answer."
            print(f"Exercise {number}: {Verdict('no answer yet', told)}")
            return
        answer = names[name]
    print(f"Exercise {number}: {verdict(exercise, answer)}")
