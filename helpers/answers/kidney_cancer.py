"""The exercises of notebook 01, worked out from the table at hand, real or simulated."""

from __future__ import annotations

from functools import cache

import numpy as np

from helpers.answers.kinds import Choice, Number, Numbers
from helpers.beta_binomial import fit_marginal_likelihood
from helpers.datasets import load_kidney_cancer

PER_100_000 = "That is per 100,000; give deaths per person-year."


@cache
def _counties():
    """Return deaths and person-years of both periods: y, n, y2, n2."""
    table = load_kidney_cancer()
    names = ("deaths_1980_84", "person_years_1980_84", "deaths_1985_89", "person_years_1985_89")
    return tuple(table[name].to_numpy() for name in names)


@cache
def _fit():
    return fit_marginal_likelihood(*_counties()[:2])


def _partial():
    y, n, *_ = _counties()
    return _fit().posterior(y, n).mean()


def _share_without_a_death():
    """Return the share without a death among the lowest tenth over ten years."""
    y, n, y2, n2 = _counties()
    lowest = np.argsort((y + y2) / (n + n2), kind="stable")[: len(y) // 10]
    first = np.argsort(y / n, kind="stable")[: len(y) // 10]
    zero = (y + y2) == 0
    slips = {
        "That is the share of all counties; only the lowest tenth is asked for.": zero.mean(),
        "That is the lowest tenth of 1980-84; take both periods together.": np.mean(y[first] == 0),
        "That is a number of counties; give their share.": zero[lowest].sum(),
    }
    return zero[lowest].mean(), slips


def _county_that_holds_ten():
    """Take 200,000 people over five years, at 10 and at 5 per 100,000."""
    years = "Five years count: 200,000 people give 200,000 person-years in each of them."
    slips = {
        years: [2e5, 20, 10],
        "Deaths are counted over five years too.": [1e6, 20, 10],
    }
    return [1e6, 100, 50], slips


def _errors_of_a_large_county():
    """Return the root mean squared errors at 2,000,000 person-years."""
    chance = 1e5 * np.sqrt(6e-5 / 2e6)
    slips = {
        "The first is in deaths per person-year; give it per 100,000.": [chance / 1e5, 1],
        "Take the square root: an error, not its square.": [chance**2, 1],
        "A typical error has no sign: leave out the minus of the bias.": [chance, -1],
        "That is the other way round: no pooling first.": [1, chance],
    }
    return [chance, 1], slips


def _interval_under_full_bayes():
    """Return the intervals of all counties, one a row: another one may have been ringed."""
    from scipy.special import betaincinv

    y, n, *_ = _counties()
    alpha, beta = _fit().alpha + y, _fit().beta + n - y
    ends = betaincinv(alpha[:, None], beta[:, None], [0.025, 0.975])
    slips = {PER_100_000: 1e5 * ends, "The lower end comes first.": ends[:, ::-1]}
    return ends, slips


def _estimates_from_the_weight():
    y, n, *_ = _counties()
    fit, weight = _fit(), _fit().weight(n)
    slips = {
        "The weights are swapped: the county's own rate gets n / (n + n0).": weight * fit.mean
        + (1 - weight) * y / n,
        "These are the weights; now average the rates with them.": weight,
        "These are the raw rates.": y / n,
        "The centre is fit.mean, not the national rate.": weight * y / n
        + (1 - weight) * y.sum() / n.sum(),
        PER_100_000: 1e5 * _partial(),
    }
    return _partial(), slips


def _farthest_mover():
    y, n, *_ = _counties()
    row = int(np.argmax(np.abs(_partial() - y / n)))
    slips = {
        "That is the smallest county. Others move farther.": int(n.argmin()),
        "That is how far it moves; which row is it?": np.abs(_partial() - y / n)[row],
        "Those are its person-years; which row is it?": int(n[row]),
    }
    return row, slips


def _later_rate_of_the_chosen():
    """Return the later rate in the hundred counties with the highest partially pooled rates."""
    y, n, y2, n2 = _counties()

    def rates(score):
        chosen = np.argsort(-score, kind="stable")[:100]
        return y2[chosen].sum() / n2[chosen].sum(), (y2[chosen] / n2[chosen]).mean()

    pooled, mean_of_rates = rates(_partial())
    slips = {
        PER_100_000: 1e5 * pooled,
        "That is the mean of a hundred rates; add deaths and person-years first.": mean_of_rates,
        "That is the list by raw rate.": rates(y / n)[0],
        "That is the list with the lowest rates.": rates(-_partial())[0],
        "That is the list by number of deaths.": rates(y)[0],
    }
    return pooled, slips


def _coverage_over_units():
    """Return the coverage among all and among the extreme counties of the simulation."""
    from helpers import gamma_poisson, simulate

    _, n, *_ = _counties()
    rng = np.random.default_rng(108)
    truth = rng.gamma(20, 1 / 430_000, len(n))
    fake = simulate.beta_binomial(n, truth=truth, rng=rng, replications=40).y[0]
    answers = gamma_poisson.three_poolings(fake, n)
    extreme = truth > np.quantile(truth, 0.99)

    def held(name):
        _, lower, upper = answers[name]
        holds = (lower <= truth) & (truth <= upper)
        return np.array([holds.mean(), holds[extreme].mean()])

    slips = {
        "These are the shares that are missed.": 1 - held("partial pooling"),
        "Those are the intervals of no pooling.": held("no pooling"),
        "Those are the intervals of complete pooling.": held("complete pooling"),
    }
    return held("partial pooling"), slips


def _where_it_loses():
    """Return the root mean squared errors for one county unlike the others."""
    raw, weight = 1e5 * np.sqrt(15e-5 / 1e5), 0.25
    bias, error = (1 - weight) * 10, np.hypot((1 - weight) * 10, weight * raw)
    swapped = np.hypot(weight * 10, weight * raw)
    slips = {
        "The bias is (1 - weight) times the distance: the mean gets the rest.": [raw, swapped],
        "That is the bias alone; add the variance, then take the root.": [raw, bias],
        "The noise is weighted too: weight times the raw sd.": [raw, np.hypot(bias, raw)],
        "The first is in deaths per person-year; give it per 100,000.": [raw / 1e5, error],
    }
    return [raw, error], slips


def _share_above_one_and_a_half():
    """Return shares above 1.5 times the national rate: raw, estimated, of the population."""
    from scipy import stats

    y, n, *_ = _counties()
    limit, fit = 1.5 * y.sum() / n.sum(), _fit()
    above = stats.beta(fit.alpha, fit.beta).sf(limit)
    raw, estimated = np.mean(y / n > limit), np.mean(_partial() > limit)
    slips = {
        "The third is the chance to be below; take sf, not cdf.": [raw, estimated, 1 - above],
        "Those are numbers of counties; give shares.": [raw * len(y), estimated * len(y), above],
    }
    return [raw, estimated, above], slips


def _spread_less_noise():
    """Return the spread of the larger counties, noise removed."""
    y, n, *_ = _counties()
    big, raw, national = n > 100_000, y / n, y.sum() / n.sum()
    seen, noise = raw[big].var(), np.mean(national / n[big])
    slips = {
        "That is the spread of the raw rates: the noise is still in it.": np.sqrt(seen),
        "Subtract variances, not standard deviations.": np.sqrt(seen) - np.sqrt(noise),
        "That is a variance; take its square root.": seen - noise,
        "That is the noise; it has to be taken away from the raw spread.": np.sqrt(noise),
        PER_100_000: 1e5 * np.sqrt(seen - noise),
    }
    return np.sqrt(seen - noise), slips


EXERCISES = {
    "1.1": Number(_share_without_a_death, share=True),
    "1.2": Numbers(_county_that_holds_ten),
    "1.3": Numbers(_errors_of_a_large_county),
    "1.4": Choice(
        "c",
        {
            "a": "For that, the population would have to change. It is fixed at 20 and 430,000.",
            "b": "The model does not know of states; and its population is fixed.",
            "d": "Los Angeles' own deaths stand in its own estimate: (20 + y) / (430,020 + n).",
        },
    ),
    "1.5": Numbers(_interval_under_full_bayes, rtol=0.03),
    "1.6": Numbers(_estimates_from_the_weight, rtol=1e-3, figures=4),
    "1.7": Number(_farthest_mover, whole=True),
    "1.8": Number(_later_rate_of_the_chosen, rtol=3e-3),
    "1.9": Numbers(_coverage_over_units, share=True),
    "1.10": Numbers(_where_it_loses, rtol=7.5e-3),
    "1.11": Numbers(_share_above_one_and_a_half, share=True),
    "1.12": Number(_spread_less_noise),
    "1.13": Choice(
        "b",
        {
            "a": "No death in a small county says next to nothing. Look at the later rates.",
            "c": "The big counties kept their low rates. Look at the later rates.",
        },
    ),
}
