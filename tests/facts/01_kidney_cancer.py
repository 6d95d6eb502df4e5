"""What page 01 claims, and where each claim comes from."""

import functools
from types import SimpleNamespace

import numpy as np
from scipy import integrate, stats

from helpers import gamma_poisson, maps, plots
from tests import counties as c
from tests.pages import Panel, Series, way
from tests.twin import Twin

POOLED = 1e5 * c.estimate
GAIN = c.learnt - c.complete
FLORIDA = [j for j in range(len(c.y)) if c.state[j] == "Florida"]
FLORIDA_LARGE = [1e5 * c.y[j] / c.n[j] for j in FLORIDA if c.n[j] > 200_000]
BIG = c.n > 100_000
OVER_NONE = c.learnt - stats.nbinom.logpmf(
    c.y2, 0.5 + c.y, c.n / (c.n + c.trend * c.n2)
)  # no pooling: the Gamma of half a death, in no person-years
MIFFLIN = 1e5 * c.y[c.MIFFLIN] / c.n[c.MIFFLIN]
LOW_BEFORE = 1e5 * c.y[c.LOW_AND_BIG].sum() / c.n[c.LOW_AND_BIG].sum()
BELOW = np.array([c.promised(c.estimate, w) - c.y2[w].sum() for w in (c.HIGHEST, c.ZERO)])
OF_STATE = {
    s: c.y[c.state == s].sum() / c.n[c.state == s].sum() for s in sorted(set(c.state) - {"Hawaii"})
}
DARK, LIGHT = (f(OF_STATE, key=OF_STATE.get).lower() for f in (max, min))
LOWEST = c.top(-POOLED, 100)
FIRST = c.top(POOLED, 20)
OVER_TEN = np.argsort((c.y + c.y2) / (c.n + c.n2), kind="stable")[: len(c.y) // 10]
ALL = np.arange(len(c.y))
BEYOND = [
    np.mean(1e5 * c.y[where] / c.n[where]) - 1e5 * c.national for where in (c.HIGHEST, c.ZERO)
]
GAIN_PER_SMALL = round(GAIN[c.SMALLER_HALF].mean(), 1)
# the share of its way to the mean that a county goes, small against large
SHRUNK = c.n0 / (c.n0 + np.median(c.n[c.TENTHS[0]])) - c.n0 / (c.n0 + np.median(c.n[c.TENTHS[9]]))
SIZES = np.median(c.n[c.HIGHEST]), np.median(c.n[c.ZERO])


def outside() -> np.ndarray:
    """Say which counties lie beyond the 0.1% tails, by the Gamma form of the Poisson tails."""
    above = stats.gamma.cdf(c.national * c.n, np.maximum(c.y, 1)) * (c.y > 0) + (c.y == 0)
    below = stats.gamma.sf(c.national * c.n, c.y + 1)
    return (above < 0.001) | (below < 0.001)


def by_chance() -> float:
    """Return how many counties chance alone puts there, on average, by simulation."""
    low, high = stats.poisson.interval(0.998, c.national * c.n)
    drawn = np.random.default_rng(1).poisson(c.national * c.n, (200, len(c.n)))
    return ((drawn < low) | (drawn > high)).sum(axis=1).mean()


def poisson_5(below: float) -> float:
    """Return the chance that Poisson(5), zeros counted as 1, gives to a rate below that."""
    share = stats.poisson.pmf(np.arange(1, 25), 5)
    share[0] += stats.poisson.pmf(0, 5)
    a, b = np.indices((24, 24)) + 1
    return (np.outer(share, share) * stats.beta.cdf(below, a, b)).sum()


def extra(chosen) -> float:
    """Return the later deaths of some counties beyond the national rate."""
    return c.y2[chosen].sum() - c.promised(np.full(len(c.y), c.national), chosen)


def pulled(n) -> tuple[float, float, float]:
    """Return bias, sd and typical error of partial pooling: truth 6, centre 5, n0 4.3."""
    mean = (4.3 * 5 + 6 * n) / (4.3 + n)
    sd = (6 * n) ** 0.5 / (4.3 + n)
    return mean - 6, sd, ((mean - 6) ** 2 + sd**2) ** 0.5


def near_the_top() -> list[float]:
    """Return the least and the largest n0, in 5,000, with a log likelihood within 2 of the best."""
    sizes = np.arange(200_000, 450_000, 5000)
    means = np.exp(np.linspace(-0.02, 0.02, 41)) * c.mean
    heights = [max(c.log_likelihood(mean, size).sum() for mean in means) for size in sizes]
    inside = sizes[np.array(heights) > c.log_likelihood(c.mean, c.n0).sum() - 2]
    return [inside.min() + 5000, inside.max()]


def of_their_size() -> float:
    """Return the later deaths of the counties without one, at the later rates of their tenths."""
    rates = [c.later_rate(part) / 1e5 for part in c.TENTHS]
    return sum(
        rate * c.n2[np.intersect1d(part, c.ZERO)].sum()
        for rate, part in zip(rates, c.TENTHS, strict=True)
    )


@functools.cache
def twins():
    """Return an explorable of the simulated counties that no browser shows."""
    twin = Twin(*[SimpleNamespace(locator=lambda *a: None)] * 2)
    fitted = gamma_poisson.fit_marginal_likelihood(twin.deaths(0), twin.n)
    return twin, [0, float(f"{fitted.prior_sample_size:.3g}")]


def alarms(k) -> list[int]:
    """Return how many look high, rightly or not; how many wrongly; how many are missed; are."""
    twin, sizes = twins()
    high, true = twin.rates(0, sizes[k]) > twin.cuts[-1], twin.truth > twin.cuts[-1]
    return [high.sum(), (high & ~true).sum(), (true & ~high).sum(), true.sum()]


def twin_changes() -> float:
    """Return how many colours change in five years at the fitted n0, as a share of the raw ones."""
    twin, sizes = twins()
    steps = [[np.searchsorted(twin.cuts, twin.rates(k, n0)) for k in (0, 1)] for n0 in sizes]
    raw, pooled = (np.sum(before != after) for before, after in steps)
    return pooled / raw


FACTS = [
    ("", "men years are person-years", [10, 5, 10 * 5]),
    ("", "group lower death rate next years", [way(-1), 5]),
    ("", "group about", ["(a) group a", "(b) group b", "(c) about equal"]),
    ("", "estimate rates ways later years", [3, 5]),
    ("1", "if true rates were", [way(0), way(1)]),
    ("2", "20,000 no", [0, 1e5 * (6e-5 / 20_000) ** 0.5, (6e10 / 1e5 / 20_000) ** 0.5]),
    ("2", "2,000,000 no", [0, 1e5 * (6e-5 / 2e6) ** 0.5, (6e5 / 2e6) ** 0.5]),
    ("2", "20,000 partial", list(pulled(0.2))),
    ("2", "2,000,000 partial", list(pulled(20))),
    ("2", "any complete", [5 - 6, 0, abs(5 - 6)]),
    ("2", "true rate nation", [6, 5]),
    ("2", "between first", 2),
    ("4", "poisson gives rate below", [way(-1), 0.01, poisson_5(0.01)]),
    ("4", "mended one puts mean", [5, 200_000]),
    ("6", "colours change pooling", twin_changes()),
    ("6", "high tenth true", [way(1), 0.1]),
    ("6", "without counties look wrongly", alarms(0)[:2]),
    ("6", "fitted truly missed", alarms(1)),
    ("6", "together they vary than truth", way(np.std(POOLED) - 1e5 * c.population.std())),
    ("figure 2", "curves", 3),
    ("figure 3", "histograms log axis", 2),
    ("figure 3", "each year men die", 1 - poisson_5(0.5)),
    ("figure 3", "poisson at mended", [1e5 * 0.5, way(-1), 5]),
    ("figure 5", "counties estimates intervals", [6, 3]),
    ("1", "counts person-years rate per", [1e5, 1e5]),
    ("2", "answers and fourth", 3),
    ("3", "likelihood scaled area", lambda p: round(density(20, 1.1)[1].sum() / 10)),
    ("6", "counties intervals credible", [6, way(-1), way(1), 0.95]),
    ("7", "later years", 5),
    ("7", "is", [way(1), way(1)]),
    ("1.3", "group death rate", way(-1)),
    ("1.3", "no death before", "(a) a"),
    ("1.3", "big", ["(b) b", way(-1), 4]),
    ("1.3", "about", ["(c) about equal"]),
    ("1.4", "hundred counties visit", 100),
    ("1.4", "send doctors partially pooled", [100, way(1)]),
    ("1.4", "later rate taken together per", 1e5),
    ("figure 6", "calm counties stand", way(-1)),
    ("figure 6", "map counties shades", 5),
    ("figure 6", "below", [way(-1), 0.67]),
    ("figure 6", "to", [0.67, 0.8]),
    ("figure 6", "to", [0.8, 1.25]),
    ("figure 6", "to", [1.25, 1.5]),
    ("figure 6", "above", [way(1), 1.5]),
]

#: What holds on the real table alone.
ON_REAL = [
    ("3", "its posterior gamma", [20, c.y[c.MIFFLIN], 4.3, 1.1]),
    ("", "deaths kidney cancer men", [1980, 84]),
    ("", "big counties person-years", [500_000, way(1), way(-1), 4]),
    ("", "nation has about", 1e5 * c.national),
    ("1", "county expects deaths", [2000, 2000 * c.national]),
    ("1", "times nation's", [1e5 / 2000, 1 / 2000 / c.national]),
    ("1", "grey band holds", 0.998),
    ("1", "small counties lie beside", [way(SIZES[0] - np.median(c.n))] * 3),
    ("1", "leave without death are", [np.exp(-c.national * c.n).sum(), len(c.ZERO)]),
    (
        "1",
        "counties lie outside chance alone",
        [outside().sum(), outside()[c.TENTHS[9]].sum(), way(1), by_chance()],
    ),
    ("1", "small counties scatter inside", [way(SIZES[1] - np.median(c.n)), way(1)]),
    ("2", "tells counties nobody there", len(c.ZERO)),
    (
        "2",
        "florida's",
        [way(1), 1e5 * c.y[FLORIDA].sum() / c.n[FLORIDA].sum()],
    ),
    ("2", "run from", [200_000, min(FLORIDA_LARGE), max(FLORIDA_LARGE)]),
    ("3", "takes gamma distribution acts like", [(20, "deaths"), (430_000, "person-years")]),
    ("3", "mifflin county pennsylvania deaths", [c.y[c.MIFFLIN], 110_000]),
    ("3", "per", MIFFLIN),
    ("5", "nine counties ten have", [10 * np.mean(c.n < c.n0), 10, way(-1), round(c.n0, -3)]),
    ("1.1", "weight estimate", [1.1 / (1.1 + 3.05), POOLED[c.MIFFLIN]]),
    ("1.2", "and finds per", [np.std(1e5 * c.y[BIG] / c.n[BIG]), 1e5]),
    (
        "6",
        "lowest pooled rates are",
        [
            *(100, way(-1), sum(np.isin(LOWEST, np.concatenate(c.TENTHS[7:]))), 3, way(1)),
            *(100, way(1), sum(np.isin(c.top(POOLED, 100), np.concatenate(c.TENTHS[7:])))),
        ],
    ),
    ("7", "national rate rose", c.trend - 1),
    ("7", "calls death impossible", len(c.ZERO)),
    ("7", "them one came minus infinity", (c.y2[c.ZERO] > 0).sum()),
    ("7", "gets death", [0.5, way(1)]),
    ("7", "gains standard error", [way(1), *c.gain_and_error(GAIN)]),
    (
        "7",
        "over no pooling gain",
        [
            *(OVER_NONE.sum(), way(-1), 0.5, OVER_NONE[c.SMALLER_HALF].sum()),
            *(way(1), 0.1, OVER_NONE[c.TENTHS[9]].sum()),
        ],
    ),
    ("5", "within units top", [*near_the_top(), 2]),
    ("5", "own data weigh", [way(-1), (c.n0 / (c.n0 + c.n0))]),
    (
        "7",
        "come from tenth",
        [GAIN[c.TENTHS[9]].sum(), way(1), 0.1, GAIN[c.SMALLER_HALF].sum(), way(-1), 0.5],
    ),
    ("7", "difference clear standard error", [way(-1), *c.gain_and_error(c.learnt - c.fixed)]),
    ("7", "fixed prior takes", (c.fixed - c.complete).sum() / GAIN.sum()),
    ("7", "matched counties own rates", [20, 430_000]),
    (
        "7",
        "would score times much",
        [0.1, c.scores(2, 43_000).sum(), 10, c.scores(200, 4.3e6).sum()],
    ),
    ("1.3", "up from mean", [way(-1), LOW_BEFORE, LOW_BEFORE * c.trend, c.trend - 1]),
    (
        "8",
        "promised partial pooling came",
        [
            c.promised(c.y / c.n, c.HIGHEST),
            c.promised(c.estimate, c.HIGHEST),
            c.y2[c.HIGHEST].sum(),
        ],
    ),
    ("8", "mifflin county before", [MIFFLIN, c.later_rate([c.MIFFLIN])]),
    ("8", "men died there later", c.y2[c.ZERO].sum()),
    ("8", "evidence later rates sizes", [way(-1), of_their_size()]),
    ("8", "too at other end", way(np.sign(BELOW.max()) * (np.ptp(BELOW) < 10))),
    ("8", "partial pooling loses", way(-1)),
    (
        "8",
        "promised chance gives",
        [
            c.promised(c.estimate, c.ZERO),
            c.y2[c.ZERO].sum() - c.promised(c.estimate, c.ZERO),
            way(-1),
            c.y2[c.ZERO].sum() ** 0.5,
        ],
    ),
    ("1.4", "times deaths pooled list", [extra(c.top(POOLED, 100)) / extra(c.top(c.y / c.n, 100))]),
    ("1.4", "sort you find", extra(c.top(c.n * (c.estimate - c.national), 100))),
    ("9", "first pooled list florida", [20, (c.state[FIRST] == "Florida").sum()]),
    (
        "9",
        "spread mean florida",
        [
            way(c.by_age().spread - c.population.std() / c.mean),
            c.population.std() / c.mean,
            c.by_age().spread,
            20,
        ],
    ),
    ("9", "safe later deaths", c.y2[c.ZERO].sum()),
    (
        "9",
        "estimates true rates",
        [
            np.mean(abs(np.log(POOLED / c.national / 1e5)) < np.log(1.25)),
            integrate.quad(c.population.pdf, 0.8 * c.national, 1.25 * c.national)[0],
        ],
    ),
    (
        "9",
        "always wins deaths",
        [way(1), c.y2[c.ZERO].sum() - c.promised(c.estimate, c.ZERO), way(-1)],
    ),
    ("9", "cases over years", [10, np.mean((c.y + c.y2)[OVER_TEN] == 0), way(-1), 0.1]),
    (
        "figure 1",
        "counties near",
        [way(-1), 0, max(1e5 * c.y / c.n), way(1), way(-1), 1e5 * c.national],
    ),
    ("", "counties lie side by side", [way(BEYOND[0]), way(BEYOND[1])]),
    ("", "rates mixed", [0.1, way(BEYOND[0])]),
    ("2", "small county should listen nation", [way(-1), way(1)]),
    ("1.2", "colleague counties", way(np.median(c.n[BIG]) - np.median(c.n))),
    ("6", "counties stand out", way(np.median(c.n[LOWEST]) - np.median(c.n))),
    ("7", "for counties predict nearly", [way(-1), "partial and complete", way(GAIN_PER_SMALL)]),
    ("1.3", "deaths counties were chance", [0, way(np.median(c.n[c.ZERO]) - np.median(c.n))]),
    ("1.3", "rates big counties evidence", way(c.later_rate(c.LOW_AND_BIG) - c.later_rate(ALL))),
    ("8", "tenth", [way(BEYOND[0]), 0.1]),
    ("9", "groups fill both ends", way(SIZES[0] - np.median(c.n))),
    ("figure 5", "ones shrink", [way(-1), way(SHRUNK)]),
    ("figure 5", "county borrows one keeps own", [way(-1), way(1)]),
    ("figure 6", "most between", f"{DARK} dark {LIGHT} light"),
    ("figure 1", "fill both ends", way(SIZES[0] - np.median(c.n))),
    ("figure 2", "prior data posterior", [20 / 4.3, MIFFLIN, 7.2]),
    ("figure 4", "hill top", round(c.n0, -3)),
    ("figure 4", "data ask person-years", round(c.n0, -3)),
]


def negative_binomial(p) -> bool:
    """Integrate the Poisson over the Gamma for one county and compare with the closed form."""
    alpha, n0, n, y = 14.85, 3.05, 1.1, 19

    def both(mu):
        return stats.poisson.pmf(y, n * mu) * stats.gamma.pdf(mu, alpha, scale=1 / n0)

    return np.isclose(integrate.quad(both, 0, 60)[0], stats.nbinom.pmf(y, alpha, n0 / (n0 + n)))


def gamma_shape(p) -> bool:
    """Multiply the two shapes, and compare with the density of Gamma(20 + 19, 4.3 + 1.1)."""
    mu = np.array([3, 5, 9.0])
    product = mu ** (20 - 1) * np.exp(-4.3 * mu) * mu**19 * np.exp(-1.1 * mu)
    ratio = product / stats.gamma.pdf(mu, 20 + 19, scale=1 / (4.3 + 1.1))
    return np.allclose(ratio, ratio[0])


def average(p) -> bool:
    """Compare the two forms of the posterior mean, and the weight."""
    alpha, n0, n, y = 20, 4.3, 1.1, 19
    weight = n / (n + n0)
    return np.isclose((alpha + y) / (n0 + n), weight * y / n + (1 - weight) * alpha / n0)


FORMULAS = {
    "y_j/n_j": lambda p: np.allclose(p["raw"], 1e5 * c.y / c.n),
    r"\sqrt{\text{bias}^2+\text{variance}}": c.typical,
    r"\mu_j/n_j": lambda p: np.isclose(stats.poisson.var(6 * 0.2) / 0.2**2, 6 / 0.2),
    r"\mu^{\alpha-1}e^{-n_0\mu}": gamma_shape,
    r"\alpha/n_0": lambda p: np.isclose(stats.gamma.mean(20, scale=1 / 4.3), 20 / 4.3),
    r"\mu^{y}e^{-n\mu}": gamma_shape,
    r"\frac{20+19}{4.3+1.1}=7.2": lambda p: round((20 + 19) / (4.3 + 1.1), 1) == 7.2,
    r"\hat\mu_j=\frac{\alpha+y_j}{n_0+n_j}=w_j\frac{y_j}{n_j}+(1-w_j)\frac{\alpha}{n_0}": average,
    "w_j=n_j/(n_j+n_0)": average,
    r"p(y_j)=\int\text{Poisson}(y_j\midn_j\mu)\text{Gamma}(\mu\mid\alpha,n_0)d\mu=\frac{\Gamma("
    r"\alpha+y_j)}{\Gamma(\alpha)y_j!}p_j^\alpha(1-p_j)^{y_j}": negative_binomial,
    "p_j=n_0/(n_0+n_j)": negative_binomial,
    r"\alpha+y_j": gamma_shape,
    "n_0+n_j": gamma_shape,
    "n_j/(n_j+n_0)": lambda p: np.allclose(p["weight"], c.n / (c.n + 1e5 * p["n0"])),
}

GREY = "#8C8C8C"


def dots(where):
    """Return counties as points of the funnel."""
    return c.n[where], 1e5 * c.y[where] / c.n[where]


def band(p):
    """Return the funnel's band: exposure, lower and upper rates."""
    x = np.geomspace(200, 2e7, 300)
    counts = stats.poisson.ppf([[0.001], [0.999]], c.national * x)
    return x, *(1e5 * counts / x)


def density(deaths, years):
    """Return a Gamma density by its logarithm."""
    x = np.linspace(0, 30, 301)[1:]
    log = deaths * np.log(years) + (deaths - 1) * np.log(x) - years * x
    height = np.exp(log - np.log(np.arange(1, deaths)).sum())
    return np.r_[0, x], np.r_[0, height]


def histograms(p):
    """Return the heights of both histograms of section 4."""
    edges = np.geomspace(0.1, 1e5, 61)
    middle = (edges[:-1] + edges[1:]) / 2
    found = [np.searchsorted(np.sort(p[name]), edges) for name in ("mended", "source")]
    return np.tile(middle, 2), np.concatenate([np.diff(each) for each in found])


def hill(p):
    """Return the log likelihood over n0, in single person-years."""
    sizes = np.geomspace(0.3, 30, 41) * 1e5
    m = c.national
    found = [stats.betabinom.logpmf(c.y, c.n, m * size, (1 - m) * size).sum() for size in sizes]
    return sizes, found


def six(which):
    """Return the estimates of six counties under one pooling, one below the other."""
    places = np.argsort(c.n)[[0, 300, 1500, 2500, 3000, -1]]
    rates = {"no": c.y / c.n, "complete": np.full(len(c.n), c.national), "partial": c.estimate}
    shift = {"no": -0.24, "complete": 0, "partial": 0.24}[which]
    return 1e5 * rates[which][places], np.arange(6) + shift


def three(look, which):
    """Return what one pooling has to be drawn as: points and intervals."""
    return [
        Series("points", lambda p: six(which), look.color, look.points["marker"]),
        Series("segments", None, look.color),
    ]


LOOKS = plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING
FIGURES = [
    [
        Panel(
            [
                Series("points", lambda p: dots(slice(None)), GREY),
                Series("points", lambda p: dots(c.HIGHEST), maps.HIGH),
                Series("points", lambda p: dots(c.ZERO), maps.LOW),
                Series("band", band, "#D8D8D8"),
            ],
            "person-years",
            "deaths per 100,000",
            ("log", "linear"),
        )
    ],
    [
        Panel(
            [
                Series("line", lambda p: density(20, 4.3), plots.PLAIN.color),
                Series(
                    "line",
                    lambda p: density(c.y[c.MIFFLIN] + 1, c.n[c.MIFFLIN] / 1e5),
                    plots.NO_POOLING.color,
                ),
                Series(
                    "line",
                    lambda p: density(20 + c.y[c.MIFFLIN], 4.3 + c.n[c.MIFFLIN] / 1e5),
                    plots.PARTIAL_POOLING.color,
                ),
            ],
            "deaths per 100,000",
        )
    ],
    [Panel([Series("bars", histograms, GREY)], "deaths per 100,000", "", ("log", "linear"))],
    [
        Panel(
            [
                Series("line", hill, "black"),
                Series("line", lambda p: ([c.n0, c.n0], [0, 1]), "black"),
            ],
            "prior sample size person-years",
            "log likelihood",
            ("log", "linear"),
        )
    ],
    [
        Panel(
            [
                one
                for look, which in zip(LOOKS, ("no", "complete", "partial"), strict=True)
                for one in three(look, which)
            ],
            "deaths per 100,000",
        )
    ],
    [Panel([Series("points"), Series("segments")])],
]


def printed_scores():
    """Return the rows of section 7: score, gain and its standard error, without decimals."""
    later = c.trend * c.n2
    none = stats.nbinom.logpmf(c.y2, c.y + 0.5, c.n / (c.n + later))
    for one in (none, c.complete, c.fixed, c.learnt):
        gain, error = c.gain_and_error(one - c.complete)
        yield from np.round([one.sum(), gain, error])


def by_tenth():
    """Return the rows of the second table of section 7: tenth and gain, to one decimal."""
    for k, part in enumerate(c.TENTHS, 1):
        yield from (k, (GAIN[part].sum(), 0.1))


#: What cells print, in their order, by the same second routes.
PRINTED = {
    "1": [1e5 * c.national],
    "5": [1e5 * c.mean, c.n0 / 1e5, 1e5 * c.population.std()],
    "6": [
        np.mean(abs(np.log(c.estimate / c.national)) < np.log(1.25)),
        integrate.quad(c.population.pdf, 0.8 * c.national, 1.25 * c.national)[0],
    ],
    "7": [*printed_scores(), *by_tenth()],
    "8": [
        *np.round([c.promised(c.y / c.n, c.HIGHEST), 0]),
        *(c.y2[where].sum() for where in (c.HIGHEST, c.ZERO)),
        *np.round([c.promised(ALL * 0 + c.national, where) for where in (c.HIGHEST, c.ZERO)]),
        *np.round([c.promised(c.estimate, where) for where in (c.HIGHEST, c.ZERO)]),
    ],
}
for place, side in ((0, "y"), (4, "x")):  # the band at the smallest sizes, two raw intervals
    FIGURES[place][0] = FIGURES[place][0]._replace(cut=side)
