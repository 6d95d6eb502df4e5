"""The exercises of notebook 02."""

from __future__ import annotations

import numpy as np

from helpers import simulate
from helpers.answers.kinds import Behaviour, Choice, Letters, Number, Numbers

PRIOR_SAMPLE_SIZE = 10**2 / 3**2  # visits: sigma = 10 and tau = 3 minutes, as on the page


def ten_visits_to_eight_garages() -> np.ndarray:
    """Return the data of exercise 2.5: one row a garage, one column a visit, in minutes."""
    garage = np.repeat(np.arange(8), 10)
    rng = np.random.default_rng(220)
    town = simulate.two_level(garage, mean=20, between_sd=5, within_sd=10, rng=rng)
    return town.y.reshape(8, 10)


def _moves():
    """Return how far P (1 visit, mean 22) and Q (12 visits, mean 8) move towards 20."""
    n, raw = np.array([1, 12]), np.array([22, 8])
    weight = n / (n + PRIOR_SAMPLE_SIZE)
    move = (1 - weight) * (raw - 20)
    kept = "That is the weight times the distance: what is kept. The move is the rest of it."
    estimates = "Those are the estimates. The move is the distance from raw mean to estimate."
    sign = "Mind the sign: Q lies below 20, so raw mean minus 20 is negative."
    slips = {
        kept: [move[0], weight[1] * (8 - 20)],  # P is done on the page
        f"{kept} ": weight * (raw - 20),
        estimates: raw - move,
        f"{estimates} ": [move[0], 8 - move[1]],
        sign: abs(move),
        "Mind the sign: take raw mean minus estimate.": -move,
    }
    return move, slips


def _mended_halfway(formula) -> str:
    """Compare the weight with slips 1 and 3 mended and slip 2 left in, at a few places."""
    places = [
        {"tau": tau, "sigma": sigma, "n_j": n, "J": J}
        for tau, sigma, n, J in ((3, 10, 3, 10), (2, 7, 5, 4), (5, 3, 2, 30))
    ]
    if not {symbol.name for symbol in formula.free_symbols} <= set(places[0]):
        return "Only tau, sigma, n_j and J may be left in it: what best_weight(...) returns."
    given = [
        float(formula.subs({symbol: at[symbol.name] for symbol in formula.free_symbols}))
        for at in places
    ]

    def is_weight_of(own):
        own = np.array([own(at["tau"] ** 2, at["J"]) for at in places])
        noise = np.array([at["sigma"] ** 2 / at["n_j"] for at in places])
        return np.allclose(given, own / (own + noise), rtol=1e-9)

    if is_weight_of(lambda v, J: v * (1 - 1 / J)):
        return ""
    slips = {
        "The others number J - 1, not J.": lambda v, J: v * (1 - 1 / J) ** 2 + v / J,
        "The sum is divided by J, not by J - 1.": lambda v, J: v * (1 - 1 / J) ** 2 + v / (J - 1),
        "That is their variance: Normal wants a standard deviation.": lambda v, J: (
            v * (1 - 1 / J) ** 2 + (v * (J - 1) / J**2) ** 2
        ),
        "That is the neat form: the noise of the centre has come in too (slip 2).": lambda v, J: v,
    }
    for words, own in slips.items():
        if is_weight_of(own):
            return words
    return "That is another weight. What is the standard deviation of the others' sum over J?"


def _between_sd():
    """Return the corrected standard deviation between the eight garages."""
    visits = ten_visits_to_eight_garages()
    of_means, noise = visits.mean(1).var(ddof=1), visits.var(1, ddof=1).mean() / 10
    slips = {
        "That is the variance; the standard deviation is its square root.": of_means - noise,
        "That is the spread of the garage means with the noise still in it.": of_means**0.5,
        "NaN: the root of a negative number. A mean of 10 visits has a tenth of the noise.": np.nan,
        "Use ddof=1 in both variances.": np.sqrt(visits.mean(1).var() - visits.var(1).mean() / 10),
        "That is the standard deviation of a visit within a garage.": np.sqrt(10 * noise),
    }
    return np.sqrt(of_means - noise), slips


def _turning_point():
    """Return the n0 at which one visit of 2 minutes and forty of 15 give the same estimate."""
    n0 = 520 / 182
    slips = {
        "That is the between-garage sd there; the prior sample size is wanted.": 10 / n0**0.5,
        "That compares only the weights. Multiply each by its distance from 20.": 40.0,
    }
    return n0, slips


EXERCISES = {
    "2.1": Numbers(_moves),
    "2.2": Letters(
        "bdf",
        options="abcdefg",
        words="Those are not the three slips. Ask of each line: what is random in it, whose spread "
        "is it, and are the parts independent?",
    ),
    "2.3": Behaviour(
        _mended_halfway,
        wanted="A formula is wanted: what best_weight(...) returns",
        fits=lambda answer: hasattr(answer, "free_symbols"),
    ),
    "2.4": Choice(
        "c",
        {
            "a": "Look at the last column: for one garage the coverage is far below 95%.",
            "b": "Nothing is broken: the promise is kept over all garages, not for each.",
            "d": "Over garages drawn from the population the share does come out at 95%.",
        },
    ),
    "2.5": Number(_between_sd),
    "2.6": Number(_turning_point),
}
