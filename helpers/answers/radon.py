"""Checks behind the exercises of notebook 03; each recomputes its answer from the data."""

from __future__ import annotations

from functools import cache
from math import exp, log

import numpy as np

from helpers.check import choice, exercise, number, numbers

LOG_ACTION_LEVEL = log(4)


@cache
def _radon():
    from helpers.datasets import load_radon

    return load_radon()


@cache
def _counties():
    return _radon().groupby("county")["log_radon"].agg(n="size", mean="mean")


@cache
def _fit(predictors: str = "floor"):
    """Fit with no predictors (""), with "floor", or with floor and "uranium"."""
    from helpers.multilevel import partial_pooling

    radon = _radon()
    return partial_pooling(
        radon["log_radon"],
        radon["county"],
        radon[["floor"]] if predictors else None,
        group_predictors=radon[["log_uranium"]] if predictors == "uranium" else None,
    )


@exercise("3.1")
def which_county_moves_most(answer) -> str:
    """Ask whether size alone, distance alone or their product decides."""
    return choice(
        answer,
        "b",
        {
            "a": "Of the three counties with one house, one lies close to the centre already: "
            "it has nowhere to go.",
            "c": "A far-off county with a hundred houses keeps nearly all of its distance.",
        },
    )


@exercise("3.2")
def hennepin_by_partial_pooling(answer) -> str:
    """Weighted average of Hennepin's mean and the centre."""
    fit, (n, mean) = _fit(""), _counties().loc["Hennepin"]
    centre, raw_centre = fit.coefficients[0], _radon()["log_radon"].mean()
    weight = n / (n + fit.prior_sample_size)
    not_squared = n / (n + fit.sigma_y / fit.sigma_alpha)
    return number(
        answer,
        weight * mean + (1 - weight) * centre,
        rtol=1e-5,
        slips={
            "This is the raw mean: nothing is pooled yet.": mean,
            "The centre is means_fit.coefficients[0], not the mean of all houses.": weight * mean
            + (1 - weight) * raw_centre,
            "The two weights are the wrong way round.": (1 - weight) * mean + weight * centre,
            "The prior sample size is a ratio of variances: square the sds.": not_squared * mean
            + (1 - not_squared) * centre,
            "This is the weight; the level is wanted.": weight,
        },
    )


@exercise("3.3")
def formula_written_out(answer) -> str:
    """Write out (a + b + c)^2 - a:b."""
    return choice(
        answer,
        "b",
        {
            "a": "The power makes product columns too: a:b, a:c and b:c. Only a:b is taken away.",
            "c": "The power keeps the single columns a, b and c as well.",
            "d": "The minus takes a:b away; it is the one product that does not stay.",
        },
    )


@exercise("3.4")
def no_pooling_intercept(answer) -> str:
    """Follow the common slope from the county's mean point back to x = 0."""
    from helpers.multilevel import no_pooling

    radon = _radon()
    slope = no_pooling(radon["log_radon"], radon["county"], radon[["floor"]]).coefficients[0]
    here = radon[radon["county"] == "Lac qui Parle"]
    y, x = here["log_radon"].mean(), here["floor"].mean()
    return number(
        answer,
        y - slope * x,
        slips={
            "That is the county's mean: half of its houses were measured on the first floor.": y,
            "The sign: going back from the mean of x to 0 subtracts slope * mean.": y + slope * x,
            "One of the two houses is at x = 1, so the mean of x is 0.5, not 1.": y - slope,
        },
    )


@exercise("3.5")
def weight_under_a_fixed_prior(answer) -> str:
    """Count the prior N(0, 1) as 0.64 houses of sd 0.8."""
    return number(
        answer,
        1 / (1 + 0.8**2),
        rtol=0.01,
        slips={
            "The prior sample size is a ratio of variances: square the sds.": 1 / 1.8,
            "That is the prior sample size; the weight is n / (n + n0).": 0.64,
            "That is the share of the prior; the house's own share is wanted.": 0.64 / 1.64,
            "It would be 1 if it did not pool. The prior N(0, 1) pulls.": 1.0,
        },
    )


@exercise("3.6")
def counties_with_nine_tenths(answer) -> str:
    """Weight 0.9 needs n >= 9 n0."""
    n0, n = _fit().prior_sample_size, _counties()["n"]
    with_means = int((n >= 9 * _fit("").prior_sample_size).sum())
    return number(
        answer,
        int((n >= 9 * n0).sum()),
        rtol=0,
        slips={
            "That is the size from which on it happens; how many counties are that large?": 9 * n0,
            "Use the fit with floor, `fit`, not `means_fit`.": with_means,
            "0.9 = n / (n + n0) gives n = 9 n0, not 10 n0.": int((n >= 10 * n0).sum()),
        },
    )


@exercise("3.7")
def first_floor_above_four(answer) -> str:
    """Chance that one first-floor reading in a new county is above 4 pCi/L."""
    from scipy.stats import norm

    fit = _fit()
    guess = fit.predict(1)
    mean, sd = guess.mean[0], guess.observation_sd[0]

    def above(mean, sd, limit=LOG_ACTION_LEVEL):
        return float(norm.sf(limit, mean, sd))

    return number(
        answer,
        above(mean, sd),
        rtol=0.01,
        slips={
            "That is the chance that the county's level is above 4: a single house adds sigma_y.": (
                above(mean, guess.parameter_sd[0])
            ),
            "A new county adds sigma_alpha: use observation_sd.": above(mean, fit.sigma_y),
            "That is a basement: predict(1) is the first floor.": above(fit.coefficients[0], sd),
            "That is the chance of being below 4.": 1 - above(mean, sd),
            "The limit is on the log scale too: log(4).": above(mean, sd, 4.0),
            "The mean is on the log scale already; do not take exp of it.": above(exp(mean), sd),
        },
    )


@exercise("3.8")
def variance_between_counties_explained(answer) -> str:
    """Share of sigma_alpha^2 that uranium takes away."""
    before, after = _fit().sigma_alpha, _fit("uranium").sigma_alpha
    within = 1 - _fit("uranium").sigma_y ** 2 / _fit().sigma_y ** 2
    return number(
        answer,
        1 - after**2 / before**2,
        rtol=0.01,
        slips={
            "That is the share that is left; 1 minus it is explained.": after**2 / before**2,
            "Compare variances, not sds: square them.": 1 - after / before,
            "That is the variance within counties; sigma_alpha is asked for.": within,
            "In per cent? Give a share between 0 and 1.": 100 * (1 - after**2 / before**2),
        },
    )


@exercise("3.9")
def brier_scores(answer) -> str:
    """Brier scores of complete, partial and no pooling, each house left out in turn."""
    from scipy.stats import norm

    from helpers.multilevel import leave_out_errors

    radon, fit = _radon(), _fit()
    y, outcome = radon["log_radon"], (radon["activity"] > 4).to_numpy()
    right, flipped = [], []
    for ratio in (0, fit.sigma_alpha / fit.sigma_y, 1e4):
        errors = leave_out_errors(y, radon["county"], radon[["floor"]], sigma_ratio=ratio)
        chance = norm.sf(LOG_ACTION_LEVEL, y - errors, fit.sigma_y)
        right.append(np.mean((chance - outcome) ** 2))
        flipped.append(np.mean((norm.sf(LOG_ACTION_LEVEL, errors, fit.sigma_y) - outcome) ** 2))
    return numbers(
        answer,
        right,
        rtol=0.005,
        slips={
            "The order is complete, partial, none.": [right[2], right[1], right[0]],
            "The prediction is y minus the error.": flipped,
        },
    )
