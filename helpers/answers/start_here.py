"""Checks behind the exercises of notebook 00: one to try the buttons, and five questions."""

from __future__ import annotations

from helpers.check import exercise, number

#: The five questions that notebook 05 asks again: the right letter of each.
QUESTIONS = ("b", "b", "b", "a", "c")


@exercise("0.1")
def weight_of_thirty(answer) -> str:
    """Compare with 30 / (30 + 10)."""
    return number(
        answer,
        0.75,
        slips={
            "That is the weight of the population; the group has the rest.": 0.25,
            "Divide by the sum, 30 + 10.": 3.0,
            "Divide by the sum, not by 30.": 10 / 30,
        },
    )


@exercise("0.2")
def five_questions(answer) -> str:
    """Count right letters; the reasons are left to the course."""
    letters = [str(letter).strip().lower() for letter in answer] if _is_list(answer) else []
    if len(letters) != len(QUESTIONS):
        return 'Five letters are wanted, as in ("a", "b", "c", "a", "b").'
    for place, letter in enumerate(letters, 1):
        if letter not in {"a", "b", "c"}:
            return f"Question {place} takes a, b or c; this is {answer[place - 1]!r}."
    right = sum(given == wanted for given, wanted in zip(letters, QUESTIONS, strict=True))
    if right == len(QUESTIONS):
        return ""
    return f"{right} of 5 are right. Leave it at that: the course will tell you which, and why."


def _is_list(answer) -> bool:
    return isinstance(answer, tuple | list)
