"""What the page further/kidney_cancer claims, and where each claim comes from."""

import functools
from types import SimpleNamespace

import numpy as np
from scipy import integrate, optimize, special, stats

from helpers import gamma_poisson
from tests import counties as c
from tests.pages import Panel, Series, way

POOLED, FIRST = 1e5 * c.estimate, c.top(c.estimate, 5)
UTAH = c.state == "Utah"
SHORT = c.y2[c.ZERO].sum() - c.promised(c.estimate, c.ZERO)
LARGEST = np.isin(np.arange(len(c.y)), c.TENTHS[9])


def rise(where) -> float:
    """Return how much the death rate of some counties rose, as a share."""
    return (c.y2[where].sum() / c.n2[where].sum()) / (c.y[where].sum() / c.n[where].sum()) - 1


OWN_TREND = 1 + np.where(LARGEST, rise(LARGEST), rise(~LARGEST))


def crude(tenth: int) -> float:
    """Return the crude rate of a tenth of the counties in 1980-84, per 100,000."""
    return 1e5 * c.y[c.TENTHS[tenth]].sum() / c.n[c.TENTHS[tenth]].sum()


AGE = c.table["age_adjusted_rate_1980_84"].to_numpy() * 1e-5
AGE = np.where(np.isnan(AGE), c.y / c.n, AGE)  # the twin has no ages
BY_AGE = np.where(c.y > 0, c.y / np.where(AGE > 0, AGE, 1), c.n)
AS_TENTH = BY_AGE.copy()  # the counties without a death: as the others of their tenth
for part in c.TENTHS:
    some = part[c.y[part] > 0]
    AS_TENTH[part[c.y[part] == 0]] *= BY_AGE[some].sum() / c.n[some].sum()


@functools.cache
def by_size(exposure: str = "n"):
    """Fit a curve in size by a search without slopes, in single person-years.

    Return each county's prior deaths, the prior sample size, and what the curve gains.
    """
    size, years = np.log(c.n / 1e5), {"n": c.n, "age": BY_AGE, "tenth": AS_TENTH}[exposure]

    def shape_of(z):
        return np.exp(z[0] + z[1] * size + z[2] * size**2 + z[3])

    def loss(z):
        return -stats.nbinom.logpmf(c.y, shape_of(z), 1 / (1 + years / np.exp(z[3]))).sum()

    def search(loss, start):
        options = {"maxiter": 8000, "maxfev": 8000, "xatol": 1e-6, "fatol": 1e-6}
        return optimize.minimize(loss, start, method="Nelder-Mead", options=options)

    curve = search(loss, [-9.9, 0, 0, 13.5])
    flat = search(lambda z: loss([z[0], 0, 0, z[1]]), [-9.9, 13.5])
    return shape_of(curve.x), np.exp(curve.x[3]), flat.fun - curve.fun


def curve_scores(factor) -> np.ndarray:
    """Return each county's log score of the curve in size."""
    shape, size, _ = by_size()
    share = (size + c.n) / (size + c.n + factor * c.n2)
    return stats.nbinom.logpmf(c.y2, shape + c.y, share)


def curve_promise(factor, where=c.ZERO) -> float:
    """Return the deaths that the curve in size promises some counties."""
    shape, size, _ = by_size()
    return ((shape + c.y) / (size + c.n) * factor * c.n2)[where].sum()


def flat_promise(factor, where) -> float:
    """Return the deaths that one mean for all promises some counties."""
    return (factor * c.n2 * c.estimate)[where].sum()


def own_size() -> float:
    """Return the deaths that the counties of the same tenths with a death would give."""
    zero, found = np.isin(np.arange(len(c.y)), c.ZERO), 0
    for part in c.TENTHS:
        none, some = part[zero[part]], part[~zero[part]]
        found += c.n2[none].sum() * c.y2[some].sum() / max(c.n2[some].sum(), 1)
    return found


