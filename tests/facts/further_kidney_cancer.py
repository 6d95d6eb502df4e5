"""What the page further/kidney_cancer claims, and where each claim comes from."""

import functools

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


@functools.cache
def by_size():
    """Fit a curve in size by a search without slopes, in single person-years; return estimates."""
    size = np.log(c.n / 1e5)

    def shape_of(z):
        return np.exp(z[0] + z[1] * size + z[2] * size**2 + z[3])

    def loss(z):
        return -stats.nbinom.logpmf(c.y, shape_of(z), 1 / (1 + c.n / np.exp(z[3]))).sum()

    options = {"maxiter": 8000, "maxfev": 8000, "xatol": 1e-7, "fatol": 1e-6}
    z = optimize.minimize(loss, [-9.9, 0, 0, 12.6], method="Nelder-Mead", options=options).x
    return shape_of(z), np.exp(z[3])


def curve_score() -> float:
    """Return the log score of the curve in size, with one trend."""
    shape, size = by_size()
    share = (size + c.n) / (size + c.n + c.trend * c.n2)
    return stats.nbinom.logpmf(c.y2, shape + c.y, share).sum()


def curve_promise(factor) -> float:
    """Return the deaths that the curve in size promises the counties without a death."""
    shape, size = by_size()
    return ((shape + c.y) / (size + c.n) * factor * c.n2)[c.ZERO].sum()


def no_spread():
    """Return the typical error of complete pooling and of partial pooling without any spread."""
    rng, errors = np.random.default_rng(3), []
    for _ in range(6):
        deaths = rng.poisson(5e-5 * c.n)
        found = gamma_poisson.three_poolings(deaths, c.n)
        errors.append([np.std(found[name][0] - 5e-5) for name in list(found)[1:]])
    return np.mean(errors, axis=0)


def last_bin() -> float:
    """Return the share in the last tenth of the predicted distributions, without drawing."""
    later = np.rint(c.trend * c.n2).astype(int)
    a = c.mean * c.n0 + c.y
    predicted = stats.betabinom(later, a, c.n0 - c.mean * c.n0 + c.n - c.y)
    below, up_to = predicted.cdf(c.y2 - 1), predicted.cdf(c.y2)
    return np.clip((up_to - 0.9) / (up_to - below), 0, 1).mean()


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

FACTS = [
    ("", "counts person-years rates per", [1e5, 1e5]),
    ("", "find where pooling", way(-1)),
    ("", "reason promise was", way(-1)),
    ("10", "take probable pair", way(1)),
    ("10", "thousand counties", [3, 1000]),
    ("11", "mended normal distributions", 2),
    ("11", "inner line holds probability", [0.5, 0.95]),
    ("11", "draw rate county", way(-1)),
    ("12", "first counties pooled possible truths", [5, 1000]),
    ("12", "holds for ranks", way(0)),
    ("1.5", "share counties true rate exceed", 1.5),
    ("1.5", "answers", 3),
    ("1.5", "give all", 3),
    ("13", "each later count distribution", [0, way(-1), 1]),
    ("13", "scale holds counties", [0.1, 0.1]),
    ("13", "counts jump intervals hold", [way(1), 0.95]),
    ("14", "true rates differ about", [0.2, 0.2]),
    ("14", "tables each", 10),
    ("14", "typical error tables", 10),
    ("14", "little find out", way(-1)),
    ("14", "spread comes to no pooling", way(1)),
    ("1.6", "rates book's population gamma", [20, 4.3]),
    ("1.6", "holds tables deaths intervals", [10, 0.95]),
    ("1.6", "counties in true rates", [0.01, way(1)]),
    ("1.6", "counties out missed", [way(1), way(1)]),
    ("1.6", "average counties", 0.95),
    ("1.7", "county person-years hidden", 100_000),
    ("1.7", "true rate is", 15),
    ("1.7", "other counties mean", [5, 300_000]),
    ("16", "things known ignores", 2),
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
    ("figure 4", "crude", 1980),
    ("figure 4", "adjusted", 1980),
    ("figure 4", "crude", 1985),
    ("figure 4", "adjusted", 1985),
    ("11", "groups it does", way(-1)),
    ("1.5", "one and a", [way(1), 0.5]),
    ("figure 3", "histogram places bins", 10),
    ("figure 4", "tenth counties", 10),
]

