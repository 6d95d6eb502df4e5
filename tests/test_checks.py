"""Exercises: what is right, which slips are named, and what any other answer gets."""

from __future__ import annotations

import importlib.util
import itertools
import re
import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sympy

from helpers.answers import kidney_cancer, your_turn
from helpers.answers.kinds import Choice, Numbers, Text
from helpers.check import PAGES, check, exercise_of, verdict
from helpers.pages import texts

ALL = {
    number: exercise
    for page in PAGES.values()
    for number, exercise in importlib.import_module(f"helpers.answers.{page}").EXERCISES.items()
}
NUMERIC = [number for number, exercise in ALL.items() if isinstance(exercise, Numbers)]


@pytest.fixture(scope="module", params=["table at hand", "twin"])
def exercises(request, tmp_path_factory):
    """Return all declarations; those of page 01 from the table at hand, or from the twin."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the table at hand may be the twin too
        if request.param == "table at hand":
            kidney_cancer._counties()
            return ALL
        spec = importlib.util.spec_from_file_location("twin_answers", kidney_cancer.__file__)
        twin = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(twin)
        patch.setenv("PARTIAL_POOLING_DATA", str(tmp_path_factory.mktemp("nothing")))
        twin._counties()
    return ALL | twin.EXERCISES


def test_what_the_pages_ask_is_declared():
    pages = texts(Path(__file__).resolve().parent.parent)
    asked = re.findall(r'^check\("([\d.]+)"', "\n".join(p.read_text("utf-8") for p in pages), re.M)
    assert len(asked) > 40 and set(asked) <= set(ALL)


def said(number, answer, capsys) -> str:
    check(number, answer)
    return capsys.readouterr().out


def a_row(values):
    """Return one answer of a declared value: of rows, the hundredth."""
    return values if values.ndim < 2 else values[99]


def shown(values, figures):
    rounded = [float(f"{value:.{figures}g}") for value in np.atleast_1d(values)]
    return rounded[0] if values.ndim == 0 else rounded


# ---------------------------------------------------------------------- right answers and slips


@pytest.mark.parametrize("number", NUMERIC)
def test_what_is_declared_is_right_in_any_dress(number, exercises):
    exercise = exercises[number]
    right = a_row(exercise.expected)
    as_list = np.atleast_1d(right).tolist()
    dresses = [right, as_list, tuple(as_list), np.atleast_1d(right), pd.Series(as_list)]
    dresses += [np.array(as_list, dtype=object), np.array([as_list]), np.array(as_list)[:, None]]
    if right.ndim == 0:
        dresses += [right.item(), Decimal(right.item()), np.float32(right), sympy.Float(right)]
    if not exercise.whole:
        dresses += [shown(right, figures) for figures in range(exercise.figures, 8)]
        dresses.append(shown(right, max(exercise.figures, 3)))
    for answer in dresses:
        assert str(verdict(exercise, answer)) == "right.", answer


@pytest.mark.parametrize("number", NUMERIC)
def test_a_slip_is_named_and_is_not_right(number, exercises):
    exercise, named = exercises[number], 0
    for words, value in exercise.slips.items():
        state, told = verdict(exercise, a_row(value))
        if state == "right":  # two things that are one number with these data
            assert np.allclose(value, exercise.expected, rtol=1e-6)
            continue
        assert state == "not yet" and words.strip() in told
        named += 1
    assert named >= min(len(exercise.slips), 1)


@pytest.mark.parametrize("number", NUMERIC)
def test_near_a_slip_is_no_slip_and_half_right_is_not_right(number, exercises):
    exercise = exercises[number]
    if exercise.expected.ndim == 2:
        return  # any county's interval is right
    right = exercise.expected
    off = np.atleast_1d(right).astype(float)
    told = set()
    for entry in range(min(off.size, 3)) if not exercise.whole else ():
        for factor in (0.83, 1.23, 1.9):
            answer = off.copy()
            answer[entry] = answer[entry] * factor or 0.5
            if (state := verdict(exercise, answer)).words not in exercise.slips:
                told.add(state)
    assert len(told) <= 1 and not any(state.state == "right" for state in told)
    for words, value in exercise.slips.items():
        if exercise.whole or np.isnan(value).any():
            continue
        beside = a_row(value) * (1 + 0.6 * np.asarray(exercise.rtol))
        assert words not in verdict(exercise, beside).words


def test_letters_in_any_dress(capsys):
    for number, exercise in ALL.items():
        if isinstance(exercise, Choice):
            c = exercise.expected
            for answer in (c, f"({c})", f"{c}.", f'"{c}"', f" {c.upper()} ", [c], np.str_(c)):
                assert said(number, answer, capsys) == f"Exercise {number}: right.\n"
            for wrong, words in exercise.why_not.items():
                assert said(number, wrong, capsys) == f"Exercise {number}: not yet. {words}\n"
            assert "in quotes; this is 'z'." in said(number, "z", capsys)


def test_sets_and_rows_of_letters_tell_nothing_until_all_is_right():
    """Of 2.2 every set is tried, supersets too; of the five questions every row of letters."""
    subsets = ["".join(s) for k in range(1, 8) for s in itertools.combinations("abcdefg", k)]
    told = {s: verdict(ALL["2.2"], s) for s in subsets}
    assert [s for s, v in told.items() if v.state == "right"] == ["bdf"]
    assert len({v for s, v in told.items() if s != "bdf"}) == 1
    for answer in ("F, B, D", ["b", "d", "f"], {"b", "d", "f"}, "(b) (d) (f)"):
        assert verdict(ALL["2.2"], answer).state == "right"
    rows = list(itertools.product("abc", repeat=5))
    assert {verdict(ALL["0.2"], row).state for row in rows} == {"noted"}
    told = {row: verdict(ALL["5.12"], row) for row in rows}
    assert [row for row, v in told.items() if v.state == "right"] == [tuple("bbbac")]
    assert len(set(told.values())) == 2
    assert verdict(ALL["5.12"], "B B B A C").state == "right"
    assert all(f" {k}: " in told[rows[0]].words for k in (1, 2, 3, 4, 5))


# ------------------------------------------------------------------ answers of any other kind


class Stubborn:
    """Nothing can be done with it."""

    __hash__ = None

    def refuse(self, *_, **__):
        raise RuntimeError("no")

    __float__ = __array__ = __iter__ = __len__ = __eq__ = __repr__ = refuse


def ends_the_program(*_):
    raise SystemExit("bye")


ODD = {
    "None": None,
    "text": "one half of all the counties",
    "True": True,
    "nan": np.nan,
    "inf": -np.inf,
    "complex": 1j,
    "dict": {"a": 1},
    "set": {1, 2},
    "empty": (),
    "a list of lists": [[1], [2, 3]],
    "nested tuple": (1, (2, 3)),
    "table": np.zeros((2, 2)),
    "many": np.arange(7),
    "digits as text": np.array(["1", "2"]),
    "text among numbers": [1, "2", 3],
    "True among numbers": [True, 2.0],
    "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
    "function": np.mean,
    "prints": print,
    "ends": ends_the_program,
    "class": int,
    "generator": (k for k in range(3)),
    "symbol": sympy.Symbol("x"),
    "frame": pd.DataFrame({"a": [1, 2], "b": [3, 4]}),
    "missing": pd.NA,
    "dates": np.array(["2020-01-01"] * 2, dtype="datetime64[D]"),
    "long": 10**400,
    "huge": 1e308,
    "stubborn": Stubborn(),
    "a list of stubborn": [Stubborn()],
    "bytes": b"c",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_any_answer_gets_one_kind_sentence(odd, capsys):
    for number, exercise in ALL.items():
        told = said(number, odd, capsys)
        noted = isinstance(exercise, Text) and isinstance(odd, str) and odd
        assert told.startswith(f"Exercise {number}: {'noted' if noted else 'not yet'}. ")
        assert told[-2:] in (".\n", "?\n") and told.count("\n") == 1 and len(told) < 400
        assert not re.search("dtype|shape|<", told), told


def test_an_answer_may_be_missing(capsys):
    todo = "no answer yet. Replace the ... above, run that cell, then this one.\n"
    for number, exercise in ALL.items():
        for answer in (..., (..., 1), [..., ...]):
            assert said(number, answer, capsys) == f"Exercise {number}: {todo}", exercise
    names = {"check": check}
    exec('check("4.3")', names)
    assert "no answer yet. There is no answer_4_3." in capsys.readouterr().out
    exec('answer_4_3 = -1.5\ncheck("4.3")', names)
    assert capsys.readouterr().out == "Exercise 4.3: right.\n"


@pytest.mark.parametrize("number", ["9.1", "4.99", "", "four", None, 4.1, ["4.1"]])
def test_an_exercise_that_is_not_there_is_refused(number):
    with pytest.raises(ValueError, match=r"^number: no exercise"):
        exercise_of(number)


def test_free_text_is_noted_and_never_right(capsys):
    salad = "binomial beta 2986 births 0.08 0.88 1979 no complete partial pooling interval limit"
    honest = "We gave every county one rate for the whole state, and it did nearly as well."
    for text in (salad + " blah" * 60, honest, "Too short."):
        assert said("5.7", text, capsys).startswith("Exercise 5.7: noted. The check cannot read")


# ------------------------------------------------------------------ wrong answers, as reported


def later_rate(kind):
    y, n, later_y, later_n, population = your_turn.sids()
    rates, later = your_turn.poolings(y, n, population), later_y / later_n
    rates[1] = {"later": later_y.sum() / later_n.sum(), "unweighted": np.mean(y / n)}[kind]
    return your_turn.weighted_error(rates, later, later_n)


_PARTIAL_SCORE = ALL["5.4"].expected[1]
_N0, _SMALL, _LARGE = ALL["5.2"].expected
REPORTED = [
    ("5.2", (2986, 0.08, 0.88), "Not all of this is right yet."),
    ("5.2", (2986, 0.0767, 0.878), "right."),
    ("5.2", (3000, 0.077, 0.88), "right."),
    ("5.2", (_N0, 100 * _SMALL, 100 * _LARGE), "in per cent"),
    ("5.2", (_N0, 1 - _SMALL, 1 - _LARGE), "weights of the state's rate"),
    ("5.2", (_N0, _LARGE, _SMALL), "swapped"),
    ("5.3", later_rate("later"), "state's rate of 1979-84"),
    ("5.3", later_rate("unweighted"), "not the mean of the counties' rates"),
    ("5.3", (1.491, 0.787, 0.795), "right."),
    ("5.4", (np.nan, _PARTIAL_SCORE), "deaths per birth already"),
    ("5.4", (-250.3, -241.3), "right."),
    ("5.6", 12_000, "right."),
    ("5.6", 12_030.6, "right."),
    ("2.3", (1, 2), "A formula is wanted: what best_weight(...) returns; this is a tuple."),
    ("2.3", "tau**2", "this is 'tau**2'."),
    ("4.8", 18.6394701, "per cent"),
    ("3.8", 77.2935145, "per cent"),
    ("4.3", "-1.5", "One number is wanted, as 0.4; this is text."),
    ("1.10", (3.9, 7.6), "right."),
    ("1.10", (3.9, 7.5), "bias alone"),
    ("3.6", 48, "how many counties"),
    ("3.6", 3, "Use the fit with floor, `fit`, not `means_fit`. Or: 0.9 = n"),
    ("0.1", 0.25, "weight of the population"),
    ("1.2", (2e5, 20, 10), "Five years count"),
    ("1.3", (0.5477, 1), "right."),
    ("1.3", (0.5477, -1), "no sign"),
    ("1.3", (0.3, 1.0), "square root"),
    ("1.5", (7, 8), "Not all of this is right yet"),
    ("2.1", (1.83, -5.77), "right."),
    ("2.1", (1.8349, -6.2308), "what is kept"),
    ("2.1", (1.8349, 5.7692), "sign"),
    ("2.1", (20.165, 13.769), "estimates"),
    ("2.5", 3.45, "right."),
    ("2.5", 4.978, "noise still in it"),
    ("2.6", 2.86, "right."),
    ("2.6", 5.916, "prior sample size is wanted"),
    ("3.2", 1.287, "right."),
    ("3.2", 1.2851, "raw mean"),
    ("3.7", 0.536, "basement"),
    ("4.1", 10.13, "no noise was taken off"),
    ("4.1", 0.00554, "tau squared"),
    ("4.2", 10, "smallest experiment"),
    ("4.2", 9, "with a tumour"),
    ("4.9", 0.257, "highest"),
]


@pytest.mark.parametrize(("number", "answer", "told"), REPORTED)
def test_reported_answers_are_judged_truly(number, answer, told, capsys):
    out = said(number, answer, capsys)
    assert told in out and ("not yet" in out) == (told != "right."), out