@functools.cache
def within_states() -> SimpleNamespace:
    """Fit Beta populations within normal states, by Gauss and Hermite and without slopes."""
    at, mass = np.polynomial.hermite_e.hermegauss(21)
    code = np.unique(c.state, return_inverse=True)[1]

    def parts(z):  # of each node and state
        means = np.exp(z[0] + np.exp(z[1]) * at)
        found = [np.bincount(code, c.log_likelihood(mean, np.exp(z[2]))) for mean in means]
        return means, np.array(found) + np.log(mass / mass.sum())[:, None]

    def loss(z):
        return -special.logsumexp(parts(z)[1], axis=0).sum()

    options = {"xatol": 1e-3, "fatol": 1e-3}
    z = optimize.minimize(loss, [-9.9, -2, 13], method="Nelder-Mead", options=options).x
    means, weights = parts(z)
    mean = (means @ special.softmax(weights, axis=0))[code]
    n0 = np.exp(z[2])
    return SimpleNamespace(
        n0=n0,
        spread=np.exp(z[1]),
        utah=1e5 * mean[UTAH][0],
        gains=c.scores(mean * n0, n0) - c.learnt,
        promised=(c.trend * c.n2 * (mean * n0 + c.y) / (n0 + c.n))[c.ZERO].sum(),
    )


@functools.cache
def full_bayes() -> tuple[np.ndarray, np.ndarray]:
    """Return 95% ends of n0, and of the smallest county's rate, on a grid of the Beta model."""
    of_mean, of_size = np.linspace(-0.05, 0.05, 13), np.linspace(-0.45, 0.45, 41)
    away = np.stack(np.meshgrid(of_mean, of_size), -1).reshape(-1, 2)
    z = np.log([c.mean, c.n0]) + away
    prior = ((z - np.log([5e-5, 2e5])) ** 2 / [2 * 0.8**2, 2 * 1.15**2]).sum(axis=1)
    mass = special.softmax([-c.misfit(one) for one in z] - prior)
    (mean, size), j = np.exp(z).T, c.n.argmin()
    a, b = mean * size + c.y[j], (1 - mean) * size + c.n[j] - c.y[j]
    each = mass.reshape(41, 13).sum(axis=1)
    sizes, up_to = c.n0 * np.exp(of_size), np.cumsum(each) - each / 2
    rates = np.linspace(1, 12, 2000)
    below = [mass @ stats.beta.cdf(1e-5 * rate, a, b) for rate in rates]
    ends = [0.025, 0.975]
    return np.interp(ends, up_to, sizes) / 1e5, np.interp(ends, below, rates)


def middle() -> float:
    """Return the share of true rates that the posteriors put between 0.8 and 1.25 national ones."""
    posterior = stats.gamma(c.mean * c.n0 + c.y, scale=1 / (c.n0 + c.n))
    return (posterior.cdf(1.25 * c.national) - posterior.cdf(0.8 * c.national)).mean()


def no_spread():
    """Return the typical error of complete pooling and of partial pooling without any spread."""
    rng, errors = np.random.default_rng(3), []
    for _ in range(6):
        deaths = rng.poisson(5e-5 * c.n)
        found = gamma_poisson.three_poolings(deaths, c.n)
        errors.append([np.mean((found[name][0] - 5e-5) ** 2) ** 0.5 for name in list(found)[1:]])
    return np.mean(errors, axis=0)


@functools.cache
def places() -> SimpleNamespace:
    """Return the counties expected in each tenth of their predictions, and in the intervals."""
    shape, share = c.mean * c.n0 + c.y, (c.n0 + c.n) / (c.n0 + c.n + c.trend * c.n2)

    def up_to(k):  # negative binomial, as an incomplete beta integral
        return np.where(k < 0, 0, special.betainc(shape, np.maximum(k, 0) + 1, share))

    below, above = up_to(c.y2 - 1), up_to(c.y2)
    edges = np.clip((np.arange(11)[:, None] / 10 - below) / (above - below), 0, 1)
    low, high = stats.nbinom.ppf([[0.025], [0.975]], shape, share)
    return SimpleNamespace(
        bars=np.diff(edges.sum(axis=1)),
        inside=np.mean((above >= 0.025) & (below < 0.975)),
        implied=(up_to(high) - up_to(low - 1)).mean(),
    )


