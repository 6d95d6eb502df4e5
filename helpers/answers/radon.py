"""The exercises of notebook 03, worked out from the data."""

from __future__ import annotations

from functools import cache
from math import exp, log

import numpy as np

from helpers import multilevel
from helpers.answers.kinds import Choice, Number, Numbers
from helpers.datasets import load_radon

LOG_ACTION_LEVEL = log(4)


@cache
def _radon():
    return load_radon()


@cache
def _counties():
    return _radon().groupby("county")["log_radon"].agg(n="size", mean="mean")


@cache
def _fit(predictors: str = "floor"):
    """Fit with no predictors (""), with "floor", or with floor and "uranium"."""
    radon = _radon()
    return multilevel.partial_pooling(
        radon["log_radon"],
        radon["county"],
        radon[["floor"]] if predictors else None,
        group_predictors=radon[["log_uranium"]] if predictors == "uranium" else None,
    )


def _hennepin():
    """Return the weighted average of Hennepin's mean and the centre."""
    fit, (n, mean) = _fit(""), _counties().loc["Hennepin"]
    centre = fit.coefficients[0]
    weight = n / (n + fit.prior_sample_size)
    not_squared = n / (n + fit.sigma_y / fit.sigma_alpha)

    def average(weight, centre=centre):
        return weight * mean + (1 - weight) * centre

    of_houses = average(weight, _radon()["log_radon"].mean())
    slips = {
        "This is the raw mean: nothing is pooled yet.": mean,
        "The centre is means_fit.coefficients[0], not the mean of all houses.": of_houses,
        "The two weights are the wrong way round.": average(1 - weight),
        "The prior sample size is a ratio of variances: square the sds.": average(not_squared),
        "This is the weight; the level is wanted.": weight,
        "This is in pCi/L; stay on the log scale.": exp(average(weight)),
    }
    return average(weight), slips


def _no_pooling_intercept():
    """Follow the common slope from the county's mean point back to x = 0."""
    radon = _radon()
    own_lines = multilevel.no_pooling(radon["log_radon"], radon["county"], radon[["floor"]])
    here = radon[radon["county"] == "Lac qui Parle"]
    y, x, slope = here["log_radon"].mean(), here["floor"].mean(), own_lines.coefficients[0]
    slips = {
        "That is the county's mean: half of its houses were measured on the first floor.": y,
        "The sign: going back from the mean of x to 0 subtracts slope * mean.": y + slope * x,
        "One of the two houses is at x = 1, so the mean of x is 0.5, not 1.": y - slope,
    }
    return y - slope * x, slips


def _weight_under_a_fixed_prior():
    """Count the prior N(0, 1) as 0.64 houses of sd 0.8."""
    n0 = 0.8**2
    slips = {
        "The prior sample size is a ratio of variances: square the sds.": 1 / 1.8,
        "That is the prior sample size; the weight is n / (n + n0).": n0,
        "That is the share of the prior; the house's own share is wanted.": n0 / (1 + n0),
        "It would be 1 if it did not pool. The prior N(0, 1) pulls.": 1.0,
    }
    return 1 / (1 + n0), slips


def _counties_with_nine_tenths():
    """Count the counties with weight 0.9 or more: n >= 9 n0."""
    n0, n = _fit().prior_sample_size, _counties()["n"]
    without_floor = _fit("").prior_sample_size
    size = "That is the size from which on it happens; how many counties are that large?"
    slips = {
        size: 9 * n0,
        f"{size} ": np.ceil(9 * n0),
        "Use the fit with floor, `fit`, not `means_fit`.": (n >= 9 * without_floor).sum(),
        "0.9 = n / (n + n0) gives n = 9 n0, not 10 n0.": (n >= 10 * n0).sum(),
        "That is the share of the counties; give their number.": (n >= 9 * n0).mean(),
    }
    return (n >= 9 * n0).sum(), slips


def _first_floor_above_four():
    """Return the chance that one first-floor reading in a new county is above 4 pCi/L."""
    from scipy.stats import norm

    fit = _fit()
    guess = fit.predict(1)
    mean, sd, of_level = guess.mean[0], guess.observation_sd[0], guess.parameter_sd[0]

    def above(mean, sd, limit=LOG_ACTION_LEVEL):
        return norm.sf(limit, mean, sd)

    slips = {
        "That is for the county's level: a single house adds sigma_y.": above(mean, of_level),
        "A new county adds sigma_alpha: use observation_sd.": above(mean, fit.sigma_y),
        "That is a basement: predict(1) is the first floor.": above(fit.coefficients[0], sd),
        "That is the chance of being below 4.": 1 - above(mean, sd),
        "The limit is on the log scale too: log(4).": above(mean, sd, 4.0),
        "The mean is on the log scale already; do not take exp of it.": above(exp(mean), sd),
    }
    return above(mean, sd), slips


def _variance_explained():
    """Return the share of sigma_alpha^2 that uranium takes away."""
    fit, soil_fit = _fit(), _fit("uranium")
    ratio = soil_fit.sigma_alpha / fit.sigma_alpha
    slips = {
        "That is the share that is left; the rest of it is explained.": ratio**2,
        "Compare variances, not sds: square them.": 1 - ratio,
        "That is the variance within counties; sigma_alpha is asked for.": 1
        - soil_fit.sigma_y**2 / fit.sigma_y**2,
    }
    return 1 - ratio**2, slips


def _brier_scores():
    """Return Brier scores of complete, partial and no pooling, each house left out in turn."""
    from scipy.stats import norm

    radon, fit = _radon(), _fit()
    y, outcome = radon["log_radon"], (radon["activity"] > 4).to_numpy()
    right, flipped = [], []
    for ratio in (0, fit.sigma_alpha / fit.sigma_y, 1e4):
        errors = multilevel.leave_out_errors(
            y, radon["county"], radon[["floor"]], sigma_ratio=ratio
        )
        chance = norm.sf(LOG_ACTION_LEVEL, y - errors, fit.sigma_y)
        right.append(np.mean((chance - outcome) ** 2))
        flipped.append(np.mean((norm.sf(LOG_ACTION_LEVEL, errors, fit.sigma_y) - outcome) ** 2))
    slips = {
        "The order is complete, partial, none.": right[::-1],
        "The prediction is y minus the error.": flipped,
        "Leave out the square root: the mean of the squares is wanted.": np.sqrt(right),
    }
    return right, slips


EXERCISES = {
    "3.1": Choice(
        "b",
        {
            "a": "Of the three counties with one house, one lies close to the centre already: "
            "it has nowhere to go.",
            "c": "A far-off county with a hundred houses keeps nearly all of its distance.",
        },
    ),
    "3.2": Number(_hennepin, rtol=3e-4, figures=4),
    "3.3": Choice(
        "b",
        {
            "a": "The power makes product columns too: a:b, a:c and b:c. Only a:b is taken away.",
            "c": "The power keeps the single columns a, b and c as well.",
            "d": "The minus takes a:b away; it is the one product that does not stay.",
        },
    ),
    "3.4": Number(_no_pooling_intercept, figures=3),
    "3.5": Number(_weight_under_a_fixed_prior, share=True),
    "3.6": Number(_counties_with_nine_tenths, whole=True),
    "3.7": Number(_first_floor_above_four, share=True),
    "3.8": Number(_variance_explained, share=True),
    "3.9": Numbers(_brier_scores, rtol=5e-3, figures=3),
}
