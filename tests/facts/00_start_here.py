"""What page 00 claims, and where each claim comes from."""

import numpy as np

from helpers import plots
from helpers.answers.start_here import QUESTIONS
from helpers.beta_binomial import BetaPopulation
from tests.pages import Panel, Series, way


def weight(n, n0):
    """Return n / (n + n0) by the Beta population with that prior sample size."""
    return BetaPopulation(n0 / 4, 3 * n0 / 4).weight(n)


def letter(question: int, words: str):
    """Return "(b) words" if b is the letter that page 07 takes for this question's answer."""
    return f"({QUESTIONS[question - 1]}) {words}"


# 20 true means of sd 3 under noise of sd 4: what shrinking by 9/25 gains, and for the furthest
_rng = np.random.default_rng(5)
_truth = _rng.normal(0, 3, (4000, 20))
_raw = _truth + _rng.normal(0, 4, _truth.shape)
_gain = ((_raw - _truth) ** 2 - (9 / 25 * _raw - _truth) ** 2).mean(axis=0)
_furthest = np.abs(_truth).argmax(axis=1)[:, None]
_worse = np.take_along_axis((9 / 25 * _raw - _truth) ** 2 - (_raw - _truth) ** 2, _furthest, 1)

FACTS = [
    ("", "observations listens mostly others", way(lambda p: weight(2, 10) - 0.5)),
    ("", "listens mostly itself", way(lambda p: weight(90, 10) - 0.5)),
    ("", "answer questions", len(QUESTIONS)),
    ("0.1", "times observations as", lambda p: 30 / 10),
    ("0.1", "quarters", [3, lambda p: p["answer_0_1"] / 3]),
    ("3", "words", 3),
    ("3", "ways", 3),
    ("5", "before you start", len(QUESTIONS)),
    ("5", "hit balls other", [4, 10, 300, 1000]),
    ("5", "rate next players hit about", [way(300 / 1000 - 4 / 10 + 0.2), 1000, 0.25]),
    (
        "5",
        "first second difference",
        ["(a) the first", letter(1, "the second"), "(c) no difference"],
    ),
    (
        "5",
        "counties death rates",
        [3000, 10, way(-1), "(a) large", letter(2, "small"), "(c) of all"],
    ),
    ("5", "estimate groups shrink", 20),
    (
        "5",
        "compared raw means worse some",
        [
            "(a) are better in every",
            letter(3, f"are {'better' if _gain.min() > 0 else 'worse'} on the whole"),
            way(-_worse.mean()),
            "(c) are better only if the groups are alike",
        ],
    ),
    ("5", "sample means groups deviation", [20, 5]),
    ("5", "true means vary", [letter(4, "by less than 5"), "(b) by 5", "(c) by more than 5"]),
    (
        "5",
        "partial pooling estimate",
        ["(a) undefined", "(b) zero", letter(5, "what the population")],
    ),
    ("figure 1", "looks poolings", 3),
    ("figure 1", "hollow orange circles", "circles dark squares blue diamonds"),
    ("4", "lead your turn", 3),
    ("0.2", "letters", lambda p: sum(map(str.__eq__, p["answer_0_2"], QUESTIONS))),
]

FORMULAS = {
    "n_j/(n_j+n_0)": lambda p: np.isclose(weight(30, 10), 30 / (30 + 10)),
    "n_j=30": lambda p: p["answer_0_1"] == weight(30, 10),
    "n_0=10": lambda p: p["answer_0_1"] == weight(30, 10),
}


def look(place, look):
    """Return what one pooling's look has to be drawn as."""
    return Series("line", ([0, 1, 2], [-place] * 3), look.color, look.points["marker"])


FIGURES = [
    [
        Panel(
            [
                look(0, plots.NO_POOLING),
                look(1, plots.COMPLETE_POOLING),
                look(2, plots.PARTIAL_POOLING),
            ]
        )
    ],
]

# what the explorable says in words, and the rows of the table of counties
PRINTED = {
    "": [3, 11, 3, 3 + 11, round(weight(3, 11) * 50 + weight(11, 3) * 30, 1), 30, 50],
    "1": [3109],
}
