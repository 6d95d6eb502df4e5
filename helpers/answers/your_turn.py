"""The exercises of notebook 05. The right answers are worked out here: try first."""

import numpy as np
from scipy.stats import binom

from helpers.answers.kinds import Behaviour, Choice, Letters, Numbers
from helpers.answers.start_here import QUESTIONS
from helpers.beta_binomial import fit_marginal_likelihood, fit_moments, posterior_grid
from helpers.datasets import load_baseball, load_sids

EXERCISES = {}


def poolings(y, n, fit):
    """Return the rates of no, complete and partial pooling, shape (3, J)."""
    return np.array([y / n, 0 * n + y.sum() / n.sum(), fit.posterior(y, n).mean()])


def error(rates, target, weights=None):
    """Return the mean squared error in (deaths per 1,000)², each unit weighted."""
    return np.average((1000 * (rates - target)) ** 2, axis=-1, weights=weights)


why_not = {
    "a": "That would hold if n0 counted the same thing in both. Houses and rats are not the same.",
    "b": "n0 counts imagined data, but of what? 5 houses and 16 rats cannot be compared.",
    "d": "n0 does matter: beside n. What counts is n / n0, which has no unit.",
}
EXERCISES["5.1"] = Choice("c", why_not)

columns = ["deaths_1974_78", "births_1974_78", "deaths_1979_84", "births_1979_84"]
y, n, later_y, later_n = load_sids()[columns].to_numpy(float).T
later, fit = later_y / later_n, fit_marginal_likelihood(y, n)
raw, complete, partial = rates = poolings(y, n, fit)


def weights(n0, *sizes):
    """Return a prior sample size with the weights of units of these sizes."""
    return np.array([n0, *(size / (size + n0) for size in sizes)])


n0, ends = fit.prior_sample_size, (n.min(), n.max())
of_moments = [fit_moments(y, n, remove_noise=remove).prior_sample_size for remove in (False, True)]
right = weights(n0, *ends)
slips = {
    "Those are weights of the state's rate: n / (n + n0) is wanted.": abs([0, 1, 1] - right),
    "The two weights are swapped: the smallest county first.": right[[0, 2, 1]],
    "The weights are in per cent. Give shares between 0 and 1.": right * [1, 100, 100],
    "That is beta alone. The prior sample size is alpha + beta.": weights(fit.beta, *ends),
    "The noise is still in that spread (fit_moments as it is).": weights(of_moments[0], *ends),
    "Those are corrected moments; use marginal likelihood.": weights(of_moments[1], *ends),
}
EXERCISES["5.2"] = Numbers(right, slips, rtol=(1.5e-3, 0.01, 0.01))

right, unweighted = error(rates, later, later_n), error(rates, later)
state_later = later_y.sum() / later_n.sum()
others = np.array([[state_later], [raw.mean()], [fit.mean]])  # in place of the state's rate
hindsight, of_means, of_fit = ([right[0], e, right[2]] for e in error(others, later, later_n))
IN_HINDSIGHT = "uses the state's rate of 1979-84, which nobody knew before. Use that of 1974-78."
slips = {
    "Every county counts the same there. Weight each by its births of 1979-84.": unweighted,
    "Those are root mean squared errors: leave out the square root.": np.sqrt(right),
    "Those are squared rates per birth. Multiply the rates by 1,000 before squaring.": right / 1e6,
    "Weight by the births of 1979-84, not of 1974-78.": error(rates, later, n),
    "That is the error on 1974-78, the years of the fit.": error(rates, raw, n),
    f"The second {IN_HINDSIGHT}": hindsight,
    "The state's rate is not the mean of the counties' rates: add up first.": of_means,
    "The second is the error of the fitted population's mean. Complete pooling is all deaths over "
    "all births.": of_fit,
    "The order is no, complete, partial pooling.": right[[0, 2, 1]],
}
EXERCISES["5.3"] = Numbers(right, slips, rtol=1e-3, figures=3)

predictive, tried = fit.predictive(y, n, later_n), [complete, partial, 0 * n + state_later]
at_state, shrunken, hindsight = binom.logpmf(later_y, later_n, tried).sum(axis=1)
right = np.array([at_state, predictive.logpmf(later_y).sum()])
of_new = [right[0], fit.predictive(0, 0, later_n).logpmf(later_y).sum()]
sums = [binom.pmf(later_y, later_n, complete).sum(), predictive.pmf(later_y).sum()]
slips = {
    "`state_rate` is in deaths per birth already: a probability is wanted.": [np.nan, right[1]],
    f"The first {IN_HINDSIGHT}": [hindsight, right[1]],
    "The second is a binomial at the shrunken rate, as if that rate were known for certain. "
    "Use predictive(...), which knows that it is not.": [right[0], shrunken],
    "The second predicts for new counties: give predictive(...) the data of 1974-78.": of_new,
    "Those are means over counties: give the sums.": right / y.size,
    "They stand in the wrong order: complete pooling first.": right[::-1],
    "A log score is negative here: add up logpmf as it is.": -right,
    "Those are sums of probabilities. Add up their logarithms: logpmf, not pmf.": sums,
}
EXERCISES["5.4"] = Numbers(right, slips, rtol=3e-4, figures=4)