#: What holds on the real table alone.
ON_REAL = [
    ("", "promise was deaths short", SHORT),
    ("10", "compromise is for", list(SOURCE)),
    ("10", "aims times", [SOURCE[0] / sum(SOURCE) / c.national, way(1)]),
    ("10", "moves counties away", AWAY.mean()),
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
    ("12", "exaggerate counties estimates", [way(-1), way(1)]),
    ("13", "last bin holds about", last_bin()),
    ("14", "it little", way(no_spread()[0] - no_spread()[1])),
    ("15", "grows from", [way(1), c.n0 / 1e5, lambda p: p["nested"].prior_sample_size]),
    (
        "15",
        "utah's own rate estimate",
        [
            1e5 * c.y[UTAH].sum() / c.n[UTAH].sum(),
            lambda p: p["of_state"][p["states"] == "Utah"][0],
        ],
    ),
    ("15", "states columbia", len(set(c.state)) - 1),
    ("15", "log score", [way(1), lambda p: p["gained"]]),
    ("16", "promised later deaths counties", c.promised(c.estimate, c.ZERO)),
    ("16", "came", c.y2[c.ZERO].sum()),
    ("16", "national trend average", c.trend - 1),
    ("16", "deaths rose by", [rise(LARGEST), way(1), 0.1, rise(~LARGEST)]),
    (
        "16",
        "deaths rose by",
        [lambda p: p["own"][0] - 1, way(1), 0.1, lambda p: p["own"][1] - 1],
    ),
    ("16", "trends use later data", c.trend - 1),
    (
        "1.8",
        "size curve promises",
        [curve_promise(c.trend), way(1), curve_score() - c.learnt.sum()],
    ),
    (
        "1.8",
        "trends promise gain",
        [
            2,
            (OWN_TREND * c.n2 * c.estimate)[c.ZERO].sum(),
            c.scores(c.mean * c.n0, c.n0, OWN_TREND).sum() - c.learnt.sum(),
        ],
    ),
    ("1.8", "both together promise", [curve_promise(OWN_TREND), way(1)]),
    ("17", "small counties really rates", [way(-1), way(crude(0) - crude(9))]),
    ("17", "adjusted rates size", way(-1)),
    ("17", "crude rates from", [way(-1), crude(0), way(-1), 0.1, crude(9), way(1)]),
    ("17", "adjusted rates from", [way(1), c.adjusted("1980_84")[0], c.adjusted("1980_84")[9]]),
    ("17", "they too evenly from", [way(1), c.adjusted("1985_89")[0], c.adjusted("1985_89")[9]]),
    ("17", "men counties older explains", [way(-1), way(1), way(crude(0) - crude(9))]),
    ("17", "tenth rates rest one death", [way(-1), 0.1, way(2 - np.median(c.y[c.TENTHS[0]]))]),
    (
        "17",
        "spread between counties mean",
        [way(-1), c.population.std() / c.mean, c.by_age().spread, way(1), 2e6],
    ),
    ("17", "size still log units", [way(1), lambda p: p["gain"]]),
    ("17", "exposure gives adjusted rate", 1e5),
    ("figure 1", "contours posterior mean", [1e5 * c.mean, round(c.n0, -3)]),
    ("figure 1", "counties pin population", len(c.y)),
    ("figure 3", "the last is", [way(last_bin() - 0.1), 0.1]),
    ("figure 3", "counties lie expected", [way(last_bin() - 0.1), way(1)]),
    ("figure 4", "crude rates age-adjusted", [way(crude(9) - crude(0)), way(1)]),
    (
        "figure 4",
        "adjusted age rates size",
        way(c.adjusted("1980_84")[9] - c.adjusted("1980_84")[0]),
    ),
]

FORMULAS = {
    r"\sqrt{\text{bias}^2+\text{variance}}": c.typical,
}


def lines(deaths, years):
    """Return the crude rates of the tenths."""
    return np.arange(1, 11), [1e5 * deaths[part].sum() / years[part].sum() for part in c.TENTHS]


def bins(p):
    """Return the bars of the histogram of places."""
    counts = [np.sum((p["place"] >= k / 10) & (p["place"] < (k + 1) / 10)) for k in range(10)]
    return np.arange(0.05, 1, 0.1), counts


def drawn_age():
    """Return the four lines of rates over tenths."""
    crude = [(c.y, c.n), (c.y2, c.n2)]
    found = [Series("line", lambda p, pair=pair: lines(*pair), "#8C8C8C") for pair in crude]
    for period in ("1980_84", "1985_89"):
        found.append(
            Series("line", lambda p, one=period: (np.arange(1, 11), c.adjusted(one)), "black")
        )
    return found


FIGURES = [
    [Panel([Series("contour")], "mean rate per 100,000", "prior sample size, person-years")],
    [Panel([Series("points"), Series("segments")])],
    [
        Panel(
            [
                Series("bars", bins),
                Series("line", lambda p: ([0, 1], [len(c.y) / 10] * 2), "black"),
            ],
            "place predicted distribution",
            "counties",
        )
    ],
    [Panel(drawn_age(), "tenth of the counties", "deaths per 100,000")],
]
