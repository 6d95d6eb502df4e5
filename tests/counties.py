"""The counties once more, by other routes than pages 01 and further/kidney_cancer take.

The pages count 100,000 person-years and use Gamma and Poisson. Here single person-years are
trials, populations are Beta distributions, and tenths are parts of a sorted table.
"""

from __future__ import annotations

import itertools
import warnings
from types import SimpleNamespace

import numpy as np
from scipy import optimize, special, stats

from helpers.datasets import load_kidney_cancer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the twin says so
    table = load_kidney_cancer()
y, y2 = (table[f"deaths_{period}"].to_numpy() for period in ("1980_84", "1985_89"))
n, n2 = (table[f"person_years_{period}"].to_numpy() for period in ("1980_84", "1985_89"))
state = table["state"].to_numpy()
national, trend = y.sum() / n.sum(), (y2.sum() / n2.sum()) / (y.sum() / n.sum())
TENTHS = np.array_split(np.argsort(n, kind="stable"), 10)
SMALLER_HALF = np.concatenate(TENTHS[:5])
ZERO = np.flatnonzero(y == 0)
HIGHEST = np.argsort(-y / n, kind="stable")[: len(y) // 10]
LOW_AND_BIG = [j for j in range(len(y)) if n[j] >= 500_000 and y[j] < 4e-5 * n[j]]
MIFFLIN = table.index[table["county"] == "Mifflin County"][0]


def log_likelihood(mean, size, where=slice(None)):
    """Return counties' log likelihoods under a Beta population, binomial coefficients left out."""
    a, b, own = mean * size, (1 - mean) * size, n[where] - y[where]
    return special.betaln(a + y[where], b + own) - special.betaln(a, b)


def misfit(z):
    """Return minus the log likelihood of a Beta population, for log mean and log n0."""
    mean, size = np.exp(z)
    return -log_likelihood(mean, size).sum()


_options = {"xatol": 1e-7, "fatol": 1e-7}
mean, n0 = np.exp(
    optimize.minimize(misfit, np.log([5e-5, 2e5]), method="Nelder-Mead", options=_options).x
)
estimate = (mean * n0 + y) / (n0 + n)
population = stats.beta(mean * n0, (1 - mean) * n0)


def scores(deaths, size, factor=trend):
    """Return each county's log score under prior deaths in `size` person-years."""
    later = np.rint(factor * n2).astype(int)
    return stats.betabinom.logpmf(y2, later, deaths + y, size - deaths + n - y)


def gain_and_error(gains) -> tuple[float, float]:
    """Return the sum of counties' gains and its standard error, states as clusters."""
    sums = np.array([gains[state == one].sum() for one in sorted(set(state))])
    return sums.sum(), np.sqrt(len(sums) * ((sums - sums.mean()) ** 2).sum() / (len(sums) - 1))


complete = stats.binom.logpmf(y2, np.rint(trend * n2).astype(int), national)
learnt, fixed = scores(mean * n0, n0), scores(20, 430_000)


def promised(rate, where, factor=trend) -> float:
    """Return the later deaths that rates promise in some counties."""
    return sum(factor * rate[j] * n2[j] for j in where)


def later_rate(where) -> float:
    """Return the later rate of some counties taken together, per 100,000."""
    return 1e5 * sum(y2[where]) / sum(n2[where])


def top(values, rows):
    """Return the places of the highest values, ties in the table's order."""
    return sorted(range(len(y)), key=lambda j: -values[j])[:rows]


def adjusted(period: str) -> list[float]:
    """Return the age-adjusted rates of the tenths, weighted by person-years."""
    deaths, years = table[f"deaths_{period}"], table[f"person_years_{period}"]
    rate = table[f"age_adjusted_rate_{period}"].fillna(1e5 * deaths / years).to_numpy()
    return [np.average(rate[part], weights=years[part]) for part in TENTHS]


def by_age() -> SimpleNamespace:
    """Fit the Gamma population on the exposures that give the age-adjusted rates.

    With and without a straight line in the log of size, by a search without slopes.
    """
    rate, size = table["age_adjusted_rate_1980_84"].to_numpy(), np.log(n / n.mean())
    exposure = np.where(y > 0, 1e5 * y / np.where(rate > 0, rate, 1), n)

    def loss(z, slope):
        log_mean, log_size = z[0] + slope * z[2] * size, z[1]
        shape, scale = np.exp(log_mean + log_size), exposure / np.exp(log_size)
        part = special.gammaln(shape + y) - special.gammaln(shape) - shape * np.log1p(scale)
        return -(part + y * (np.log(exposure) - log_size - np.log1p(scale))).sum()

    start, options = [-9.9, 13, 0.0], {"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-6}
    flat, line = (
        optimize.minimize(loss, start, (slope,), method="Nelder-Mead", options=options)
        for slope in (0, 1)
    )
    size0, mean0 = np.exp(flat.x[1]), np.exp(flat.x[0])
    pooled = (mean0 * size0 + y) / (size0 + exposure)
    return SimpleNamespace(
        n0=size0, spread=1 / np.sqrt(mean0 * size0), estimate=pooled, slope=line.x[2]
    )


def touches() -> np.ndarray:
    """Say of each county whether one without a death has a stretch of border in common with it."""
    from helpers.datasets import load_county_shapes

    owners: dict[frozenset, set] = {}
    for code, rings in load_county_shapes().rings.items():
        for ring in rings:
            corners = list(map(tuple, ring.round(3).tolist()))
            for step in itertools.pairwise(corners):
                owners.setdefault(frozenset(step), set()).add(code)
    zero, beside = set(table["fips"][ZERO]), set()
    for codes in owners.values():
        beside |= {code for code in codes if (codes - {code}) & zero}
    return table["fips"].isin(beside).to_numpy()


def typical(p) -> bool:
    """Draw counts of a county and compare their typical error with bias and variance."""
    rate = np.random.default_rng(2).poisson(6 * 0.2, 200_000) / 0.2
    guess = 0.5 * rate + 0.5 * 5  # neither without bias nor without variance
    return np.isclose(np.hypot(0.5, guess.std()), ((guess - 6) ** 2).mean() ** 0.5, rtol=0.01)