def poisson_5() -> tuple[int, int]:
    """Return the most probable alpha and beta under Poisson(5), by a search over whole numbers."""

    def height(a, b):
        likelihood = special.betaln(a + c.y, b + c.n - c.y) - special.betaln(a, b)
        return stats.poisson.logpmf([a, b], 5).sum() + likelihood.sum()

    pairs = [(a, b) for a in (1, 2, 3) for b in range(100, 1000, 100)]
    a, b = max(pairs, key=lambda pair: height(*pair))
    for step in (30, 10, 3, 1):
        b = max(range(b - 4 * step, b + 4 * step + 1, step), key=lambda k: height(a, k))
    return a, b


SOURCE = poisson_5()
AWAY = abs((SOURCE[0] + c.y) / (sum(SOURCE) + c.n) - c.national) > abs(c.y / c.n - c.national)

BARS, STATES, MEDIAN = places().bars, within_states(), np.median(c.n)
CHANCE = np.sqrt(len(c.y) * 0.1 * 0.9)
OWN_SCORES = c.scores(c.mean * c.n0, c.n0, OWN_TREND)
SHAPE, SIZE, _ = by_size()
PREDICTED = stats.nbinom(SHAPE + c.y, (SIZE + c.n) / (SIZE + c.n + c.trend * c.n2))
SHORT_SD = np.sqrt(PREDICTED.var()[c.ZERO].sum())
LARGE = c.n > 3e5
SALT_LAKE = c.n[UTAH].max() / c.n[UTAH].sum()
#: The two states that may be missing.
MISSING = [name.lower() for name in ("Alaska", "Hawaii") if name not in c.state]
# weight 1/4: variance r/16 + bias (3 (5 - r)/4)^2 = r, a square equation in r
BETTER = np.sort(np.roots([9 / 16, -90 / 16 - 15 / 16, 225 / 16]))


def fitted(exposure, where=slice(None)):
    """Fit mean and n0 by a search without slopes, in single person-years."""
    deaths, years = c.y[where], exposure[where]

    def loss(z):
        mean, n0 = np.exp(z)
        return -stats.nbinom.logpmf(deaths, mean * n0, n0 / (n0 + years)).sum()

    options = {"xatol": 1e-6, "fatol": 1e-6}
    return np.exp(optimize.minimize(loss, [-9.9, 13.5], method="Nelder-Mead", options=options).x)


def spread(exposure, where=LARGE) -> float:
    """Return the sd of some counties' true rates as a share of their mean."""
    mean, n0 = fitted(exposure, where)
    return 1 / np.sqrt(mean * n0)


def adjusted_rise() -> float:
    """Return how much the nation's age-adjusted rate rose, as a share."""
    rates = [
        np.average(c.table[f"age_adjusted_rate_{period}"], weights=years)
        for period, years in (("1980_84", c.n), ("1985_89", c.n2))
    ]
    return rates[1] / rates[0] - 1


def plugged_in():
    """Return the 95% ends of the smallest county under the fitted Beta population."""
    j = c.n.argmin()
    a, b = c.mean * c.n0 + c.y[j], (1 - c.mean) * c.n0 + c.n[j] - c.y[j]
    return 1e5 * stats.beta.ppf([0.025, 0.975], a, b)


def errors_at_largest(p, pooling: str) -> np.ndarray:
    """Return the typical errors of ten tables at the largest spread."""
    return np.array([row[f"{pooling} pooling"] for row in p["errors"] if row["spread"] == 1.6])


def left_to_chance(p, pooling: str) -> float:
    """Return the standard error of the mean of the ten."""
    return errors_at_largest(p, pooling).std(ddof=1) / np.sqrt(10)


def largest(p) -> float:
    """Return how many times no pooling's error partial pooling has at the largest spread."""
    return errors_at_largest(p, "partial").mean() / errors_at_largest(p, "no").mean()


