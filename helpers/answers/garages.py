"""The exercises of notebook 02."""

from __future__ import annotations

import numpy as np

from helpers import simulate
from helpers.check import choice, exercise, number, numbers

PRIOR_SAMPLE_SIZE = 10**2 / 3**2  # visits: sigma = 10 and tau = 3 minutes, as on the page


def ten_visits_to_eight_garages() -> np.ndarray:
    """Return the data of exercise 2.5: one row a garage, one column a visit, in minutes."""
    garage = np.repeat(np.arange(8), 10)
    rng = np.random.default_rng(220)
    town = simulate.two_level(garage, mean=20, between_sd=5, within_sd=10, rng=rng)
    return town.y.reshape(8, 10)


@exercise("2.1")
def _moves(answer):
    """Judge how far P (1 visit, mean 22) and Q (12 visits, mean 8) move towards 20."""
    n, raw = np.array([1, 12]), np.array([22, 8])
    share = n / (n + PRIOR_SAMPLE_SIZE)
    right = (1 - share) * (raw - 20)
    slips = {
        "That is the weight times the distance: what is kept. The move is the rest of it.": share
        * (raw - 20),
        "Those are the estimates. The move is the distance from raw mean to estimate.": raw - right,
        "Mind the sign: Q lies below 20, so raw mean minus 20 is negative.": np.abs(right),
    }
    slips["Mind the sign: take raw mean minus 20, not 20 minus raw mean."] = -right
    return numbers(answer, right, slips=slips)


@exercise("2.2")
def _slips(answer):
    """Judge the letters of the lines with a modelling slip."""
    letters = {letter for letter in str(answer).lower() if letter.isalpha()}
    right = set("bdf")
    if letters == right:
        return ""
    if not letters or not letters <= set("abcdefg"):
        return 'Give the letters as text, like "ab".'
    why = {
        "a": "(a) is the model of section 1.",
        "c": "(c) is right: a mean of n_j visits has the noise of one divided by the root of n_j.",
        "e": "(e) is algebra, and it holds.",
        "g": "(g) finds the minimum of whatever stands in (f).",
    }
    wrong = [why[letter] for letter in sorted(letters - right)]
    found = len(letters & right)
    return " ".join([f"You have {found} of the 3 slips.", *wrong])


@exercise("2.3")
def _halfway(answer):
    """Judge the weight with slips 1 and 3 mended and slip 2 left in."""
    import sympy

    tau, sigma, n_j, J = sympy.symbols("tau sigma n_j J", positive=True)
    noise = sigma**2 / n_j

    def best(own, others):
        return own / (own + others)

    right = best(tau**2 * (1 - 1 / J), noise)
    try:
        answer = sympy.sympify(answer)
    except (sympy.SympifyError, TypeError):
        return "A sympy expression is wanted: what best_weight(...) returns."
    if isinstance(answer, sympy.Basic) and answer.free_symbols <= {tau, sigma, n_j, J}:
        if sympy.simplify(answer - right) == 0:
            return ""
        kept = tau**2 * (1 - 1 / J) ** 2
        slips = {
            "The others number J - 1, not J.": best(kept + tau**2 / J, noise),
            "The sum is divided by J, not by J - 1.": best(kept + tau**2 / (J - 1), noise),
            "That is their variance: Normal wants a standard deviation.": best(
                kept + (tau**2 * (J - 1) / J**2) ** 2, noise
            ),
            "That is the neat form: the noise of the centre has come in too (slip 2).": best(
                tau**2, noise
            ),
        }
        for sentence, value in slips.items():
            if sympy.simplify(answer - value) == 0:
                return sentence
        here = {tau: 3, sigma: 10, n_j: 3, J: 10}
        return (
            f"At tau = 3, sigma = 10, n_j = 3, J = 10 yours is {float(answer.subs(here)):.4f}, "
            f"wanted {float(right.subs(here)):.4f}."
        )
    return "Only tau, sigma, n_j and J may be left in it: what best_weight(...) returns."


@exercise("2.5")
def _between_sd(answer):
    """Judge the corrected standard deviation between the eight garages."""
    visits = ten_visits_to_eight_garages()
    of_means = visits.mean(1).var(ddof=1)
    noise = visits.var(1, ddof=1).mean() / 10
    right = float(np.sqrt(of_means - noise))
    slips = {
        "That is the variance; the standard deviation is its square root.": of_means - noise,
        "That is the spread of the garage means with the noise still in it.": np.sqrt(of_means),
        "That takes off the noise of one visit. A mean of 10 visits has a tenth of it.": np.sqrt(
            max(of_means - 10 * noise, 0)
        ),
        "Use ddof=1 in both variances.": np.sqrt(
            max(visits.mean(1).var() - visits.var(1).mean() / 10, 0)
        ),
        "That is the standard deviation of a visit within a garage.": np.sqrt(10 * noise),
    }
    return number(answer, right, slips=slips)


@exercise("2.4")
def _coverage(answer):
    """Judge the reading of a 95% interval."""
    return choice(
        answer,
        "c",
        {
            "a": "Look at the last column: for one garage the coverage is far below 95%.",
            "b": "Nothing is broken: the promise is kept over all garages, not for each.",
            "d": "Over garages drawn from the population the share does come out at 95%.",
        },
    )


@exercise("2.6")
def _turning_point(answer):
    """Judge the n0 below which one visit of 2 minutes beats forty of 15 on average."""
    right = 520 / 182
    slips = {
        "That is the between-garage spread in minutes there; the prior sample size is wanted.": (
            10 / np.sqrt(right)
        ),
        "That compares only the weights. Multiply each by its distance from 20.": 40.0,
    }
    return number(answer, right, rtol=5e-3, slips=slips)
