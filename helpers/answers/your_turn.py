"""The exercises of notebook 05. The right answers are worked out here: try first."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from helpers.beta_binomial import fit_marginal_likelihood, fit_moments, posterior_grid
from helpers.check import choice, exercise, number, numbers
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
    none, complete = y / n, np.full(n.size, y.sum() / n.sum())
    partial = (y + population.prior_sample_size * population.mean) / (
        n + population.prior_sample_size
    )
    return np.array([none, complete, partial])


def weighted_error(rates, later_rate, weights):
    """Return the mean squared error per 1,000 squared, each unit weighted; last axis: units."""
    return np.average((PER * (rates - later_rate)) ** 2, axis=-1, weights=weights)


@exercise("5.1")
def _same_unit(answer):
    return choice(
        answer,
        "c",
        {
            "a": "A small n0 leaves units more of their own data only if the units are counted in "
            "the same thing. Houses and rats are not.",
            "b": "n0 counts imagined data, but of what? 5 houses and 16 rats cannot be compared.",
            "d": "n0 does matter: beside n. What counts is n / n0, which has no unit.",
        },
    )


@exercise("5.2")
def _sids_weights(answer):
    y, n, _, _, population = sids()
    ends = np.array([n.min(), n.max()])
    size = population.prior_sample_size
    raw, corrected = fit_moments(y, n), fit_moments(y, n, remove_noise=True)

    def told(n0):
        return np.r_[n0, ends / (ends + n0)]

    slips = {
        "n0 is right, but those are weights of the state's rate: n / (n + n0) is wanted.": np.r_[
            size, size / (ends + size)
        ],
        "That is beta alone. The prior sample size is alpha + beta.": told(population.beta),
        "The binomial noise is still in that spread (fit_moments as it is), so n0 comes out too "
        "small.": told(raw.prior_sample_size),
        "Those are the corrected moments: a fair answer, but marginal likelihood was asked "
        "for.": told(corrected.prior_sample_size),
    }
    return numbers(answer, told(size), rtol=5e-3, slips=slips)


@exercise("5.3")
def _sids_errors(answer):
    y, n, later_y, later_n, population = sids()
    rates, later = poolings(y, n, population), later_y / later_n
    right = weighted_error(rates, later, later_n)
    slips = {
        "Every county counts the same there. Weight each by its births of 1979-84.": PER**2
        * np.mean((rates - later) ** 2, axis=1),
        "Those are root mean squared errors: leave out the square root.": np.sqrt(right),
        "Those are squared rates per birth. Multiply the rates by 1,000 before squaring.": right
        / PER**2,
        "Weight by the births of 1979-84, the years that are predicted.": weighted_error(
            rates, later, n
        ),
        "That is the error on 1974-78, the years the rates were fitted to.": weighted_error(
            rates, y / n, n
        ),
        "Complete pooling is the state's rate, all deaths over all births. The second is the error "
        "of the fitted population's mean.": np.array(
            [
                right[0],
                weighted_error(np.full(n.size, population.mean), later, later_n),
                right[2],
            ]
        ),
    }
    return numbers(answer, right, rtol=5e-3, slips=slips)


@exercise("5.4")
def _sids_log_scores(answer):
    from scipy import stats

    y, n, later_y, later_n, population = sids()
    _, complete, partial = poolings(y, n, population)
    pooled = stats.binom.logpmf(later_y, later_n, complete).sum()
    right = population.predictive(y, n, later_n).logpmf(later_y).sum()
    later_state = later_y.sum() / later_n.sum()
    slips = {
        "The first uses the state's rate of 1979-84, which nobody knew before. Use that of "
        "1974-78.": np.array([stats.binom.logpmf(later_y, later_n, later_state).sum(), right]),
        "The second is a binomial at the shrunken rate, as if that rate were known for certain. "
        "Use predictive(...), which knows that it is not.": np.array(
            [pooled, stats.binom.logpmf(later_y, later_n, partial).sum()]
        ),
        "The second predicts for new counties: give predictive(...) the data of 1974-78.": np.array(
            [pooled, population.predictive(0, 0, later_n).logpmf(later_y).sum()]
        ),
        "Those are means over counties: give the sums.": np.array([pooled, right]) / y.size,
        "They stand in the wrong order: complete pooling first.": np.array([right, pooled]),
        "Those are sums of probabilities. Add up their logarithms: logpmf, not pmf.": np.array(
            [
                stats.binom.pmf(later_y, later_n, complete).sum(),
                population.predictive(y, n, later_n).pmf(later_y).sum(),
            ]
        ),
    }
    return numbers(answer, np.array([pooled, right]), rtol=3e-4, slips=slips)


@exercise("5.5")
def _leak(answer):
    return choice(
        answer,
        "c",
        {
            "a": "The weights are right: n / (n + n0) goes to the county's own rate.",
            "b": "Weighting by births is a choice, not a slip, and 5.3 made the same one.",
            "d": "That is the weighted mean of the squared errors, as in 5.3.",
        },
    )


@exercise("5.6")
def _best_for_later(answer):
    y, n, later_y, later_n, population = sids()
    n0 = TRIED[:, None]
    later = later_y / later_n
    rates = (y + n0 * population.mean) / (n + n0)
    right = TRIED[weighted_error(rates, later, later_n).argmin()]
    to_state = (y + n0 * y.sum() / n.sum()) / (n + n0)
    slips = {
        "That shrinks towards the state's rate. Shrink towards sids_population.mean.": TRIED[
            weighted_error(to_state, later, later_n).argmin()
        ],
        "That weights every county the same: weight by the births of 1979-84.": TRIED[
            ((rates - later) ** 2).mean(axis=1).argmin()
        ],
        "That is the n0 fitted on 1974-78. Which of those tried predicts 1979-84 "
        "best?": population.prior_sample_size,
        "That is its place in the list; give the n0 itself.": float(
            weighted_error(rates, later, later_n).argmin()
        ),
        "That is the least error; give the n0 that leads to it.": float(
            weighted_error(rates, later, later_n).min()
        ),
    }
    return number(answer, right, rtol=0.03, slips=slips)


@exercise("5.7")
def _half_page(answer):
    if not isinstance(answer, str):
        return "Text between quotes is wanted."
    words = len(answer.split())
    if words < 60:
        return f"Half a page has more than 60 words; this has {words}."
    text = answer.lower().replace(",", "")
    wanted = {
        "the model (binomial, beta)": r"binomial.*beta|beta.*binomial",
        "n0 with its unit (about 3000 births)": r"(?=.*\b(29\d\d|3000|(3|three) thousand)\b)"
        r"(?=.*\bbirths?\b)",
        "weights of two counties": r"\d ?%.*\d ?%|0\.\d+.*0\.\d+|weight.*weight",
        "the years that the test used": r"1979",
        "all three poolings (no, complete, partial)": r"(?=.*\b(no[\s-]+pooling|none|raw)\b)"
        r"(?=.*\bcomplete)(?=.*\bpartial)",
        "how sure you are": r"interval|log score|probabilit",
        "a limit": r"limit|cannot|did not stay|chang|moved",
    }
    missing = [name for name, pattern in wanted.items() if not re.search(pattern, text, re.DOTALL)]
    return f"Not found: {'; '.join(missing)}." if missing else ""


@exercise("5.8")
def _baseball_fit(answer):
    y, n, _, _, _, population = baseball()
    size = population.prior_sample_size
    corrected = fit_moments(y, n, remove_noise=True).prior_sample_size
    slips = {
        "Those are the corrected moments; marginal likelihood was asked for.": np.array(
            [corrected, 45 / (45 + corrected)]
        ),
        "n0 is right, but that is the weight of all players: n / (n + n0) is wanted.": np.array(
            [size, size / (45 + size)]
        ),
    }
    return numbers(answer, np.array([size, 45 / (45 + size)]), rtol=5e-3, slips=slips)


@exercise("5.9")
def _baseball_errors(answer):
    y, n, later_y, later_n, scored, population = baseball()
    squares = (poolings(y, n, population) - later_y / later_n) ** 2
    refitted = fit_marginal_likelihood(y[scored], n[scored])
    without = (poolings(y[scored], n[scored], refitted) - (later_y / later_n)[scored]) ** 2
    slips = {
        "The row of Billy Williams is in there: leave it out of the sums.": squares.sum(axis=1),
        "Fit on all 18 (the first 45 at-bats of Williams are not in doubt), then score "
        "17.": without.sum(axis=1),
        "Those are means: give the sums over the 17 players.": squares[:, scored].mean(axis=1),
    }
    return numbers(answer, squares[:, scored].sum(axis=1), rtol=5e-3, slips=slips)


@exercise("5.10")
def _made_worse(answer):
    y, n, later_y, later_n, scored, population = baseball()
    none, _, partial = poolings(y, n, population)
    later = later_y / later_n
    worse = np.abs(partial - later) > np.abs(none - later)
    slips = {
        "That counts Billy Williams, whose later figures are in doubt.": float(worse.sum()),
        "That is how many it made better.": float((~worse & scored).sum()),
    }
    right = float((worse & scored).sum())
    return number(answer, right, rtol=0, slips={k: v for k, v in slips.items() if v != right})


@exercise("5.11")
def _how_sure(answer):
    y, n, *_ = baseball()
    grid = posterior_grid(y, n, points=400)
    right = grid.quantile(lambda alpha, beta: alpha + beta, [0.1, 0.9])
    slips = {
        "Those are the 5% and 95% points. The 10% and 90% points are asked for.": grid.quantile(
            lambda alpha, beta: alpha + beta, [0.05, 0.95]
        ),
        "Those are the points of alpha; n0 is alpha + beta.": grid.quantile(
            lambda alpha, beta: alpha, [0.1, 0.9]
        ),
    }
    return numbers(answer, right, rtol=0.1, slips=slips)  # sampled answers vary by a few percent


#: Where the course answers the five questions.
LOOK_BACK = (
    "weights: section 2 of notebook 02. Ten balls carry little weight, a thousand carry much.",
    "the puzzle of notebook 01: small groups fill both ends of every ranking.",
    "notebook 02, section 7, and exercise 5.10: better on the whole, worse for some.",
    "observed variance is true variance plus noise: notebook 02, section 1.",
    "the grid of section 3 on this page: a new unit is predicted from the population.",
)


@exercise("5.12")
def _five_questions(answer):
    given = _letters(answer)
    if given is None:
        return 'Five letters are wanted, as in ("a", "b", "c", "a", "b").'
    from helpers.answers.start_here import QUESTIONS

    off = [k for k, right in enumerate(QUESTIONS) if given[k] != right]
    return " ".join(f"Question {k + 1}: {LOOK_BACK[k]}" for k in off)


def compare_answers(before, after) -> None:
    """Print how many of the five questions were right before the course, and after it."""
    from helpers.answers.start_here import QUESTIONS

    for name, answer in (("before", before), ("after", after)):
        given = _letters(answer)
        if given is None:
            print(f"{name}: five letters are wanted")
        else:
            marks = ["right" if x == y else "wrong" for x, y in zip(given, QUESTIONS, strict=True)]
            print(f"{name:7s}{marks.count('right')} of 5: {', '.join(marks)}")


def _letters(answer):
    """Return five lower-case letters, or None."""
    if not isinstance(answer, tuple | list) or len(answer) != 5 or ... in answer:
        return None
    return [str(letter).strip().lower() for letter in answer]
