"""The exercises of notebook 01, worked out from the table at hand, real or simulated."""

import warnings

import numpy as np
from scipy import stats
from scipy.special import betaincinv

from helpers import gamma_poisson, simulate
from helpers.answers.kinds import Choice, Numbers
from helpers.beta_binomial import fit_marginal_likelihood
from helpers.datasets import load_kidney_cancer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the page has said already that the table is simulated
    table = load_kidney_cancer()
y, n = table["deaths_1980_84"].to_numpy(), table["person_years_1980_84"].to_numpy()
y2, n2 = table["deaths_1985_89"].to_numpy(), table["person_years_1985_89"].to_numpy()
raw, national = y / n, y.sum() / n.sum()
fit = fit_marginal_likelihood(y, n)
partial = fit.posterior(y, n).mean()
PER_100_000 = "That is per 100,000; give deaths per person-year."
EXERCISES = {}


def lowest(score, rows=310):
    """Return the places of so many counties, by default of a tenth, with the lowest score."""
    return np.argsort(score, kind="stable")[:rows]


def later_rate(score):
    """Return the later rate in the hundred counties with the lowest score, taken together."""
    return y2[lowest(score, 100)].sum() / n2[lowest(score, 100)].sum()


no_death, early = (y + y2) == 0, y[lowest(raw)] == 0
of_lowest = no_death[lowest((y + y2) / (n + n2))]
slips = {
    "That is the share of all counties; only the lowest tenth is asked for.": no_death.mean(),
    "That is the lowest tenth of 1980-84; take both periods together.": early.mean(),
    "That is a number of counties; give their share.": of_lowest.sum(),
}
EXERCISES["1.1"] = Numbers(of_lowest.mean(), slips, share=True)

slips = {
    "Five years count: 200,000 people give 200,000 person-years in each of them.": [2e5, 20, 10],
    "Deaths are counted over five years too.": [1e6, 20, 10],
}
EXERCISES["1.2"] = Numbers([1e6, 100, 50], slips)

chance = 1e5 * np.sqrt(6e-5 / 2e6)
slips = {
    "The first is in deaths per person-year; give it per 100,000.": [chance / 1e5, 1],
    "Take the square root: an error, not its square.": [chance**2, 1],
    "A typical error has no sign: leave out the minus of the bias.": [chance, -1],
    "That is the other way round: no pooling first.": [1, chance],
}
EXERCISES["1.3"] = Numbers([chance, 1], slips)

why_not = {
    "a": "For that, the population would have to change. It is fixed at 20 and 430,000.",
    "b": "The model does not know of states; and its population is fixed.",
    "d": "Los Angeles' own deaths stand in its own estimate: (20 + y) / (430,020 + n).",
}
EXERCISES["1.4"] = Choice("c", why_not)

# 1.5: any county may have been ringed. All digits of a plugged-in interval give it away: the one
# asked for lies within 1% of it.
ends = betaincinv((fit.alpha + y)[:, None], (fit.beta + n - y)[:, None], [0.025, 0.975])
slips = {PER_100_000: 1e5 * ends, "The lower end comes first.": ends[:, ::-1]}
plugged_in = "That is the plugged-in interval: draw a rate from each pair of alpha and beta."
EXERCISES["1.5"] = Numbers(ends, slips, rtol=0.03, stand_in=plugged_in)

w = fit.weight(n)
swapped = w * fit.mean + (1 - w) * raw
slips = {
    "The weights are swapped: the county's own rate gets n / (n + n0).": swapped,
    "These are the weights; now average the rates with them.": w,
    "These are the raw rates.": raw,
    "The centre is fit.mean, not the national rate.": w * raw + (1 - w) * national,
    PER_100_000: 1e5 * partial,
}
EXERCISES["1.6"] = Numbers(partial, slips, rtol=1e-3, figures=4)

move = np.abs(partial - raw)
slips = {
    "That is the smallest county. Others move farther.": n.argmin(),
    "That is how far it moves; which row is it?": move.max(),
    "Those are its person-years; which row is it?": n[move.argmax()],
}
EXERCISES["1.7"] = Numbers(move.argmax(), slips, whole=True)

chosen = lowest(-partial, 100)
mean_of_rates = np.mean(y2[chosen] / n2[chosen])
slips = {
    PER_100_000: 1e5 * later_rate(-partial),
    "That is the mean of a hundred rates; add deaths and person-years first.": mean_of_rates,
    "That is the list by raw rate.": later_rate(-raw),
    "That is the list with the lowest rates.": later_rate(partial),
    "That is the list by number of deaths.": later_rate(-y),
}
EXERCISES["1.8"] = Numbers(later_rate(-partial), slips, rtol=3e-3)

rng = np.random.default_rng(108)
truth = rng.gamma(20, 1 / 430_000, len(n))
fake = simulate.beta_binomial(n, truth=truth, rng=rng, replications=40).y[0]
extreme, held = truth > np.quantile(truth, 0.99), {}
for name, (_, lower, upper) in gamma_poisson.three_poolings(fake, n).items():
    holds = (lower <= truth) & (truth <= upper)
    held[name] = np.array([holds.mean(), holds[extreme].mean()])
slips = {
    "These are the shares that are missed.": 1 - held["partial pooling"],
    "Those are the intervals of no pooling.": held["no pooling"],
    "Those are the intervals of complete pooling.": held["complete pooling"],
}
EXERCISES["1.9"] = Numbers(held["partial pooling"], slips, share=True)

noise, far, weight = 1e5 * np.sqrt(15e-5 / 1e5), 10, 1 / 4  # the first two per 100,000
bias = (1 - weight) * far
error, swapped = np.hypot(bias, weight * noise), np.hypot(weight * far, weight * noise)
slips = {
    "The bias is (1 - weight) times the distance: the mean gets the rest.": [noise, swapped],
    "That is the bias alone; add the variance, then take the root.": [noise, bias],
    "The noise is weighted too: weight times the raw sd.": [noise, np.hypot(bias, noise)],
    "The first is in deaths per person-year; give it per 100,000.": [noise / 1e5, error],
}
EXERCISES["1.10"] = Numbers([noise, error], slips, rtol=7.5e-3)

limit, population = 1.5 * national, stats.beta(fit.alpha, fit.beta)
above = np.array([np.mean(raw > limit), np.mean(partial > limit), population.sf(limit)])
slips = {
    "The third is the chance to be below; take sf, not cdf.": abs([0, 0, 1] - above),
    "Those are numbers of counties; give shares.": above * [len(y), len(y), 1],
}
EXERCISES["1.11"] = Numbers(above, slips, share=True)

big = n > 100_000
seen, of_chance = raw[big].var(), np.mean(national / n[big])
true_sd = np.sqrt(seen - of_chance)
slips = {
    "That is the spread of the raw rates: the noise is still in it.": np.sqrt(seen),
    "Subtract variances, not standard deviations.": np.sqrt(seen) - np.sqrt(of_chance),
    "That is a variance; take its square root.": seen - of_chance,
    "That is the noise; it has to be taken away from the raw spread.": np.sqrt(of_chance),
    PER_100_000: 1e5 * true_sd,
}
EXERCISES["1.12"] = Numbers(true_sd, slips)

why_not = {
    "a": "No death in a small county says next to nothing. Look at the later rates.",
    "c": "The big counties kept their low rates. Look at the later rates.",
}
EXERCISES["1.13"] = Choice("b", why_not)
