"""The exercises of notebook 05. The right answers are worked out here: try first."""

from __future__ import annotations

from functools import cache

import numpy as np

from helpers.answers.kinds import Choice, Letters, Number, Numbers, Text
from helpers.answers.start_here import QUESTIONS
from helpers.beta_binomial import fit_marginal_likelihood, fit_moments, posterior_grid
from helpers.datasets import load_baseball, load_sids

#: The rate of SIDS is told in deaths per 1,000 births.
PER = 1000
#: Prior sample sizes that exercise 5.6 tries, in births.
TRIED = np.geomspace(300, 100_000, 300)


@cache
def sids():
    """Return deaths and births of 1974-78, of 1979-84, and the population fitted on 1974-78."""
    table = load_sids()
    columns = ("deaths_1974_78", "births_1974_78", "deaths_1979_84", "births_1979_84")
    y, n, later_y, later_n = (table[name].to_numpy(float) for name in columns)
    return y, n, later_y, later_n, fit_marginal_likelihood(y, n)


@cache
def baseball():
    """Return hits and at-bats, later hits and at-bats, who is scored, and the fitted population."""
    table = load_baseball()
    columns = ("hits", "at_bats", "remaining_hits", "remaining_at_bats")
    y, n, later_y, later_n = (table[name].to_numpy(float) for name in columns)
    scored = (table["player"] != "Billy Williams").to_numpy()
    return y, n, later_y, later_n, scored, fit_marginal_likelihood(y, n)


def poolings(y, n, population):
    """Return the rates of no, complete and partial pooling, shape (3, J)."""
    n0 = population.prior_sample_size
    complete = np.full(n.size, y.sum() / n.sum())
    return np.array([y / n, complete, (y + n0 * population.mean) / (n + n0)])


def weighted_error(rates, later_rate, weights):
    """Return the mean squared error per 1,000 squared, each unit weighted; last axis: units."""
    return np.average((PER * (rates - later_rate)) ** 2, axis=-1, weights=weights)


def _sids_weights():
    """Return the prior sample size, and the weights of the smallest and of the largest county."""
    y, n, _, _, population = sids()
    ends = np.array([n.min(), n.max()])

    def told(n0):
        return np.r_[n0, ends / (ends + n0)]

    right = told(population.prior_sample_size)
    raw, corrected = fit_moments(y, n), fit_moments(y, n, remove_noise=True)
    slips = {
        "Those are weights of the state's rate: n / (n + n0) is wanted.": abs([0, 1, 1] - right),
        "The two weights are swapped: the smallest county first.": right[[0, 2, 1]],
        "The weights are in per cent. Give shares between 0 and 1.": right * [1, 100, 100],
        "That is beta alone. The prior sample size is alpha + beta.": told(population.beta),
        "The noise is still in that spread (fit_moments as it is).": told(raw.prior_sample_size),
        "Those are corrected moments; use marginal likelihood.": told(corrected.prior_sample_size),
    }
    return right, slips


def _sids_errors():
    """Return the weighted squared errors on 1979-84 of no, complete and partial pooling."""
    y, n, later_y, later_n, population = sids()
    rates, later = poolings(y, n, population), later_y / later_n
    right = weighted_error(rates, later, later_n)

    def one_rate(rate):
        return [right[0], weighted_error(rate, later, later_n), right[2]]

    slips = {
        "Every county counts the same there. Weight each by its births of 1979-84.": PER**2
        * np.mean((rates - later) ** 2, axis=1),
        "Those are root mean squared errors: leave out the square root.": np.sqrt(right),
        "Those are squared rates per birth. Multiply the rates by 1,000 before squaring.": right
        / PER**2,
        "Weight by the births of 1979-84, not of 1974-78.": weighted_error(rates, later, n),
        "That is the error on 1974-78, the years of the fit.": weighted_error(rates, y / n, n),
        "The second uses the state's rate of 1979-84, which nobody knew before. Use that of "
        "1974-78.": one_rate(later_y.sum() / later_n.sum()),
        "The state's rate is all deaths over all births, not the mean of the counties' "
        "rates.": one_rate(np.mean(y / n)),
        "The second is the error of the fitted population's mean. Complete pooling is all deaths "
        "over all births.": one_rate(population.mean),
        "The order is no, complete, partial pooling.": right[[0, 2, 1]],
    }
    return right, slips


def _sids_log_scores():
    """Return the log scores on 1979-84 of complete and partial pooling."""
    from scipy.stats import binom

    y, n, later_y, later_n, population = sids()
    _, complete, partial = poolings(y, n, population)
    told, new = population.predictive(y, n, later_n), population.predictive(0, 0, later_n)

    def score(rate):
        return binom.logpmf(later_y, later_n, rate).sum()

    pooled, right = score(complete), told.logpmf(later_y).sum()
    per_1000 = "`state_rate` is in deaths per birth already: a probability is wanted."
    of_new = [pooled, new.logpmf(later_y).sum()]
    added = [binom.pmf(later_y, later_n, complete).sum(), told.pmf(later_y).sum()]
    slips = {
        per_1000: [np.nan, right],
        "The first uses the state's rate of 1979-84, which nobody knew before. Use that of "
        "1974-78.": [score(later_y.sum() / later_n.sum()), right],
        "The second is a binomial at the shrunken rate, as if that rate were known for certain. "
        "Use predictive(...), which knows that it is not.": [pooled, score(partial)],
        "The second predicts for new counties: give predictive(...) the data of 1974-78.": of_new,
        "Those are means over counties: give the sums.": np.array([pooled, right]) / y.size,
        "They stand in the wrong order: complete pooling first.": [right, pooled],
        "A log score is negative here: add up logpmf as it is.": [-pooled, -right],
        "Those are sums of probabilities. Add up their logarithms: logpmf, not pmf.": added,
    }
    return [pooled, right], slips


