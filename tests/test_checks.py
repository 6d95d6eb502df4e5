"""Exercises: what is right, which slips are named, and what any other answer gets."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import re
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sympy
from arviz_stats.base import array_stats
from scipy.special import betaln

from helpers.answers import kidney_cancer, kinds
from helpers.check import PAGES, check, exercise_of, verdict
from helpers.datasets import load_rat_tumors

ALL = {
    number: exercise
    for page in PAGES
    for number, exercise in importlib.import_module(f"helpers.answers.{page}").EXERCISES.items()
}
NUMERIC = [number for number, exercise in ALL.items() if isinstance(exercise, kinds.Numbers)]


@pytest.fixture(scope="module", params=["table at hand", "twin"])
def exercises(request, tmp_path_factory):
    """Return all declarations; those of page 01 from the table at hand, or from the twin."""
    if request.param == "table at hand":
        return ALL
    spec = importlib.util.spec_from_file_location("twin_answers", kidney_cancer.__file__)
    twin = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARTIAL_POOLING_DATA", str(tmp_path_factory.mktemp("nothing")))
        spec.loader.exec_module(twin)
    assert twin.table.attrs["source"] != "real"
    return ALL | twin.EXERCISES


def said(number, answer, capsys) -> str:
    check(number, answer)
    return capsys.readouterr().out


def rows(values, exercise) -> np.ndarray:
    """Return what is declared as rows, each an answer; of the counties' intervals, one."""
    values = np.atleast_2d(np.asarray(values, float))
    return values[99:100] if len(values) > 9 else values


def test_what_the_pages_ask_is_declared_and_no_page_looks_into_the_answers():
    pages = Path(__file__).resolve().parent.parent.glob("notebooks/**/*.md")
    text = "\n".join(page.read_text("utf-8") for page in pages)
    asked = re.findall(r'^check\("([\d.]+)"', text, flags=re.M)
    assert set(asked) == set(ALL) and len(asked) == len(ALL) > 40
    assert not re.search(r"helpers\.answers|import answers", text)


# ---------------------------------------------------------------------- right answers and slips


@pytest.mark.parametrize("number", NUMERIC)
def test_what_is_declared_is_right_in_any_dress(number, exercises):
    exercise = exercises[number]
    (right,) = rows(exercise.expected, exercise)
    if exercise.stand_in:  # the middle of what is taken
        assert verdict(exercise, right).words == exercise.stand_in
        right = right * 1.004
    listed = right.tolist()
    dresses = [right, listed, tuple(listed), pd.Series(listed), np.array([listed]), right[:, None]]
    alone = [*listed, right[0], np.float32(right[0]), sympy.Float(right[0])]
    dresses += alone if right.size == 1 else []
    if not exercise.whole:
        figures = {*range(exercise.figures, 8), max(exercise.figures, 3)}
        dresses += [[float(f"{value:.{f}g}") for value in listed] for f in figures]
    for answer in dresses:
        assert str(verdict(exercise, answer)) == "right.", answer


@pytest.mark.parametrize("number", NUMERIC)
def test_a_slip_is_named_and_what_is_near_a_slip_or_half_right_is_neither(number, exercises):
    exercise, named = exercises[number], 0
    for words, values in exercise.slips.items():
        for value in rows(values, exercise):
            state, told = verdict(exercise, value)
            if state == "right":  # two things that are one number with these data
                assert np.allclose(value, exercise.expected, rtol=1e-6)
                continue
            assert state == "not yet" and words in told
            named += 1
            if not (exercise.whole or exercise.stand_in or np.isnan(value).any()):
                beside = value * (1 + 0.6 * np.asarray(exercise.rtol))
                assert words not in verdict(exercise, beside).words
    assert named
    (right,) = rows(exercise.expected, exercise)
    if exercise.share:
        assert "in per cent" in verdict(exercise, 100 * right).words
    told = set()
    half = not exercise.whole and not exercise.stand_in  # where any interval of a county is right
    for entry, factor in itertools.product(range(min(right.size, 3) * half), (0.83, 1.23, 1.9)):
        off = right.copy()
        off[entry] = off[entry] * factor or 0.5
        if (state := verdict(exercise, off)).words not in exercise.slips:
            told.add(state)
    assert len(told) <= 1 and not any(state.state == "right" for state in told)


