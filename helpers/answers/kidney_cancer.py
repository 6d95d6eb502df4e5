"""The exercises on the counties, worked out from the table at hand, real or simulated.

1.1 to 1.4 are those of page 01, the others those of further/kidney_cancer. Rates are per 100,000
a year, exposures in 100,000 person-years.
"""

import warnings

import numpy as np
from scipy import stats

from helpers import gamma_poisson
from helpers.answers.kinds import Choice, Numbers
from helpers.datasets import load_kidney_cancer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the page has said already that the table is simulated
    table = load_kidney_cancer()
y, n = table["deaths_1980_84"].to_numpy(), table["person_years_1980_84"].to_numpy() / 1e5
y2, n2 = table["deaths_1985_89"].to_numpy(), table["person_years_1985_89"].to_numpy() / 1e5
raw, national = y / n, y.sum() / n.sum()
population = gamma_poisson.fit_marginal_likelihood(y, n)
partial, w = population.estimate(y, n), population.weight(n)
PER_PERSON = "That is per person-year; give it per 100,000."
EXERCISES = {}

swapped = w * population.mean + (1 - w) * raw
slips = {
    "The weights are swapped: the county's own rate gets n / (n + n0).": swapped,
    "These are the weights; now average the rates with them.": w,
    "These are the raw rates.": raw,
    "The centre is population.mean, not the national rate.": w * raw + (1 - w) * national,
    PER_PERSON: partial / 1e5,
}
EXERCISES["1.1"] = Numbers(partial, slips, rtol=1e-3, figures=4)

big = n > 1
seen, of_chance = raw[big].var(), np.mean(national / n[big])
true_sd = np.sqrt(seen - of_chance)
slips = {
    "That is the spread of the raw rates: the noise is still in it.": np.sqrt(seen),
    "Subtract variances, not standard deviations.": np.sqrt(seen) - np.sqrt(of_chance),
    "That is a variance; take its square root.": seen - of_chance,
    "That is the noise; it has to be taken away from the raw spread.": np.sqrt(of_chance),
    PER_PERSON: true_sd / 1e5,
}
EXERCISES["1.2"] = Numbers(true_sd, slips, rtol=0.03)  # raw / n for the noise is fair

why_not = {
    "a": "No death in a small county says next to nothing. Look at the later rates.",
    "c": "The big counties kept their low rates. Look at the later rates.",
}
EXERCISES["1.3"] = Choice("b", why_not)


def later_rate(score):
    """Return the later rate in the hundred counties with the lowest score, taken together."""
    lowest = np.argsort(score, kind="stable")[:100]
    return y2[lowest].sum() / n2[lowest].sum()


chosen = np.argsort(-partial, kind="stable")[:100]
mean_of_rates = np.mean(y2[chosen] / n2[chosen])
slips = {
    PER_PERSON: later_rate(-partial) / 1e5,
    "That is the mean of a hundred rates; add deaths and person-years first.": mean_of_rates,
    "That is the list by raw rate.": later_rate(-raw),
    "That is the list with the lowest rates.": later_rate(partial),
    "That is the list by number of deaths.": later_rate(-y),
    "That is the rate of 1980-84; the later one is asked for.": y[chosen].sum() / n[chosen].sum(),
}
EXERCISES["1.4"] = Numbers(later_rate(-partial), slips, rtol=3e-3)

limit, n0 = 1.5 * national, population.prior_sample_size
fitted = stats.gamma(population.mean * n0, scale=1 / n0)
above = np.array([np.mean(raw > limit), np.mean(partial > limit), fitted.sf(limit)])
slips = {
    "The third is the chance to be below; take sf, not cdf.": abs([0, 0, 1] - above),
    "Those are numbers of counties; give shares.": above * [len(y), len(y), 1],
}
EXERCISES["1.5"] = Numbers(above, slips, share=True)

rng = np.random.default_rng(114)
truth = rng.gamma(20, 1 / 4.3, (10, len(n)))
fake = rng.poisson(n * truth)
fits = [gamma_poisson.fit_marginal_likelihood(deaths, n) for deaths in fake]
ends = [fit.interval(deaths, n) for fit, deaths in zip(fits, fake, strict=True)]
lower, upper = np.swapaxes(ends, 0, 1)
holds, extreme = (lower <= truth) & (truth <= upper), truth > np.quantile(truth, 0.99)
held = np.array([holds.mean(), holds[extreme].mean()])
slips = {
    "These are the shares that are missed.": 1 - held,
    "The second is of the lowest 1%.": [held[0], holds[truth < np.quantile(truth, 0.01)].mean()],
}
EXERCISES["1.6"] = Numbers(held, slips, share=True)

noise, far, weight = np.sqrt(15), 10, 1 / 4  # per 100,000
bias = (1 - weight) * far
error, swapped = np.hypot(bias, weight * noise), np.hypot(weight * far, weight * noise)
slips = {
    "The bias is (1 - weight) times the distance: the mean gets the rest.": [noise, swapped],
    "That is the bias alone; add the variance, then take the root.": [noise, bias],
    "The noise is weighted too: weight times the raw sd.": [noise, np.hypot(bias, noise)],
    "That is the variance of the first; take its root.": [15, error],
}
EXERCISES["1.7"] = Numbers([noise, error], slips, rtol=7.5e-3)

why_not = {
    "a": "The curve predicts better. Does that make it the cause?",
    "b": "Compare what the two trends alone promise with what came.",
    "d": "Each brings the promise nearer to what came.",
}
EXERCISES["1.8"] = Choice("c", why_not)
