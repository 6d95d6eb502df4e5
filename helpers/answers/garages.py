"""The exercises on the garages: 2.1 to 2.4 of page 02, the others of further/garages."""

import numpy as np

from helpers.answers.kinds import Choice, Letters, Numbers

EXERCISES = {}

why_not = {
    "a": "That believes one visit wholly. Which weight does one visit earn beside n0?",
    "b": "Half-way needs the weight one half. Which weight does one visit earn beside n0?",
    "d": "One visit says a little: its weight is not 0.",
}
EXERCISES["2.1"] = Choice("c", why_not)

n, raw = np.array([1, 12]), np.array([22, 8])
kept = n / (n + 10**2 / 3**2) * (raw - 20)
move, estimates = raw - 20 - kept, 20 + kept
all_kept = [kept, [move[0], kept[1]]]  # of P the move is given
all_estimates = [estimates, [move[0], estimates[1]]]
slips = {
    "That is the weight times the distance: what is kept. The move is the rest.": all_kept,
    "Those are the estimates. The move goes from the raw mean to the estimate.": all_estimates,
    "Mind the sign: Q lies below 20, so raw mean minus 20 is negative.": abs(move),
    "Mind the sign: take raw mean minus estimate.": -move,
}
EXERCISES["2.2"] = Numbers(move, slips)

rng = np.random.default_rng(216)
diary = rng.normal(rng.normal(20, 3, (10, 1)), 10, (10, 3))  # one row a garage, in minutes
of_means, of_visits = diary.mean(1).var(ddof=1), diary.var(1, ddof=1).mean()
slips = {
    "That is the variance; the standard deviation is its square root.": of_means - of_visits / 3,
    "That is the spread of the garage means with the noise still in it.": of_means**0.5,
    "NaN: the root of a negative number. A mean of 3 visits has a third of the noise.": np.nan,
    "Subtract variances, not standard deviations.": of_means**0.5 - (of_visits / 3) ** 0.5,
    "Use ddof=1 in both variances.": (diary.mean(1).var() - diary.var(1).mean() / 3) ** 0.5,
    "That is the standard deviation of a visit within a garage.": of_visits**0.5,
    "That is the noise in a mean; take its variance off that of the means.": (of_visits / 3) ** 0.5,
}
EXERCISES["2.3"] = Numbers((of_means - of_visits / 3) ** 0.5, slips)

words = (
    "Those are not the limits where it fails. Put each limit into the formula, and ask what the "
    "weight has to be there. Does the formula know how many garages there are?"
)
EXERCISES["2.4"] = Letters("ce", options="abcdef", words=words)

words = (
    "Those are not the three slips. Ask of each line: what is random in it, whose spread is it, "
    "and are the parts independent?"
)
EXERCISES["2.5"] = Letters("bdf", options="abcdefg", words=words)

n0 = 520 / 182  # 18 / (1 + n0) = 5 * 40 / (40 + n0)
slips = {
    "That is the between-garage sd there; the prior sample size is wanted.": 10 / n0**0.5,
    "That compares only the weights. Multiply each by its distance from 20.": 40,
}
EXERCISES["2.6"] = Numbers(n0, slips)

why_not = {
    "a": "For an unusual garage the share that hold, over new visits, is far below 95%.",
    "b": "Nothing is broken: the promise is kept over all garages, not for each.",
    "d": "Over garages drawn from the population the share does come out at 95%.",
}
EXERCISES["2.7"] = Choice("c", why_not)