why_not = {
    "a": "The weights are right: n / (n + n0) goes to the county's own rate.",
    "b": "Weighting by births is a choice, not a slip: 5.3 weights by births too.",
    "d": "That is the weighted mean of the squared errors, as in 5.3.",
}
EXERCISES["5.5"] = Choice("c", why_not)

TRIED = np.geomspace(300, 100_000, 300)  # births
rates = (y + TRIED[:, None] * fit.mean) / (n + TRIED[:, None])
errors, unweighted = error(rates, later, later_n), TRIED[error(rates, later).argmin()]
slips = {
    "That weights every county the same: weight by the births of 1979-84.": unweighted,
    "That is the n0 fitted on 1974-78. Which of those tried predicts 1979-84 best?": n0,
    "That is its place in the list; give the n0 itself.": errors.argmin(),
    "That is the least error; give the n0 that leads to it.": errors.min(),
}
EXERCISES["5.6"] = Numbers(TRIED[errors.argmin()], slips, rtol=0.05)  # the error is flat there

marks = (
    "The check cannot read it. A reader looks for the rows of the table: the model; n0 with its "
    "unit and the weights of a small and a large county; all three poolings on years that were "
    "not fitted; how sure the predictions are; what the data contradict, and a limit."
)
EXERCISES["5.7"] = Behaviour(
    lambda text: {},
    wanted="Text between quotes is wanted",
    fits=lambda answer: isinstance(answer, str) and answer.strip(),
    noted=marks,
)

table = load_baseball()
columns = ["hits", "at_bats", "remaining_hits", "remaining_at_bats"]
y, n, later_y, later_n = table[columns].to_numpy(float).T
later, scored = later_y / later_n, table["player"] != "Billy Williams"
fit = fit_marginal_likelihood(y, n)
right = weights(fit.prior_sample_size, 45)
of_moments = fit_moments(y, n, remove_noise=True).prior_sample_size
slips = {
    "Those are the corrected moments; marginal likelihood was asked for.": weights(of_moments, 45),
    "That is the weight of all players: n / (n + n0) is wanted.": abs([0, 1] - right),
    "The weight is in per cent. Give a share between 0 and 1.": right * [1, 100],
}
EXERCISES["5.8"] = Numbers(right, slips)

rates = poolings(y, n, fit)
squares = (rates - later) ** 2
y17, n17 = y[scored], n[scored]
refitted = poolings(y17, n17, fit_marginal_likelihood(y17, n17))
without = ((refitted - later[scored]) ** 2).sum(axis=1)
slips = {
    "The row of Billy Williams is in there: leave it out of the sums.": squares.sum(axis=1),
    "Fit on all 18 (the first 45 at-bats of Williams are not in doubt), then score 17.": without,
    "Those are means: give the sums over the 17 players.": squares[:, scored].mean(axis=1),
}
EXERCISES["5.9"] = Numbers(squares[:, scored].sum(axis=1), slips)

worse = squares[2] > squares[0]
slips = {
    "That counts Billy Williams, whose later figures are in doubt.": worse.sum(),
    "That is how many it made better.": (~worse[scored]).sum(),
    "That is a share; give the number of players.": worse[scored].mean(),
}
EXERCISES["5.10"] = Numbers(worse[scored].sum(), slips, whole=True)

grid = posterior_grid(y, n)
points = grid.quantile(lambda a, b: a + b, [0.05, 0.1, 0.9, 0.95])
slips = {
    "Those are the 5% and 95% points. The 10% and 90% points are asked for.": points[::3],
    "Those are the points of alpha; n0 is alpha + beta.": grid.quantile(lambda a, b: a, [0.1, 0.9]),
}
EXERCISES["5.11"] = Numbers(points[1:3], slips, rtol=0.1)  # sampled answers vary

words = (
    "Look back. Question 1: weights, notebook 02, section 2. 2: the puzzle of notebook 01. 3: "
    "notebook 02, section 7, and exercise 5.10. 4: notebook 02, section 1. 5: section 3 of this "
    "page."
)
EXERCISES["5.12"] = Letters(QUESTIONS, options="abc", words=words, ordered=True)