def test_letters_in_any_dress():
    for exercise in ALL.values():
        if isinstance(exercise, kinds.Choice):
            c = exercise.expected
            for answer in (c, f"({c})", f"{c}.", f'"{c}"', f" {c.upper()} ", [c], np.str_(c)):
                assert str(verdict(exercise, answer)) == "right."
            told = {wrong: verdict(exercise, wrong) for wrong in exercise.why_not}
            assert told == {wrong: ("not yet", words) for wrong, words in exercise.why_not.items()}
            assert "in quotes; this is 'z'." in verdict(exercise, "z").words


SETS = [letters for k in range(1, 8) for letters in itertools.combinations("abcdefg", k)]
ROWS = list(itertools.product("abc", repeat=5))


@pytest.mark.parametrize(
    ("number", "right", "tries"), [("2.5", "bdf", SETS), ("5.12", "bbbac", ROWS)]
)
def test_letters_tell_nothing_until_all_are_right(number, right, tries):
    """Every set is tried, supersets too, or every row of letters."""
    told = {letters: verdict(ALL[number], letters) for letters in tries}
    assert [letters for letters, said in told.items() if said.state == "right"] == [tuple(right)]
    assert len(set(told.values())) == 2
    dresses = [right, ", ".join(right.upper()), list(right), " ".join(f"({c})" for c in right)]
    dresses += [set("bfd"), "F, B, D"] if number == "2.5" else []
    assert all(verdict(ALL[number], dress).state == "right" for dress in dresses)
    if number == "5.12":
        assert all(f" {k}: " in told[tries[0]].words for k in (1, 2, 3, 4, 5))
        assert {verdict(ALL["0.2"], letters).state for letters in tries} == {"noted"}


# ------------------------------------------------------------------ answers of any other kind


ODD = {"None": None, "text": "one half of all the counties", "True": True, "inf": -np.inf, "i": 1j}
ODD |= {"nan": np.nan, "dict": {"a": 1}, "set": {1, 2}, "empty": (), "nested": (1, (2, 3))}
ODD |= {"table": np.zeros((2, 2)), "many": np.arange(7), "digits": np.array(["1", "2"])}
ODD |= {"text among numbers": [1, "2", 3], "True among numbers": [True, 2.0], "function": np.mean}
ODD |= {"prints": print, "ends": lambda *_: exit(), "class": int, "symbol": sympy.Symbol("x")}
ODD |= {"frame": pd.DataFrame({"a": [1, 2], "b": [3, 4]}), "missing": pd.NA, "long": 10**400}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_any_answer_gets_one_kind_sentence(odd, capsys):
    for number in ALL:
        told = said(number, odd, capsys)
        noted = number == "5.7" and isinstance(odd, str)
        assert told.startswith(f"Exercise {number}: {'noted' if noted else 'not yet'}. ")
        assert told[-2:] in (".\n", "?\n") and told.count("\n") == 1 and len(told) < 400
        assert not re.search("dtype|shape|<", told), told


def test_an_answer_may_be_missing(capsys):
    todo = "no answer yet. Replace the ... above, run that cell, then this one.\n"
    for number, answer in itertools.product(ALL, (..., (..., 1), [..., ...])):
        assert said(number, answer, capsys) == f"Exercise {number}: {todo}"
    names = {"check": check}
    exec('check("4.3")', names)
    assert "no answer yet. There is no answer_4_3." in capsys.readouterr().out
    exec('answer_4_3 = -1.5\ncheck("4.3")', names)
    assert capsys.readouterr().out == "Exercise 4.3: right.\n"


