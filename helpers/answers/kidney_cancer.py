"""Checks behind the exercises of notebook 01; each recomputes its answer from the table at hand.

So the answers of the simulated twin pass too.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from helpers.check import choice, exercise, number, numbers


@cache
def _counties():
    """Return deaths and person-years of both periods: y, n, y2, n2."""
    from helpers.datasets import load_kidney_cancer

    table = load_kidney_cancer()
    names = ("deaths_1980_84", "person_years_1980_84", "deaths_1985_89", "person_years_1985_89")
    return tuple(table[name].to_numpy() for name in names)


@cache
def _fit():
    from helpers.beta_binomial import fit_marginal_likelihood

    return fit_marginal_likelihood(*_counties()[:2])


def _partial():
    y, n, *_ = _counties()
    return _fit().posterior(y, n).mean()


@exercise("1.1")
def share_of_the_lowest_without_a_death(answer) -> str:
    """Take the lowest tenth over ten years."""
    y, n, y2, n2 = _counties()
    lowest = np.argsort((y + y2) / (n + n2), kind="stable")[: len(y) // 10]
    first = np.argsort(y / n, kind="stable")[: len(y) // 10]
    zero = (y + y2) == 0
    return number(
        answer,
        zero[lowest].mean(),
        slips={
            "That is the share of all counties; only the lowest tenth is asked for.": zero.mean(),
            "That is the lowest tenth of 1980-84; take both periods together.": (
                y[first] == 0
            ).mean(),
            "That is a number of counties; divide by how many the lowest tenth has.": zero[
                lowest
            ].sum(),
        },
    )


@exercise("1.2")
def a_county_that_holds_ten(answer) -> str:
    """200,000 people over five years at 10 per 100,000."""
    return numbers(
        answer,
        [1e6, 100, 50],
        slips={
            "Five years count: 200,000 people give 200,000 person-years in each of them.": [
                2e5,
                20,
                10,
            ],
            "Deaths are counted over five years too.": [1e6, 20, 10],
        },
    )


@exercise("1.3")
def errors_of_a_large_county(answer) -> str:
    """Root mean squared errors at 2,000,000 person-years."""
    chance = 1e5 * np.sqrt(6e-5 / 2e6)
    return numbers(
        answer,
        [chance, 1.0],
        rtol=0.02,
        slips={
            "The first is a variance or its square root in deaths per person-year; "
            "quote it per 100,000.": [np.sqrt(6e-5 / 2e6), 1.0],
            "Take the square root: an error, not its square.": [chance**2, 1.0],
            "A typical error has no sign: give the bias as 1.": [chance, -1.0],
            "That is the other way round: no pooling first.": [1.0, chance],
        },
    )


@exercise("1.4")
def who_learns_from_a_fixed_prior(answer) -> str:
    """Ask who moves when the hyperparameters are fixed."""
    return choice(
        answer,
        "c",
        {
            "a": "For that, the population would have to change. It is fixed at 20 and 430,000.",
            "b": "The model does not know of states; and its population is fixed.",
            "d": "Los Angeles' own deaths stand in its own estimate: (20 + y) / (430,020 + n).",
        },
    )


@exercise("1.5")
def interval_under_full_bayes(answer) -> str:
    """Accept any county's interval: the learner may have ringed another one."""
    try:
        lower, upper = (float(end) for end in answer)
    except (TypeError, ValueError):
        return "Two numbers are wanted, the lower and the upper end."
    if not 0 <= lower < upper:
        return "The lower end comes first, and both are rates of 0 or more."
    if upper > 0.01:
        return "In deaths per person-year, please: divide what you have by 100,000."
    y, n, *_ = _counties()
    ends = np.array(_fit().posterior(y, n).interval(0.95))
    off = np.abs(ends - [[lower], [upper]]) / ends[1]
    if (off < 0.03).all(axis=0).any():
        return ""
    return (
        "This is near no county's interval. Draw one rate from a Beta for each pair, then take "
        "the 2.5% and 97.5% quantiles of all of them."
    )


@exercise("1.6")
def estimates_from_the_weight(answer) -> str:
    """Compare with the partially pooled rates of all counties."""
    y, n, *_ = _counties()
    fit = _fit()
    weight = fit.weight(n)
    return numbers(
        answer,
        _partial(),
        rtol=1e-6,
        slips={
            "The weights are swapped: the county's own rate gets n / (n + n0).": weight * fit.mean
            + (1 - weight) * y / n,
            "These are the weights; now average the rates with them.": weight,
            "These are the raw rates.": y / n,
        },
    )


@exercise("1.7")
def farthest_mover(answer) -> str:
    """Row number of the county that moves farthest."""
    y, n, *_ = _counties()
    move = np.abs(_partial() - y / n)
    if isinstance(answer, bool) or not isinstance(answer, int | np.integer):
        return "A row number is wanted, as argmax gives."
    if not 0 <= answer < len(y):
        return f"Rows run from 0 to {len(y) - 1}."
    if np.isclose(move[answer], move.max(), rtol=1e-9):
        return ""
    if answer == n.argmin():
        return f"That is the smallest county; {(move > move[answer]).sum()} counties move farther."
    return f"{(move > move[answer]).sum()} counties move farther than that one."