FACTS = [
    ("", "counts person-years rates per", [1e5, "per 100,000 a year"]),
    ("", "find where pooling", way(-1)),
    ("", "reason promise was", way(-1)),
    ("10", "take probable pair", way(1)),
    ("10", "ask for one", [way(-1), 5]),
    ("10", "adds death every county", "adds one death to every county"),
    ("10", "thousand counties", [3, 1000]),
    ("11", "mended normal distributions", 2),
    ("11", "inner line holds probability", [0.5, 0.95]),
    ("11", "draw rate county", way(-1)),
    ("12", "first counties pooled possible truths", [5, 1000]),
    ("12", "holds for ranks", way(0)),
    ("1.5", "share counties true rate exceed", 1.5),
    ("1.5", "give", [3, 0.123]),
    ("13", "each later count distribution", [0, way(-1), 1]),
    ("13", "low rather than narrow", ["too low rather than too narrow"]),
    ("13", "scale holds counties", [0.1, 0.1]),
    ("13", "counts jump intervals hold", [way(1), 0.95]),
    ("14", "true rates differ about", [0.2, 0.2]),
    ("14", "tables each", 10),
    ("14", "typical tables", 10),
    ("14", "little find out", way(-1)),
    ("14", "true rates lognormal", "rates are lognormal the model's are gamma"),
    ("14", "best or", way(-1)),
    ("1.6", "rates book's population gamma", [20, 4.3]),
    ("1.6", "holds tables deaths intervals", [10, 0.95]),
    ("1.6", "counties in true rates", [0.01, way(1)]),
    ("1.6", "counties out missed", [way(1), way(1)]),
    ("1.6", "average counties", 0.95),
    ("1.7", "county person-years hidden", 100_000),
    ("1.7", "true rate is", 15),
    ("1.7", "other counties mean", [5, 300_000]),
    ("17", "without person-years", "we keep the person-years"),
    ("1.7", "smaller true rate", ["smaller error", *BETTER]),
    ("15", "state grid returns", ["log prior of that mean log likelihood"]),
    ("16", "ignores things", 2),
    ("1.8", "is cause", "(a) size is the cause"),
    ("1.8", "trends explain all", "(b) the two trends explain"),
    ("1.8", "each mend cause", ["(c) each mend", way(-1)]),
    ("1.8", "neither matters", "(d) neither matters"),
    ("figure 2", "map counties shades", 5),
    ("figure 2", "below", [way(-1), 0.67]),
    ("figure 2", "to", [0.67, 0.8]),
    ("figure 2", "to", [0.8, 1.25]),
    ("figure 2", "to", [1.25, 1.5]),
    ("figure 2", "above", [way(1), 1.5]),
    ("figure 4", "lines size", 0.1),
    ("figure 4", "crude", "crude 1980 84"),
    ("figure 4", "adjusted", "adjusted 1980 84"),
    ("figure 4", "crude", "crude 1985 89"),
    ("figure 4", "adjusted", "adjusted 1985 89"),
    ("11", "groups there one", way(-1)),
    ("11", "difference first county", "for this county"),
    ("1.5", "one and a", [way(1), 0.5]),
    ("figure 3", "histogram places bins", 10),
    ("figure 4", "tenth counties", 10),
]