@pytest.mark.parametrize("number", ["9.1", "4.99", "", "four", None, 4.1, ["4.1"]])
def test_an_exercise_that_is_not_there_is_refused(number):
    with pytest.raises(ValueError, match=r"^number: no exercise"):
        exercise_of(number)


@pytest.mark.parametrize("number", ["4.4", "4.5", "4.6"])
def test_a_function_that_never_ends_is_stopped(number, capsys, monkeypatch):
    monkeypatch.setattr(kinds, "SECONDS", 0.1)
    before = signal.getsignal(signal.SIGALRM)

    def endless(*_):
        while True:
            with contextlib.suppress(Exception):
                time.sleep(0.01)

    start = time.monotonic()
    assert "loop that never ends?" in said(number, endless, capsys)
    assert time.monotonic() - start < 5
    check(number, lambda *_: None)  # ends by itself: no alarm is left
    assert (
        signal.getsignal(signal.SIGALRM) == before and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    )


# ------------------------------------------- answers as they were given, functions by what they do


def step(x, f, step, rng):
    proposal = x + step * rng.standard_normal(x.shape)
    return np.where(np.log(rng.random(x.shape)) < f(proposal) - f(x), proposal, x)


def sweep(log_alpha, log_beta, rng, *, swap=False, power=-2.5, stay=False):
    y, n = (load_rat_tumors()[name].to_numpy() for name in ("tumors", "rats"))
    a, b = np.exp(log_alpha)[:, None], np.exp(log_beta)[:, None]
    theta = rng.beta(a + n - y, b + y) if swap else rng.beta(a + y, b + n - y)

    def log_conditional(log_alpha, log_beta):
        a, b = np.exp(log_alpha), np.exp(log_beta)
        likelihood = a * np.log(theta).sum(axis=1) + b * np.log1p(-theta).sum(axis=1)
        return likelihood - y.size * betaln(a, b) + power * np.log(a + b) + log_alpha + log_beta

    log_alpha = step(log_alpha, lambda x: log_conditional(x, log_beta), 0.2, rng)
    new = step(log_beta, lambda x: log_conditional(log_alpha, x), 0.2, rng)
    return log_alpha, log_beta if stay else new, theta


def ess(x):
    return float(array_stats.ess(x, method="mean"))


def given(number, *answers):
    return [(number, *answer) for answer in answers]