@exercise("1.8")
def later_rate_of_the_chosen(answer) -> str:
    """Later rate in the hundred counties with the highest partially pooled rates."""
    y, n, y2, n2 = _counties()

    def rates(score):
        chosen = np.argsort(-score, kind="stable")[:100]
        return y2[chosen].sum() / n2[chosen].sum(), (y2[chosen] / n2[chosen]).mean()

    pooled, mean_of_rates = rates(_partial())
    return number(
        answer,
        pooled,
        slips={
            "That is per 100,000; give deaths per person-year.": 1e5 * pooled,
            "That is the mean of a hundred rates; add deaths and person-years first.": (
                mean_of_rates
            ),
            "That is the list by raw rate.": rates(y / n)[0],
            "That is the list with the lowest rates.": rates(-_partial())[0],
            "That is the list by number of deaths.": rates(y)[0],
        },
    )


@exercise("1.9")
def coverage_over_units(answer) -> str:
    """Coverage among all counties and among the extreme ones, in the page's simulation."""
    from helpers import counts, simulate

    _, n, *_ = _counties()
    rng = np.random.default_rng(108)
    truth = rng.gamma(20, 1 / 430_000, len(n))
    fake = simulate.beta_binomial(n, truth=truth, rng=rng, replications=40).y[0]
    _, lower, upper = counts.three_poolings(fake, n)["partial pooling"]
    holds = (lower <= truth) & (truth <= upper)
    extreme = truth > np.quantile(truth, 0.99)
    expected = [holds.mean(), holds[extreme].mean()]
    return numbers(
        answer,
        expected,
        rtol=1e-9,
        atol=1e-9,
        slips={"These are the shares that are missed.": 1 - np.array(expected)},
    )


@exercise("1.10")
def where_it_loses(answer) -> str:
    """Root mean squared errors for one county unlike the others."""
    chance, weight = 1e5 * np.sqrt(15e-5 / 1e5), 0.25
    partial = np.hypot((1 - weight) * 10, weight * chance)
    return numbers(
        answer,
        [chance, partial],
        rtol=0,
        atol=0.05,
        slips={
            "The bias is (1 - weight) times the distance: the mean gets the rest.": [
                chance,
                np.hypot(weight * 10, weight * chance),
            ],
            "That is the bias alone; add the variance, then take the root.": [
                chance,
                (1 - weight) * 10,
            ],
            "The noise is weighted as well: weight times the raw standard deviation.": [
                chance,
                np.hypot((1 - weight) * 10, chance),
            ],
        },
    )


@exercise("1.11")
def share_above_one_and_a_half(answer) -> str:
    """Shares of raw rates, of estimates, and of the population above 1.5 times the national."""
    from scipy import stats

    y, n, *_ = _counties()
    limit, fit = 1.5 * y.sum() / n.sum(), _fit()
    above = stats.beta(fit.alpha, fit.beta).sf(limit)
    expected = [(y / n > limit).mean(), (_partial() > limit).mean(), above]
    return numbers(
        answer,
        expected,
        rtol=1e-3,
        slips={
            "The third is the chance to be below; take sf, not cdf.": [*expected[:2], 1 - above],
            "Shares between 0 and 1, not per cent.": 100 * np.array(expected),
        },
    )


@exercise("1.12")
def spread_less_noise(answer) -> str:
    """Compare with the spread of the larger counties, noise removed."""
    y, n, *_ = _counties()
    big, raw, national = n > 100_000, y / n, y.sum() / n.sum()
    noise = national / n[big]
    return number(
        answer,
        np.sqrt(raw[big].var() - noise.mean()),
        rtol=0.01,
        slips={
            "That is the spread of the raw rates: the noise is still in it.": raw[big].std(),
            "Subtract variances, not standard deviations.": raw[big].std() - np.sqrt(noise.mean()),
            "That is a variance; take its square root.": raw[big].var() - noise.mean(),
            "That is the noise; it has to be taken away from the raw spread.": np.sqrt(
                noise.mean()
            ),
            "That is per 100,000; give deaths per person-year.": 1e5
            * np.sqrt(raw[big].var() - noise.mean()),
        },
    )


@exercise("1.13")
def the_bet(answer) -> str:
    """Settle the bet of section 1."""
    y, n, y2, n2 = _counties()
    big = (n >= 500_000) & (y / n < 4e-5)
    later = {name: 1e5 * y2[at].sum() / n2[at].sum() for name, at in (("A", y == 0), ("B", big))}
    told = f"Later rates: group A {later['A']:.1f}, group B {later['B']:.1f} per 100,000."
    return choice(
        answer,
        "b",
        {
            "a": f"{told} No death in a small county says next to nothing.",
            "c": f"{told} The big counties kept their low rates.",
        },
    )