#: What holds on the real table alone.
ON_REAL = [
    ("figure 1", "50%", 0.5),
    ("figure 1", "95%", 0.95),
    ("", "promise was deaths short", SHORT),
    ("10", "compromise is for", list(SOURCE)),
    ("10", "aims times", [SOURCE[0] / sum(SOURCE) / c.national, way(1)]),
    ("10", "moves them away", AWAY.mean()),
    ("10", "prior sample size median", [sum(SOURCE), MEDIAN / (MEDIAN + sum(SOURCE))]),
    ("11", "plugs pair mean", [1e5 * c.mean, c.n0 / 1e5]),
    (
        "12",
        "estimates middle shade true rates",
        [
            np.mean(abs(np.log(c.estimate / c.national)) < np.log(1.25)),
            integrate.quad(c.population.pdf, 0.8 * c.national, 1.25 * c.national)[0],
        ],
    ),
    ("12", "even first may stand behind others", 5),
    (
        "12",
        "exaggerate counties estimates",
        ["raw rates exaggerate small counties", "only large ones"],
    ),
    ("12", "draw spots places", [way(np.mean(c.population.rvs(9) > 0)), "wrong places"]),
    (
        "13",
        "upper bars last chance",
        [(len(c.y) / 10 < BARS).sum(), "too high", round(BARS[9], -2), len(c.y) / 10, CHANCE],
    ),
    (
        "14",
        "last row chance",
        [lambda p: left_to_chance(p, "partial"), lambda p: left_to_chance(p, "complete")],
    ),
    ("14", "it little", way(no_spread()[0] - no_spread()[1])),
    ("14", "large spread", lambda p: "near no pooling" if largest(p) < 1.2 else "far from"),
    ("15", "grows from", [way(1), c.n0 / 1e5, lambda p: p["nested"].prior_sample_size]),
    (
        "15",
        "utah's own rate estimate",
        [
            1e5 * c.y[UTAH].sum() / c.n[UTAH].sum(),
            lambda p: p["of_state"][p["states"] == "Utah"][0],
        ],
    ),
    ("15", "salt lake county", [SALT_LAKE, UTAH.sum()]),
    ("15", "states columbia", len(set(c.state)) - 1),
    ("15", "columbia table", f"{' '.join(MISSING)} is not in"),
    ("15", "log score standard error", [way(1), *c.gain_and_error(STATES.gains)]),
    (
        "15",
        "counties promised came",
        [STATES.promised, way(-1), c.promised(c.estimate, c.ZERO), c.y2[c.ZERO].sum()],
    ),
    ("16", "promised later deaths counties", c.promised(c.estimate, c.ZERO)),
    ("16", "came", c.y2[c.ZERO].sum()),
    ("16", "national trend average", c.trend - 1),
    ("16", "deaths rose by", [rise(LARGEST), way(1), 0.1, rise(~LARGEST)]),
    ("16", "trends read later years", [3, way(1), 0.1]),
    ("16", "tenths would some evidence", ["same tenths", own_size(), "low rate"]),
    (
        "1.8",
        "size curve promises standard error",
        [curve_promise(c.trend), way(1), *c.gain_and_error(curve_scores(c.trend) - c.learnt)],
    ),
    (
        "1.8",
        "trends promise gain",
        [2, flat_promise(OWN_TREND, c.ZERO), *c.gain_and_error(OWN_SCORES - c.learnt)],
    ),
    (
        "1.8",
        "trends promise both together",
        [curve_promise(OWN_TREND), *c.gain_and_error(curve_scores(OWN_TREND) - c.learnt)],
    ),
    ("1.8", "standard deviation from", [3, SHORT_SD, way(-1), c.y2[c.ZERO].sum()]),
    ("17", "small counties really rates", [way(-1), way(crude(0) - crude(9))]),
    ("17", "adjusted rates size", way(-1)),
    ("17", "crude rates from", [way(-1), crude(0), way(-1), 0.1, crude(9), way(1)]),
    ("17", "adjusted rates from", [way(1), c.adjusted("1980_84")[0], c.adjusted("1980_84")[9]]),
    ("17", "they too evenly from", [way(1), c.adjusted("1985_89")[0], c.adjusted("1985_89")[9]]),
    ("17", "men counties older explains", [way(-1), way(1), way(crude(0) - crude(9))]),
    ("17", "source calls rates deaths counties", [way(-1), 20, np.mean(c.y < 20)]),
    ("17", "adjusted nation's rate", ["rises by", adjusted_rise(), c.trend - 1]),
    (
        "17",
        "counties above spread",
        [LARGE.sum(), way(1), 3e5, way(-1), spread(c.n), spread(BY_AGE)],
    ),
    (
        "17",
        "spread between counties mean",
        [way(-1), c.population.std() / c.mean, c.by_age().spread, way(1), 2e6],
    ),
    ("17", "size still log units tenth", [way(1), by_size("age")[2], by_size("tenth")[2]]),
    ("figure 1", "contours mean dot", [2, 1e5 * c.mean, round(c.n0, -3)]),
    ("figure 1", "counties pin population", len(c.y)),
    ("figure 3", "upper are chance", [4, way(BARS[6:].min() - len(c.y) / 10)]),
    ("figure 3", "counties lie expected", [way(1), way(BARS[9] - len(c.y) / 10)]),
    ("figure 3", "predictions right", len(c.y) / 10),
    ("figure 4", "crude rates age-adjusted", [way(crude(9) - crude(0)), way(1)]),
    (
        "figure 4",
        "adjusted age rates size",
        way(c.adjusted("1980_84")[9] - c.adjusted("1980_84")[0]),
    ),
]

