"""The exercises of notebook 00: one to try the buttons, and five questions."""

from helpers.answers.kinds import Letters, Numbers

QUESTIONS = "bbbac"  # notebook 05 asks them again
KEEP = "Keep your letters: notebook 05 asks again."
slips = {
    "That is the weight of the population; the group has the rest.": 10 / 40,
    "Divide by the sum, 30 + 10.": 30 / 10,
    "Divide by the sum, not by 30.": 10 / 30,
}
EXERCISES = {
    "0.1": Numbers(30 / (30 + 10), slips, share=True),
    "0.2": Letters(QUESTIONS, options="abc", ordered=True, noted=KEEP),
}
