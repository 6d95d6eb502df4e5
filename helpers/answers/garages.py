"""The exercises of notebook 02."""

import numpy as np
import sympy

from helpers import simulate
from helpers.answers.kinds import Behaviour, Choice, Letters, Numbers

EXERCISES = {}

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
EXERCISES["2.1"] = Numbers(move, slips)

words = (
    "Those are not the three slips. Ask of each line: what is random in it, whose spread is it, "
    "and are the parts independent?"
)
EXERCISES["2.2"] = Letters("bdf", options="abcdefg", words=words)

# 2.3: the variance of a garage about the centre, at three places
at = {"tau": [3.0, 2, 5], "sigma": [10.0, 7, 3], "n_j": [3.0, 5, 2], "J": [10.0, 4, 30]}
at = {name: np.array(values) for name, values in at.items()}
v, J = at["tau"] ** 2, at["J"]
own = v * (1 - 1 / J) ** 2
variances = {
    "The others number J - 1, not J.": own + v / J,
    "The sum is divided by J, not by J - 1.": own + v / (J - 1),
    "That is their variance: Normal wants a standard deviation.": own + (v * (J - 1) / J**2) ** 2,
    "That is the neat form: the noise of the centre has come in too (slip 2).": v,
}


def mended_halfway(formula) -> dict[str, bool]:
    """Compare the weight with slips 1 and 3 mended and slip 2 left in."""
    symbols = list(formula.free_symbols)
    if not {symbol.name for symbol in symbols} <= set(at):
        return {"Only tau, sigma, n_j and J may be in it: what best_weight(...) returns.": True}
    given = sympy.lambdify(symbols, formula)(*(at[symbol.name] for symbol in symbols))

    def is_weight_of(variance):
        return np.allclose(given, variance / (variance + at["sigma"] ** 2 / at["n_j"]), rtol=1e-9)

    another = "That is another weight. What is the standard deviation of the others' sum over J?"
    shown = {words: is_weight_of(variance) for words, variance in variances.items()}
    return shown | {another: not is_weight_of(v * (1 - 1 / J))}


EXERCISES["2.3"] = Behaviour(
    mended_halfway,
    wanted="A formula is wanted: what best_weight(...) returns",
    fits=lambda answer: hasattr(answer, "free_symbols"),
)

why_not = {
    "a": "Look at the last column: for one garage the coverage is far below 95%.",
    "b": "Nothing is broken: the promise is kept over all garages, not for each.",
    "d": "Over garages drawn from the population the share does come out at 95%.",
}
EXERCISES["2.4"] = Choice("c", why_not)

rng = np.random.default_rng(220)
town = simulate.two_level(np.repeat(np.arange(8), 10), mean=20, between_sd=5, within_sd=10, rng=rng)
diary = town.y.reshape(8, 10)  # one row a garage, one column a visit, in minutes
of_means, noise = diary.mean(1).var(ddof=1), diary.var(1, ddof=1).mean() / 10
slips = {
    "That is the variance; the standard deviation is its square root.": of_means - noise,
    "That is the spread of the garage means with the noise still in it.": of_means**0.5,
    "NaN: the root of a negative number. A mean of 10 visits has a tenth of the noise.": np.nan,
    "Use ddof=1 in both variances.": np.sqrt(diary.mean(1).var() - diary.var(1).mean() / 10),
    "That is the standard deviation of a visit within a garage.": np.sqrt(10 * noise),
}
EXERCISES["2.5"] = Numbers(np.sqrt(of_means - noise), slips)

n0 = 520 / 182  # 18 / (1 + n0) = 5 * 40 / (40 + n0)
slips = {
    "That is the between-garage sd there; the prior sample size is wanted.": 10 / n0**0.5,
    "That compares only the weights. Multiply each by its distance from 20.": 40,
}
EXERCISES["2.6"] = Numbers(n0, slips)