SALAD = "binomial beta 2986 births 0.08 0.88 1979 no complete partial pooling interval limit blah "
GIVEN = [
    *given("0.1", (0.25, "weight of the population")),
    *given("1.6", ((0.5, 0.6), "Not all of this is right yet"), ((94.85, 16.08), "per cent")),
    *given("1.7", ((3.9, 7.6), "right."), ((3.9, 7.5), "bias alone"), ((15, 7.56), "its root")),
    *given("1.7", ((3.87, True), "wanted; this is True in a tuple."), (True, "this is True.")),
    *given("2.1", ("(C)", "right."), ("d", "its weight is not 0")),
    *given("2.2", ((1.83, -5.77), "right."), ((1.8349, -6.2308), "what is kept")),
    *given("2.2", ((1.8349, 5.7692), "sign"), ((20.165, 13.769), "estimates")),
    *given("2.3", (2.3, "right."), (2.327, "right."), (6.527, "noise still in it")),
    *given("2.3", (5.416, "is its square root"), (6.098, "is the noise in a mean")),
    *given("2.3", (0.429, "not standard deviations"), (10.56, "a visit within a garage")),
    *given("2.4", ("c, e", "right."), ("e", "how many garages"), ("cef", "how many garages")),
    *given("2.5", (["b", "d", "f"], "right."), ("bd", "whose spread")),
    *given("2.6", (2.86, "right."), (5.916, "prior sample size is wanted")),
    *given("3.1", (4.7, "right."), (13.4, "nothing is pooled"), (1.54, "log scale")),
    *given("3.1", (9.79, "wrong way round"), (0.231, "the weight")),
    *given("3.2", (0.61, "right."), (61, "per cent"), (1.64, "not right yet"), (0.39, "the prior")),
    *given("3.4", (40, "right."), (55, "adds sigma_y"), (27, "`soil_fit`"), (59, "one half")),
    *given("3.5", ((0.021, 0.0072), "right."), ((-0.021, 0.0072), "turned round")),
    *given("3.5", ((0.00363, 0.00274), "no pooling")),
    *given("4.1", (10.13, "no noise was taken off"), (0.00554, "tau squared")),
    *given("4.2", (10, "smallest"), (9, "with a tumour"), (24.01, "Another whole number")),
    *given("4.3", ("-1.5", "One number is wanted, as 0.4; this is text.")),
    *given("4.4", (step, "right."), (lambda *_: ..., "both gaps")),
    *given("4.4", (lambda *now: np.where(now[3].random(4000) < 0.5, step(*now), now[0]), "level")),
    *given("4.4", (lambda x, f, s, rng: step(x, f, 1.0, rng), "deviation `step`")),
    *given("4.4", (lambda x, f, s, rng: x + s * rng.standard_normal(x.shape), "every proposal")),
    *given("4.4", (lambda x, f, s, rng: step(x, lambda z: -f(z), s, rng), "right way round")),
    *given("4.4", (lambda x, f, s, rng: step(x, lambda z: 3 * f(z), s, rng), "log(uniform)")),
    *given("4.4", (lambda x, f, s, rng: step(x, f, s, np.random.default_rng()), "from rng")),
    *given("4.4", (lambda x, f, s, rng: np.where(f(x + 1) > f(x), x + 1, x), "same step")),
    *given("4.5", (sweep, "right."), (lambda *now: sweep(*now)[:2], "three things")),
    *given("4.5", (lambda *now: sweep(*now, swap=True), "Which way round")),
    *given("4.5", (lambda *now: sweep(*now, power=25), "lead away")),
    *given("4.5", (lambda *now: sweep(*now, stay=True), "log_beta never moves")),
    *given("4.5", (lambda *now: (*sweep(*now)[:2], 0), "one row a chain")),
    *given("4.6", (ess, "right."), (lambda x: x.size / ess(x), "tau itself")),
    *given("4.6", (lambda x: ess(x) if x.std() < 9 else np.inf, "far apart")),
    *given("4.6", (lambda x: None, "nothing yet"), (lambda x: 1 / 0, "Error: division by zero.")),
    *given("4.8", (18.6394701, "per cent")),
    *given("4.9", (0.257, "highest")),
    *given("5.2", ((2986, 0.08, 0.88), "Not all of this"), ((2986, 0.0767, 0.878), "right.")),
    *given("5.2", ((3000, 0.077, 0.88), "right."), ((2986, 7.668, 87.85), "in per cent")),
    *given("5.2", ((2986, 0.9233, 0.1215), "state's rate"), ((2986, 0.878, 0.0767), "swapped")),
    *given("5.3", ((1.491, 0.787, 0.795), "right."), ((1.491, 0.7849, 0.7955), "rate of 1979-84")),
    *given("5.3", ((1.491, 0.7893, 0.7955), "not the mean of the counties' rates")),
    *given("5.4", ((np.nan, -241.3), "deaths per birth already"), ((-250.3, -241.3), "right.")),
    *given("5.6", (12_000, "right."), (12_030.6, "right.")),
    *given("5.7", (SALAD * 9, "noted. The check cannot read"), ("Too short.", "noted. The check")),
]


@pytest.mark.parametrize(("number", "answer", "told"), GIVEN)
def test_answers_are_judged_truly(number, answer, told, capsys):
    out = said(number, answer, capsys)
    assert told in out and ("not yet" in out) == (told != "right." and "noted." not in told), out
    if isinstance(ALL[number], kinds.Behaviour):
        assert not re.search(r"\d\.\d", out.replace(f"Exercise {number}", "")), "no figures"