def _best_for_later():
    """Return the n0 of those tried that predicts 1979-84 best. The error is flat there."""
    y, n, later_y, later_n, population = sids()
    n0, later = TRIED[:, None], later_y / later_n
    rates = (y + n0 * population.mean) / (n + n0)
    errors = weighted_error(rates, later, later_n)
    slips = {
        "That weights every county the same: weight by the births of 1979-84.": TRIED[
            ((rates - later) ** 2).mean(axis=1).argmin()
        ],
        "That is the n0 fitted on 1974-78. Which of those tried predicts 1979-84 "
        "best?": population.prior_sample_size,
        "That is its place in the list; give the n0 itself.": errors.argmin(),
        "That is the least error; give the n0 that leads to it.": errors.min(),
    }
    return TRIED[errors.argmin()], slips


def _baseball_fit():
    """Return the prior sample size in at-bats and the weight of 45."""
    y, n, *_, population = baseball()
    size = population.prior_sample_size
    corrected = fit_moments(y, n, remove_noise=True).prior_sample_size
    slips = {
        "Those are the corrected moments; marginal likelihood was asked for.": [
            corrected,
            45 / (45 + corrected),
        ],
        "That is the weight of all players: n / (n + n0) is wanted.": [size, size / (45 + size)],
        "The weight is in per cent. Give a share between 0 and 1.": [size, 4500 / (45 + size)],
    }
    return [size, 45 / (45 + size)], slips


def _baseball_errors():
    """Return sums of squared errors over 17 players of no, complete and partial pooling."""
    y, n, later_y, later_n, scored, population = baseball()
    rest = later_y / later_n
    squares = (poolings(y, n, population) - rest) ** 2
    refitted = fit_marginal_likelihood(y[scored], n[scored])
    without = (poolings(y[scored], n[scored], refitted) - rest[scored]) ** 2
    slips = {
        "The row of Billy Williams is in there: leave it out of the sums.": squares.sum(axis=1),
        "Fit on all 18 (the first 45 at-bats of Williams are not in doubt), then score "
        "17.": without.sum(axis=1),
        "Those are means: give the sums over the 17 players.": squares[:, scored].mean(axis=1),
    }
    return squares[:, scored].sum(axis=1), slips


def _made_worse():
    """Return how many of 17 players partial pooling moves away from the rest of their season."""
    y, n, later_y, later_n, scored, population = baseball()
    none, _, partial = poolings(y, n, population)
    later = later_y / later_n
    worse = np.abs(partial - later) > np.abs(none - later)
    slips = {
        "That counts Billy Williams, whose later figures are in doubt.": worse.sum(),
        "That is how many it made better.": (~worse & scored).sum(),
        "That is a share; give the number of players.": worse[scored].mean(),
    }
    return (worse & scored).sum(), slips


def _how_sure():
    """Return the 10% and 90% points of n0."""
    y, n, *_ = baseball()
    grid = posterior_grid(y, n)

    def points(f, *q):
        return grid.quantile(f, q)

    slips = {
        "Those are the 5% and 95% points. The 10% and 90% points are asked for.": points(
            lambda alpha, beta: alpha + beta, 0.05, 0.95
        ),
        "Those are the points of alpha; n0 is alpha + beta.": points(
            lambda alpha, beta: alpha, 0.1, 0.9
        ),
    }
    return points(lambda alpha, beta: alpha + beta, 0.1, 0.9), slips


EXERCISES = {
    "5.1": Choice(
        "c",
        {
            "a": "A small n0 leaves units more of their own data only if the units are counted in "
            "the same thing. Houses and rats are not.",
            "b": "n0 counts imagined data, but of what? 5 houses and 16 rats cannot be compared.",
            "d": "n0 does matter: beside n. What counts is n / n0, which has no unit.",
        },
    ),
    "5.2": Numbers(_sids_weights, rtol=(1.5e-3, 0.01, 0.01)),
    "5.3": Numbers(_sids_errors, rtol=1e-3, figures=3),
    "5.4": Numbers(_sids_log_scores, rtol=3e-4, figures=4),
    "5.5": Choice(
        "c",
        {
            "a": "The weights are right: n / (n + n0) goes to the county's own rate.",
            "b": "Weighting by births is a choice, not a slip: 5.3 weights by births too.",
            "d": "That is the weighted mean of the squared errors, as in 5.3.",
        },
    ),
    "5.6": Number(_best_for_later, rtol=0.05),
    "5.7": Text(
        "The check cannot read it. A reader looks for the rows of the table: the model; n0 with "
        "its unit and the weights of a small and a large county; all three poolings on years that "
        "were not fitted; how sure the predictions are; what the data contradict, and a limit."
    ),
    "5.8": Numbers(_baseball_fit),
    "5.9": Numbers(_baseball_errors),
    "5.10": Number(_made_worse, whole=True),
    "5.11": Numbers(_how_sure, rtol=0.1),  # sampled answers vary by a few per cent
    "5.12": Letters(
        QUESTIONS,
        options="abc",
        words="Look back. Question 1: weights, notebook 02, section 2. 2: the puzzle of notebook "
        "01. 3: notebook 02, section 7, and exercise 5.10. 4: notebook 02, section 1. "
        "5: section 3 of this page.",
        ordered=True,
    ),
}
