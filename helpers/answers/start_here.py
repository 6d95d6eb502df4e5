"""The exercises of notebook 00: one to try the buttons, and five questions."""

from __future__ import annotations

from helpers.answers.kinds import Letters, Number

#: The right letters of the five questions that notebook 05 asks again.
QUESTIONS = "bbbac"


def _weight_of_thirty():
    slips = {
        "That is the weight of the population; the group has the rest.": 0.25,
        "Divide by the sum, 30 + 10.": 3.0,
        "Divide by the sum, not by 30.": 10 / 30,
    }
    return 30 / (30 + 10), slips


EXERCISES = {
    "0.1": Number(_weight_of_thirty, share=True),
    "0.2": Letters(
        QUESTIONS,
        options="abc",
        words="Keep your letters: notebook 05 asks again.",
        ordered=True,
        noted=True,
    ),
}
