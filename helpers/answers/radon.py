"""The exercises of notebook 03, worked out from the data."""

import numpy as np
from scipy.stats import norm

from helpers import multilevel
from helpers.answers.kinds import Choice, Numbers
from helpers.datasets import load_radon

radon = load_radon()
y, county, floor = radon["log_radon"], radon["county"], radon[["floor"]]
counties = y.groupby(county).agg(["size", "mean"])
means_fit = multilevel.partial_pooling(y, county)
fit = multilevel.partial_pooling(y, county, floor)
soil_fit = multilevel.partial_pooling(y, county, floor, group_predictors=radon[["log_uranium"]])
SQUARE = "The prior sample size is a ratio of variances: square the sds."
EXERCISES = {}

why_not = {
    "a": "One of the three counties with one house lies close to the centre already: it stays.",
    "c": "A far-off county with a hundred houses keeps nearly all of its distance.",
}
EXERCISES["3.1"] = Choice("b", why_not)

n, mean = counties.loc["Hennepin"]
centre, w = means_fit.coefficients[0], means_fit.weight(n)
w_of_sds = n / (n + means_fit.sigma_y / means_fit.sigma_alpha)
level, to_houses = w * mean + (1 - w) * centre, w * mean + (1 - w) * y.mean()
slips = {
    "This is the raw mean: nothing is pooled yet.": mean,
    "The centre is means_fit.coefficients[0], not the mean of all houses.": to_houses,
    "The two weights are the wrong way round.": (1 - w) * mean + w * centre,
    SQUARE: w_of_sds * mean + (1 - w_of_sds) * centre,
    "This is the weight; the level is wanted.": w,
    "This is in pCi/L; stay on the log scale.": np.exp(level),
}
EXERCISES["3.2"] = Numbers(level, slips, rtol=3e-4, figures=4)

why_not = {
    "a": "The power makes product columns too: a:b, a:c and b:c. Only a:b is taken away.",
    "c": "The power keeps the single columns a, b and c as well.",
    "d": "The minus takes a:b away; it is the one product that does not stay.",
}
EXERCISES["3.3"] = Choice("b", why_not)

here, slope = county == "Lac qui Parle", multilevel.no_pooling(y, county, floor).coefficients[0]
mean, x = y[here].mean(), floor["floor"][here].mean()
slips = {
    "That is the county's mean: half of its houses were measured on the first floor.": mean,
    "The sign: going back from the mean of x to 0 subtracts slope * mean.": mean + slope * x,
    "One of the two houses is at x = 1, so the mean of x is 0.5, not 1.": mean - slope,
}
EXERCISES["3.4"] = Numbers(mean - slope * x, slips, figures=3)

n0 = 0.8**2  # the prior N(0, 1) counts as 0.64 houses of sd 0.8
slips = {
    SQUARE: 1 / 1.8,
    "That is the prior sample size; the weight is n / (n + n0).": n0,
    "That is the share of the prior; the house's own share is wanted.": n0 / (1 + n0),
    "It would be 1 if it did not pool. The prior N(0, 1) pulls.": 1,
}
EXERCISES["3.5"] = Numbers(1 / (1 + n0), slips, share=True)

sizes, needed = counties["size"], 9 * fit.prior_sample_size
large_by_means = (sizes >= 9 * means_fit.prior_sample_size).sum()
size = [[needed], [np.ceil(needed)]]
slips = {
    "That is the size from which on it happens; how many counties are that large?": size,
    "Use the fit with floor, `fit`, not `means_fit`.": large_by_means,
    "0.9 = n / (n + n0) gives n = 9 n0, not 10 n0.": (sizes >= needed / 9 * 10).sum(),
    "That is the share of the counties; give their number.": (sizes >= needed).mean(),
}
EXERCISES["3.6"] = Numbers((sizes >= needed).sum(), slips, whole=True)

limit, guess = np.log(4), fit.predict(1)
mean, sd, of_level = guess.mean[0], guess.observation_sd[0], guess.parameter_sd[0]
above, exp_taken = norm.sf(limit, mean, sd), norm.sf(limit, np.exp(mean), sd)
slips = {
    "That is for the county's level: a single house adds sigma_y.": norm.sf(limit, mean, of_level),
    "A new county adds sigma_alpha: use observation_sd.": norm.sf(limit, mean, fit.sigma_y),
    "That is a basement: predict(1) is the first floor.": norm.sf(limit, fit.coefficients[0], sd),
    "That is the chance of being below 4.": 1 - above,
    "The limit is on the log scale too: log(4).": norm.sf(4, mean, sd),
    "The mean is on the log scale already; do not take exp of it.": exp_taken,
}
EXERCISES["3.7"] = Numbers(above, slips, share=True)

left = (soil_fit.sigma_alpha / fit.sigma_alpha) ** 2
within = 1 - (soil_fit.sigma_y / fit.sigma_y) ** 2
slips = {
    "That is the share that is left; the rest of it is explained.": left,
    "Compare variances, not sds: square them.": 1 - left**0.5,
    "That is the variance within counties; sigma_alpha is asked for.": within,
}
EXERCISES["3.8"] = Numbers(1 - left, slips, share=True)


def brier_score(prediction):
    """Return the mean squared error of the chance to be above 4, by log radon predicted."""
    return np.mean((norm.sf(limit, prediction, fit.sigma_y) - (radon["activity"] > 4)) ** 2)


ratios = (0, fit.sigma_alpha / fit.sigma_y, 1e4)
errors = [multilevel.leave_out_errors(y, county, floor, sigma_ratio=ratio) for ratio in ratios]
scores = [brier_score(y - error) for error in errors]
slips = {
    "The order is complete, partial, none.": scores[::-1],
    "The prediction is y minus the error.": [brier_score(error) for error in errors],
    "Leave out the square root: the mean of the squares is wanted.": np.sqrt(scores),
}
EXERCISES["3.9"] = Numbers(scores, slips, rtol=5e-3, figures=3)
