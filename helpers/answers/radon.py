"""The exercises on radon, worked out from the data; 3.5 and 3.6 are those of the further page."""

import numpy as np
from scipy.stats import norm

from helpers import multilevel
from helpers.answers.kinds import Choice, Numbers
from helpers.datasets import load_radon

radon = load_radon()
y, county, floor = radon["log_radon"], radon["county"], radon[["floor"]]
soil = radon["log_uranium"]
SQUARE = "The prior sample size is a ratio of variances: square the sds."
EXERCISES = {}

n0, mean, centre = (0.80 / 0.31) ** 2, y[county == "Lac qui Parle"].mean(), y.mean()
w, w_of_sds = 2 / (2 + n0), 2 / (2 + n0**0.5)
level = w * mean + (1 - w) * centre
slips = {
    "This is its own level: nothing is pooled yet.": np.exp(mean),
    "The two weights are the wrong way round.": np.exp((1 - w) * mean + w * centre),
    SQUARE: np.exp(w_of_sds * mean + (1 - w_of_sds) * centre),
    "This is the weight; the level is wanted.": w,
    "This is on the log scale; put it back by exp.": level,
    "Average the logs, then take exp.": w * np.exp(mean) + (1 - w) * np.exp(centre),
    "That is with 1.31, the better centre; here y.mean() is asked.": np.exp(
        w * mean + (1 - w) * 1.31
    ),
    "This takes one house; the county has two.": np.exp(centre + (mean - centre) / (1 + n0)),
}
EXERCISES["3.1"] = Numbers(np.exp(level), slips, rtol=0.004)

slips = {
    SQUARE: 1 / 1.8,
    "That is the prior sample size; the weight is n / (n + n0).": 0.64,
    "That is the share of the prior; the house's own share is wanted.": 0.64 / 1.64,
    "It would be 1 if it did not pool. The prior N(0, 1) pulls.": 1,
}
EXERCISES["3.2"] = Numbers(1 / 1.64, slips, share=True)

why_not = {
    "b": "Floor differs between houses of one county, uranium does not. What can each explain?",
    "c": "Can a number that is the same for all houses of a county tell these houses apart?",
}
EXERCISES["3.3"] = Choice("a", why_not)


LIMIT = np.log(4)


def letters(guess, sd, chance=0.6, limit=LIMIT):
    """Return in how many counties a house is above the limit with more than this chance."""
    return (norm.sf(limit, guess.mean, sd) > chance).sum()


groups = np.unique(county)
fit = multilevel.partial_pooling(y, county, floor)
soil_fit = multilevel.partial_pooling(y, county, floor, group_predictors=soil)
seen, upstairs = (soil_fit.predict(x, group=groups) for x in (0, 1))
before, sd = fit.predict(0, group=groups), seen.observation_sd
slips = {
    "That is for the county's level: a single house adds sigma_y.": letters(
        seen, seen.parameter_sd
    ),
    "The level is not known exactly: use observation_sd.": letters(seen, fit.sigma_y),
    "Use `soil_fit`, not `fit`.": letters(before, before.observation_sd),
    "That is with a chance above one half; 0.6 is asked for.": letters(seen, sd, 0.5),
    "That is the first floor: predict(0) is a basement.": letters(upstairs, sd),
    "The limit is a natural logarithm: np.log(4).": letters(seen, sd, limit=np.log10(4)),
    "The limit is on the log scale too: np.log(4).": letters(seen, sd, limit=4),
    "That is how many get none.": 85 - letters(seen, sd),
    "That is a share of the counties; give their number.": letters(seen, sd) / 85,
}
EXERCISES["3.4"] = Numbers(letters(seen, sd), slips, whole=True)


def brier(ratio, take=lambda error: y - error):
    """Return each house's squared error of its chance to be above 4, itself left out."""
    errors = multilevel.leave_out_errors(y, county, floor, sigma_ratio=ratio)
    return (norm.sf(LIMIT, take(errors), fit.sigma_y) - (radon["activity"] > 4)) ** 2


def clustered(d):
    """Return the mean of d over houses, and its standard error with counties as clusters."""
    off = (d - d.mean()).groupby(county).sum()
    return np.array([d.mean(), np.sqrt((off**2).sum() * off.size / (off.size - 1)) / d.size])


partial = fit.sigma_alpha / fit.sigma_y
lost = brier(0) - brier(partial)
slips = {
    "The order is turned round: complete minus partial is asked for.": clustered(lost) * [-1, 1],
    "The error takes houses as independent; those of a county count as one.": [
        lost.mean(),
        lost.std() / np.sqrt(lost.size),
    ],
    "That is no pooling; complete pooling has ratio 0.": clustered(brier(1e4) - brier(partial)),
    "The prediction is y minus the error.": clustered(
        brier(0, lambda error: error) - brier(partial, lambda error: error)
    ),
}
EXERCISES["3.5"] = Numbers(clustered(lost), slips, rtol=0.01)

why_not = {
    "a": "Its own regression has none. But it is drawn from the population of pairs.",
    "b": "So it would be if level and slope were unrelated. Are they?",
}
EXERCISES["3.6"] = Choice("c", why_not)