FORMULAS = {
    "P(Y<k)": lambda p: np.allclose(
        p["below"], p["predicted"].cdf(c.y2) - p["predicted"].pmf(c.y2)
    ),
    "P(Y<k+1)": lambda p: np.allclose(p["up_to"], 1 - p["predicted"].sf(c.y2)),
    r"\sqrt{\text{bias}^2+\text{variance}}": c.typical,
    "y_j/r_j": lambda p: np.allclose((1e5 * p["exposure"] - c.n)[c.y > 0], (BY_AGE - c.n)[c.y > 0]),
}


def lines(deaths, years):
    """Return the crude rates of the tenths."""
    return np.arange(1, 11), [1e5 * deaths[part].sum() / years[part].sum() for part in c.TENTHS]


def drawn_age():
    """Return the four lines of rates over tenths."""
    found = []
    for period, style, pair in (("1980_84", "-", (c.y, c.n)), ("1985_89", "--", (c.y2, c.n2))):
        found.append(Series("line", lines(*pair), "#8C8C8C", style=style))
        adjusted = np.arange(1, 11), c.adjusted(period)
        found.append(Series("line", adjusted, "black", style=style))
    return found


FIGURES = [
    [
        Panel(
            [
                Series("contour"),
                Series("points", lambda p: ([1e5 * c.mean], [c.n0]), "black", "o"),
            ],
            "mean rate per 100,000",
            "prior sample size, person-years",
        )
    ],
    [Panel([Series("points"), Series("segments")])],
    [
        Panel(
            [
                Series("bars", (np.arange(0.05, 1, 0.1), BARS), error=0.1),
                Series("line", ([0, 1], [len(c.y) / 10] * 2), "black", style="--"),
            ],
            "place predicted distribution",
            "counties",
        )
    ],
    [Panel(drawn_age(), "tenth of the counties", "deaths per 100,000")],
]


def typical_errors(spread: float) -> list:
    """Return the spread, and the errors of no, complete and the best linear pooling."""
    variance = 25 * np.expm1(spread**2)
    weight = 1e-5 * c.n * variance / (1e-5 * c.n * variance + 5)
    found = [np.mean(5e5 / c.n), variance, np.mean(5e5 / c.n * weight)]
    return [spread, *((root, 0.03 + 0.12 * root) for root in np.sqrt(found))]


def row(promise, scores) -> list:
    """Return a row of section 16's table, without decimals."""
    return [*np.round([promise(c.ZERO), promise(c.HIGHEST), scores.sum()])]


def by_age_or_not(exposure, curve, estimate) -> list:
    """Return what section 17 prints of one exposure: spread, n0, gain, counties in Florida."""
    florida = (c.state[c.top(estimate, 20)] == "Florida").sum()
    _, n0 = fitted(exposure)
    return [spread(exposure, slice(None)), n0 / 1e5, curve[2], florida, 20]


PRINTED = {
    "": [1e5 * c.mean, c.n0 / 1e5],
    "10": [*SOURCE, 1e5 * SOURCE[0] / sum(SOURCE), AWAY.mean()],
    "11": [0.95, *full_bayes()[0], *((end, 0.1) for end in full_bayes()[1]), *plugged_in()],
    "12": [(middle(), 0.02), 0.025, 0.975],
    "13": [0.95, places().inside, places().implied],
    "14": [number for spread in (0, 0.1, 0.2, 0.4, 0.8, 1.6) for number in typical_errors(spread)],
    "15": [
        STATES.n0 / 1e5,
        STATES.spread,
        (STATES.utah, 0.1),
        STATES.gains.sum(),
        STATES.promised,
    ],
    "16": [
        1 + rise(LARGEST),
        1 + rise(~LARGEST),
        *row(lambda where: flat_promise(c.trend, where), c.learnt),
        *row(lambda where: flat_promise(OWN_TREND, where), OWN_SCORES),
        *row(lambda where: curve_promise(c.trend, where), curve_scores(c.trend)),
        *row(lambda where: curve_promise(OWN_TREND, where), curve_scores(OWN_TREND)),
        c.y2[c.ZERO].sum(),
        c.y2[c.HIGHEST].sum(),
    ],
    "17": [
        *by_age_or_not(c.n, by_size(), c.estimate),
        *by_age_or_not(BY_AGE, by_size("age"), c.by_age().estimate),
    ],
}
