"""What page 02 claims, and where each claim comes from."""

import itertools

import numpy as np
from scipy import integrate, optimize, stats

from helpers import plots, simulate
from tests.pages import Panel, Series, way

TAU, SIGMA, N0 = 3.0, 10.0, 100 / 9
VISITS = np.array([1, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48])
SPREADS, TOWNS = np.array([0, 1, 2, 3, 4, 6, 8]), np.array([3, 8, 20, 85])
Z = stats.norm.ppf(0.975)
# Rubin (1981): effects of coaching in eight schools and their standard errors
SCHOOLS = np.array([28.39, 7.94, -2.75, 6.82, -0.64, 0.63, 18.01, 12.16])
ERRORS = np.array([14.9, 10.2, 16.3, 11.0, 9.4, 11.4, 10.4, 17.6])

# --- weights


def weight(n):
    """Return the weight by equation 12.1."""
    return n / (n + N0)


def best_weight(shares, spread, j):
    """Return the exact best weight of unit j if the centre is sum(shares * raw).

    Derived apart from the page: the best linear predictor of truth - centre from raw - centre.
    """
    shares, spread = np.asarray(shares, float), np.asarray(spread, float)
    noise = spread - TAU**2
    own = np.eye(len(shares))[j] - shares
    # raw_j - centre = own @ (effects + noise); truth_j - centre = own @ effects - shares @ noise
    covariance = TAU**2 * own @ own - (own * shares) @ noise
    return covariance / (own**2 @ spread)


def halfway(repairs, n=3, units=10):
    """Return the weight at tau = 3, sigma = 10 with the named repairs of section 3 made."""
    visits = units * n if 1 in repairs else n
    noise = SIGMA**2 / n
    between = TAU**2 / units if 2 in repairs else TAU**2 / visits
    within = SIGMA**2 / visits if 2 in repairs else 0.0
    covariance = TAU**2 / units if 3 in repairs else 0.0
    shared = noise / units if 3 in repairs and 2 in repairs else 0.0
    pulled = TAU**2 + between + within - 2 * covariance
    return (pulled - shared) / (pulled + noise - 2 * shared)


def mse_at(w, n=3, units=10):
    """Return the mean squared error with the mean of all garages as the centre."""
    own, kept = (1 - w) * (1 - 1 / units), w + (1 - w) / units
    others = (1 - w) ** 2 * (units - 1) / units**2 * (TAU**2 + SIGMA**2 / n)
    return own**2 * TAU**2 + kept**2 * SIGMA**2 / n + others


_SPREAD4 = TAU**2 + SIGMA**2 / np.array([1, 3, 11, 40])
_PRECISE4 = (1 / _SPREAD4) / (1 / _SPREAD4).sum()
_NEEDED = [
    repairs
    for count in range(4)
    for repairs in itertools.combinations((1, 2, 3), count)
    if np.isclose(halfway(repairs), weight(3))
]
# 200,000 towns of ten garages with 3 visits each: the errors of section 2 and 3, drawn
_rng = np.random.default_rng(5)
_DELTA = _rng.normal(0, TAU, (200_000, 10))
_EPS = _rng.normal(0, SIGMA / np.sqrt(3), _DELTA.shape)
_CENTRE = (_DELTA + _EPS).mean(1)


def errors_off(w):
    """Return how many Monte Carlo errors a weight is off the best one of section 3's towns."""
    towns = simulate.normal_means(
        np.full(10, 3),
        mean=20,
        between_sd=TAU,
        within_sd=SIGMA,
        rng=np.random.default_rng(203),
        replications=40_000,
    )
    middle = towns.raw.mean(1, keepdims=True)
    x, y = towns.raw - middle, towns.truth - middle
    best = (x * y).sum() / (x**2).sum()
    residual = (x * (y - best * x)).sum(1)
    return (w - best) * (x**2).sum() / (residual.std() * np.sqrt(len(x)))


def close(found, wanted, error=1e-9) -> bool:
    """Say whether numbers are equal but for a relative error."""
    return np.allclose(found, wanted, rtol=error, atol=error)


def at(p, formula, **more) -> float:
    """Return a formula of the page for tau = 3, sigma = 10, 3 visits and 10 garages."""
    values = {"tau": 3, "sigma": 10, "n_j": 3, "J": 10, "w": 0.4} | more
    return float(formula.subs({s: values[s.name] for s in formula.free_symbols}))


# --- twelve garages


def pooled(raw):
    """Return estimates of the poolings and their standard deviations, by the lines of section 6."""
    se, w, precision = SIGMA / np.sqrt(VISITS), weight(VISITS), 1 / (TAU**2 + SIGMA**2 / VISITS)
    everyone = np.full(12, VISITS @ raw / VISITS.sum())
    partial = w * raw + (1 - w) * (precision @ raw / precision.sum())
    return {
        "no pooling": (raw, se),
        "complete pooling": (everyone, np.full(12, SIGMA / np.sqrt(VISITS.sum()))),
        "partial pooling": (partial, np.sqrt(w) * se),
    }


def scores(p, name):
    """Return bias, variance and coverage of each garage exactly: the estimates are linear."""
    truth, sd = p["garages"].truth, pooled(np.zeros(12))[name][1]
    shares = np.transpose([pooled(row)[name][0] for row in np.eye(12)])
    bias, variance = shares @ truth - truth, shares**2 @ (SIGMA**2 / VISITS)
    ends = (sign * Z * sd - bias for sign in (1, -1))
    high, low = (stats.norm.cdf(end / np.sqrt(variance)) for end in ends)
    return bias, variance, high - low


def mse(p, name):
    """Return the mean squared error of each garage."""
    bias, variance, _ = scores(p, name)
    return bias**2 + variance


def moved(p):
    """Return how far each garage moves."""
    return np.abs(p["garages"].raw - pooled(p["garages"].raw)["partial pooling"][0])


def centres(p):
    """Return the precision-weighted centre, and the mean of all visits."""
    raw, precision = p["garages"].raw, 1 / (TAU**2 + SIGMA**2 / VISITS)
    return precision @ raw / precision.sum(), VISITS @ raw / VISITS.sum()


def outside(p):
    """Return the share of truths outside the interval of complete pooling."""
    mean, sd = pooled(p["garages"].raw)["complete pooling"]
    return np.mean(np.abs(p["garages"].truth - mean) > Z * sd)


def ratio(p):
    """Return the error of partial pooling over that of no pooling."""
    return mse(p, "partial pooling").mean() / mse(p, "no pooling").mean()


def made_worse(p):
    """Say which garages partial pooling makes worse."""
    return mse(p, "partial pooling") > mse(p, "no pooling")


def bias_variance(p):
    """Return mean squared bias and mean variance of complete pooling."""
    bias, variance, _ = scores(p, "complete pooling")
    return np.mean(bias**2), np.mean(variance)


def lowest(p):
    """Return the coverage of each garage's interval of partial pooling."""
    return scores(p, "partial pooling")[2]


def far(p):
    """Return the place of the garage whose bias is largest beside its interval."""
    bias, variance, _ = scores(p, "partial pooling")
    return np.argmax(np.abs(bias) / np.sqrt(variance))


def kept(n):
    """Return where garages with a raw mean of 2 after n visits are estimated."""
    return 20 - 18 * weight(n)


# --- spreads that are estimated: raw means with error variance 10


def bayes_weight(squares, units):
    """Return the mean weight given the sum of squares, flat in the mean and in tau."""
    u = (np.arange(600) + 0.5) / 600
    tau = 5 * u / (1 - u)
    spread = tau**2 + 10
    log = -(units - 1) / 2 * np.log(spread) - squares[:, None] / 2 / spread - 2 * np.log1p(-u)
    chance = np.exp(log - log.max(1, keepdims=True))
    return chance @ (tau**2 / spread) / chance.sum(1)


WAYS = {
    "naive plug-in": lambda q, units: 1 - 10 / (10 + q / (units - 1)),
    "corrected plug-in": lambda q, units: np.maximum(0, 1 - (units - 1) * 10 / q),
    "James-Stein": lambda q, units: np.maximum(0, 1 - (units - 3) * 10 / q),
    "full Bayes": bayes_weight,
}


def risk(name, tau, units):
    """Return the MSE of one way exactly: a sum over quantiles of the sum of squares."""
    if name in ("no pooling", "complete pooling"):
        return 10.0 if name == "no pooling" else 10 / units + tau**2 * (1 - 1 / units)
    spread, best = tau**2 + 10, tau**2 / (tau**2 + 10)
    squares = spread * stats.chi2.ppf((np.arange(3000) + 0.5) / 3000, units - 1)
    excess = (WAYS[name](squares, units) - best) ** 2 * squares
    return 10 / units + excess.mean() / units + (1 - 1 / units) * 10 * best


def best_complete():
    """Return the largest spread at which complete pooling beats all other ways."""
    wins = [t for t in SPREADS if risk("complete pooling", t, 8) < min(risk(w, t, 8) for w in WAYS)]
    return max(wins)


def trial(truth, only=..., seed=7):
    """Return MSE without pooling, of the corrected plug-in, and its coverage: drawn anew."""
    raw = truth + np.sqrt(10) * np.random.default_rng(seed).standard_normal(truth.shape)
    middle = raw.mean(1, keepdims=True)
    w = np.maximum(0, 1 - 10 / raw.var(1, ddof=1, keepdims=True))
    off = middle + w * (raw - middle) - truth
    held = np.abs(off) <= Z * np.sqrt(10 * w)
    return tuple(np.mean(x[only]) for x in ((raw - truth) ** 2, off**2, held))


def covers(name, units):
    """Return the coverage of 95% intervals where tau = 3."""
    if name == "corrected plug-in":
        truth = np.random.default_rng(6).normal(0, 3, (40_000 // units + 4000, units))
        return trial(truth)[2]
    if name == "complete pooling":
        spread = 9 * (1 - 1 / units) + 10 / units
        return 1 - 2 * stats.norm.sf(Z * np.sqrt(10 / units / spread))
    return 0.95


_rng = np.random.default_rng(8)
_NORMAL, _T = _rng.normal(0, 3, (6000, 20)), 3 * _rng.standard_t(3, (6000, 20)) / np.sqrt(3)
_OUT = np.where(np.arange(20) == 0, 30, _NORMAL)
SORTS = {}
for _name, _town in {"normal": _NORMAL, "t": _T, "outlier": _OUT}.items():
    _far = np.abs(_town).argmax(1)[:, None] == np.arange(20)
    SORTS[_name] = {"all": trial(_town), "far": trial(_town, _far), "others": trial(_town, ~_far)}


def gain(sort, whom):
    """Return the share of no pooling's error that partial pooling saves."""
    none, partial, _ = SORTS[sort][whom]
    return 1 - partial / none


def times(sort):
    """Return how many times as large the furthest garage's error is with partial pooling."""
    none, partial, _ = SORTS[sort]["far"]
    return partial / none


# --- eight schools (Bayesian Data Analysis, 3rd edition, 5.17 to 5.21)


def given_tau(tau, k=8):
    """Return posterior means and variances of the schools at tau, and the density of tau."""
    y, s2 = SCHOOLS[:k], ERRORS[:k] ** 2
    tau = np.asarray(tau, float)[..., None]
    precision = 1 / (s2 + tau**2)
    total = precision.sum(-1, keepdims=True)
    centre = (precision * y).sum(-1, keepdims=True) / total
    log = 0.5 * np.sum(np.log(precision) - precision * (y - centre) ** 2, -1)
    w = tau**2 * precision
    means = w * y + (1 - w) * centre
    return means, w * s2 + (1 - w) ** 2 / total, np.exp(log) / np.sqrt(total[..., 0])


def support(k=8, prior=lambda tau: 1.0):
    """Return a fine grid of tau and the share of the posterior at each."""
    u = (np.arange(20_000) + 0.5) / 20_000
    tau = 10 * u / (1 - u)
    share = given_tau(tau, k)[2] * prior(tau) / (1 - u) ** 2
    return tau, share / share.sum()


def tau_below(level, k=8):
    """Return a quantile of tau under the flat prior."""
    tau, share = support(k)
    return np.interp(level, share.cumsum() - share / 2, tau)


def schools():
    """Return means and ends of 95% intervals, tau and the centre integrated out."""
    tau, share = support()
    means, variances, _ = given_tau(tau)

    def end(j, level):
        def off(x):
            return share @ stats.norm.cdf(x, means[:, j], np.sqrt(variances[:, j]) + 1e-12) - level

        return optimize.brentq(off, -200, 200)

    return share @ means, *([end(j, level) for j in range(8)] for level in (0.025, 0.975))


BAYES = schools()
_ALIKE = given_tau(0.0)[0]
DENSITY = 1 / integrate.quad(lambda tau: given_tau(tau)[2], 0, np.inf)[0]


def pct(value):
    """Return a share as the page writes it."""
    return f"{value:.0%}"


# where numbers of garage Z's story fall: which option holds the estimate?
_Z = {"a": (1.5, 2.5), "b": (10.5, 11.5), "c": (18, 19), "d": (19.9, 20.1)}
(_HOLDS,) = (name for name, (low, high) in _Z.items() if low < kept(1) < high)
_N0_Z = optimize.brentq(lambda n0: 18 / (1 + n0) - 200 / (40 + n0), 0.1, 20)
_MOVES = [(1 - weight(n)) * distance for n, distance in ((1, 2), (12, -12))]
_WIDTHS = 5 * np.round([np.ptp(BAYES[1:], axis=0).min() / 5, np.ptp(BAYES[1:], axis=0).max() / 5])
_LIMIT = np.sqrt(2 * TAU**2 + SIGMA**2 / 3)

MORE, FEWER, SAME = way(1), way(-1), way(0)
FACTS = [
    # the story
    ("", "visits differ deviation", [2, SAME, lambda p: f"{p['town']['within_sd']} minutes"]),
    (
        "",
        "averages differ too deviation average",
        [
            way(TAU - SIGMA),
            lambda p: f"{p['town']['between_sd']} minutes",
            lambda p: f"{p['town']['mean']} minutes late",
        ],
    ),
    ("", "car ready only", "2 minutes"),
    (
        "",
        "(a) (b) (c) (d)",
        [
            "(a) about 2 minutes",
            f"(b) about {(2 + 20) / 2:.0f} minutes halfway",
            2,
            20,
            f"({_HOLDS}) between {int(kept(1))} and",
            f"{int(kept(1)) + 1} minutes",
            "(d) 20 minutes",
        ],
    ),
    (
        "12",
        "answer is earns keeps that",
        [
            f"({_HOLDS})",
            pct(weight(1)),
            pct(weight(1)),
            20,
            2,
            "one and a half minutes",
            kept(1),
            "not (d)",
        ],
    ),
    # sections 1 and 2
    (
        "1",
        "$mu$ $tau$ $sigma$ single",
        [
            "mean of all garages",
            "standard deviation of those long-run averages",
            "standard deviation of single visits to one garage",
        ],
    ),
    ("1", "averaging makes it", way(1 / np.sqrt(3) - 1)),
    (
        "1",
        "with visits that garages look times",
        [3, 9 + 100 / 3, "not 9", MORE, int((9 + 100 / 3) / 9), "in variance"],
    ),
    ("2", "$w=1$ $w=0$ number", ["$w=1$ is no pooling", "$w=0$ is complete pooling", SAME]),
    ("2", "left both sides", [0, SAME]),
    (
        "2",
        "larger $w$ makes are independent mean",
        [
            MORE,
            "$a$",
            way((1 - 0.5) - (1 - 0.4)),
            "$b$",
            way(0.5 - 0.4),
            round(np.mean(_DELTA * _EPS), 1),
        ],
    ),
    ("2", "parabola opens point slope", [way(TAU**2 + SIGMA**2), FEWER, 0]),
    (
        "2",
        "in our town knowing worth own weight",
        [N0, "visits", N0, "visits", round(N0), "visits", weight(N0)],
    ),
    ("2", "draws towns garages", [40_000, 4]),
    ("2", "$z$ mostly between", [-2, 2]),
    ("2", "all visit earns visits earn", [FEWER, pct(weight(1)), 40, pct(weight(40))]),
    (
        "2",
        "visits mean raw lies keep distance estimate 22.6",
        [3, 32, 32 - 20, way(32 - 20), 20, pct(weight(3)), 12 * weight(3), 20 + 12 * weight(3)],
    ),
    ("2.1", "visit mean q each negative", ["1 visit mean 22", "12 visits mean 8", FEWER, 20]),
    ("2.1", "q visits moves further", way(12 - 1)),
    # section 3
    ("3", "calls result exact adds part", [12.1, 1 / 3]),
    ("3", "it is $n_j+1$ town garages weight has be", [12.1, 1e6, 12.1]),
    ("2.2", "lines published untrue", [7, len(_NEEDED[0])]),
    (
        "2.2",
        "(a) (b) (c) (d) (e) (f) (g) slope",
        [
            "(a) a garage's long-run average is $mu$ plus",
            0,
            "(b) is the number of visits to all",
            "(c) the noise in a mean of $n_j$ visits",
            "(d) the mean of all visits has standard deviation",
            "(e) the error is $a-b-c$",
            "(f) the expected square of the error",
            "(g) the best $w$",
            0,
        ],
    ),
    (
        "2.2",
        "symbols became (d) (f) add",
        ["(b) two symbols", "(d) the mean of all visits varies", "(f) the squares add"],
    ),
    (
        "2.2",
        "wobbles asks already",
        [way(halfway((1, 2)) - weight(3)), way(weight(3) - halfway((1, 2))), 2],
    ),
    ("3", "without slips back exactly any number", [len(_NEEDED[0]), 12.1, SAME]),
    ("3", "referee", [40_000, 10, "3 visits"]),
    (
        "3",
        "published off mse by",
        [
            lambda p: errors_off(halfway(())),
            "errors off 12.1 about one",
            FEWER,
            FEWER,
            way(mse_at(halfway(())) - mse_at(weight(3))),
            pct(mse_at(halfway(())) / mse_at(weight(3)) - 1),
        ],
    ),
    ("3", "mend one time expected", [len(_NEEDED[0]), FEWER]),
    ("3", "one quantities sympy symbols", [2, 2, SAME, SAME]),
    ("3", "garages good", [1e6, 12.1]),
    ("3", "that $w$", way(halfway((1, 2)) - weight(3))),
    ("3", "those independent back any", [3, 12.1]),
    (
        "3",
        "as published mended last row all",
        [halfway(()), halfway((1,)), halfway((1, 2)), 3, halfway((1, 2, 3))],
    ),
    (
        "3",
        "with mended off published",
        "further off" if halfway((1, 2)) - weight(3) > halfway(()) - weight(3) else "nearer",
    ),
    ("3", "slips source none result", [4, FEWER, SAME]),
    ("2.3", "too time", way(lambda p: at(p, p["answer_2_3"]) - weight(3))),
    # sections 4 and 5
    ("4", "with centre exact unequal show", [12.1, 4]),
    ("4", "compare with write", [*weight(np.array([1, 3, 11, 40])), 12.1]),
    (
        "4",
        "means asks contains deserves",
        [
            "a negative weight" if best_weight([0.25] * 4, _SPREAD4, 0) < 0 else "more",
            1 / 4,
            way(1 / 4 - weight(1)),
        ],
    ),
    (
        "4",
        "average say precision-weighted has known",
        [40, 1 + 3 + 11 + 40, pct(40 / 55), _PRECISE4[3], 4, MORE],
    ),
    ("5", "same ideas first expected", [SAME, 4, FEWER]),
    ("5", "logarithm slope", 0),
    ("5", "posterior times", "$sqrtw$ times"),
    (
        "5",
        "witnesses visits population introduce",
        [2, "$n_j/sigma^2$", "population", "$1/tau^2$", 12.1],
    ),
    (
        "5",
        "derivations limits $tauto0$ $tautoinfty$ cost visits",
        [4, 2, "$tauto0$ is complete", "$tautoinfty$ is no pooling", 12, 32],
    ),
    (
        "5",
        "real imagined sum half-way visits point slides",
        [
            12,
            32,
            N0,
            20,
            FEWER,
            "over half-way" if weight(12) > 0.5 else "under",
            20 + 12 * weight(12),
            FEWER,
            FEWER,
            20,
        ],
    ),
    # section 6
    ("6", "garages between visits", [len(VISITS), VISITS.min(), VISITS.max()]),
    ("6", "raw comes interval factor", [0.95, way(weight(3) ** 0.5 - 1), "$sqrtw_j$"]),
    (
        "6",
        "ways no pooling anything complete truths",
        [3, FEWER, FEWER, way(lambda p: outside(p) - 0.5), 0.5, "outside"],
    ),
    ("6", "left raw", "raw mean circle to estimate diamond on the right the weights"),
    (
        "6",
        "visits moves away centre is complete says",
        [
            lambda p: VISITS[moved(p).argmax()],
            MORE,
            lambda p: centres(p)[0],
            lambda p: centres(p)[1],
        ],
    ),
    ("6", "axis $n_0$ weight", ["logarithmic", weight(N0)]),
    ("6", "picture town sets starts", [SAME, 0, "no pooling to infinity", N0]),
    ("6", "go goes figures", ["one and two visits go first", VISITS.max(), "last", 2]),
    ("6", "keep redo", [len(VISITS), 10_000]),
    ("6", "coverage holds table averages then", [0.95, len(VISITS), FEWER, MORE]),
    (
        "6",
        "no bias lot complete any often",
        [
            "no bias and a lot of variance",
            way(lambda p: -scores(p, "no pooling")[1].mean()),
            "it has bias",
            MORE,
        ],
    ),
    ("6", "takes exchange its mse", ["less variance", ratio]),
    (
        "6",
        "one made slightly truth need",
        [
            lambda p: VISITS[made_worse(p)][0],
            way(lambda p: mse(p, "no pooling")[9] - mse(p, "partial pooling")[9]),
            MORE,
            lambda p: VISITS[made_worse(p)][0],
        ],
    ),
    ("2.4", "hold cases averaged", [0.95, 0.95, len(VISITS)]),
    (
        "2.4",
        "(a) (b) (c) yours unusual (d)",
        [
            "(a) it holds your long-run average with a chance of",
            0.95,
            "(b) the intervals are broken",
            0.95,
            "(c) of all",
            0.95,
            MORE,
            FEWER,
            way(lambda p: lowest(p)[far(p)] - 0.95),
            "(d) nothing",
        ],
    ),
    (
        "2.4",
        "an average true fails promised",
        [0.95, MORE, "(a) fails", lambda p: lowest(p).mean(), "(b) and (d) fail"],
    ),
    # section 7
    ("7", "curves every left truth right", [2, 3, "3 minutes from", "10 minutes off"]),
    ("7", "right end dotted typical", ["$w=1$ is no pooling", 12.1, weight(3), FEWER]),
    (
        "7",
        "pays instead own best all",
        [
            "10 minutes off pays",
            ((1 - weight(3)) * 10) ** 2 + weight(3) ** 2 * 100 / 3,
            100 / 3,
            100 / (100 + 100 / 3),
            3,
        ],
    ),
    ("7", "those mse", [MORE, "$sigma^2/n_j$ of no pooling"]),
    (
        "7",
        "with that garages $sqrt2tau$ moves so",
        [
            3,
            f"beyond {_LIMIT:.1f} minutes",
            way(2 * stats.norm.sf(_LIMIT / TAU) - 0.02),
            2,
            100,
            MORE,
            MORE,
            "$sqrt2tau$",
            round(200 * stats.norm.sf(np.sqrt(2))),
            100,
            MORE,
            FEWER,
            FEWER,
        ],
    ),
    # section 8
    ("8", "noise towns naive variance", [8, "10 visits", 20_000, 19 / 9]),
    (
        "8",
        "corrected single differ put",
        ["right on average", "negative", MORE, 0, "complete pooling"],
    ),
    ("8", "takes $q/(j-1)$", "for $tau^2$"),
    ("8", "corrected or james stein famous", [0, "negative", 0, "negative", 1 / 3, 1961]),
    ("8", "because average needs", ["$(j-3)s^2/q$ is exactly $1-w$", 3 + 1]),
    ("8", "likely counts before every", [MORE, SAME]),
    ("8", "spread goes", [SPREADS[0], f"{SPREADS[-1]} minutes", 8, "10 visits"]),
    (
        "8",
        "and complete show always true",
        ["$tau=0$", best_complete(), MORE, SAME, 8, MORE],
    ),
    (
        "8",
        "from even ways tried among naive costs",
        [
            way(10**0.5 - 3),
            "$tau=3$",
            way(risk("no pooling", 4, 8) - risk("complete pooling", 4, 8)),
            way(min(10 - risk(name, t, 8) for name in WAYS for t in SPREADS)),
            "no one wins",
            "too little",
            MORE,
            FEWER,
        ],
    ),
    ("2.5", "columns pretend estimate steps means", [8, 10, "in minutes", 2, 4, 8]),
    ("2.5", "noise mean", 0.1),
    ("2.5", "data drawn give exactly", ["5 minutes", 8, MORE]),
    # sections 9 and 10
    ("9", "mse coverage intervals visits", [0.95, *TOWNS, 10]),
    ("9", "estimates already", [SAME, way(10 - risk("corrected plug-in", 3, 3)), 3]),
    (
        "9",
        "plugged-in such estimated even quite it along price",
        [
            0.95,
            covers("corrected plug-in", 3),
            3,
            round(10 * stats.chi2.cdf(2 * 10 / 19, 2)),
            10,
            0,
            FEWER,
            20,
            "not quite" if covers("corrected plug-in", 20) < 0.9 else "quite enough",
            0.95,
            MORE,
        ],
    ),
    (
        "10",
        "sorts visits degrees far-off but off",
        [3, 20, "10 visits", 3, SAME, MORE, "30 minutes off"],
    ),
    ("10", "scores lies", [MORE, MORE]),
    (
        "10",
        "partial sort pays its mse normal towns outlier interval",
        [
            way(min(gain(sort, "all") for sort in SORTS)),
            MORE,
            way(times("normal") - 1.5),
            0.5,
            times("t"),
            times("outlier"),
            np.mean([SORTS[sort]["far"][2] for sort in SORTS]),
        ],
    ),
    (
        "10",
        "their gain loss",
        [
            FEWER,
            gain("normal", "others"),
            gain("outlier", "others"),
            round(gain("outlier", "all"), 1),
        ],
    ),
    # sections 11 and 12
    ("11", "american rubin", [8, "points", 1981]),
    ("11", "plugged gives", [0, "complete pooling", SCHOOLS[0]]),
    ("11", "run what each school's how data", ["above what each", "below how much"]),
    (
        "11",
        "support is at lies full averages curve",
        [
            way(given_tau(0.01)[2] - given_tau(1.0)[2]),
            0,
            0.5,
            MORE,
            tau_below(0.5),
            "curves above",
            "curve below",
        ],
    ),
    (
        "11",
        "groups matters try flat half-cauchy half-normal look all",
        [
            FEWER,
            3,
            SAME,
            25,
            stats.halfcauchy.cdf(1),
            FEWER,
            25,
            10,
            pct(stats.halfnorm.cdf(2)),
            FEWER,
            20,
            8,
            3,
        ],
    ),
    (
        "11",
        "prior little flat takes seriously lie",
        [8, "matters little", 3, 0.975, FEWER, tau_below(0.975, 3)],
    ),
    (
        "2.6",
        "a visits mean z by our choice average",
        [40, "15 minutes", "2 minutes", 20 - 5 * weight(40), MORE, kept(1), MORE, MORE],
    ),
    (
        "2.6",
        "if would say z's lies distance set",
        [MORE, "$n_0$", FEWER, MORE, FEWER, FEWER, FEWER, 20, 2, SAME],
    ),
    ("2.6", "z keeps a", [18, FEWER, 20, 5, FEWER]),
    ("12", "hardly any root square", [FEWER, MORE, 3, FEWER, 1]),
    ("12", "gets far-off interval partial", [MORE, 0.95, 0.95, "not for each", MORE]),
    (
        "12",
        "p q passes off garage there right bias² variance",
        [
            1,
            f"{_MOVES[0]:.1f} minutes",
            12,
            -_MOVES[1],
            halfway(()),
            lambda p: errors_off(halfway(())),
            1,
            best_weight(np.array([1, 3, 11, 40]) / 55, _SPREAD4, 0),
            weight(1),
            lambda p: bias_variance(p)[0],
            lambda p: bias_variance(p)[1],
        ],
    ),
    (
        "12",
        "coverage unit against always plugged-in with",
        [
            0.95,
            lambda p: f"{lowest(p).min():.0%} to {lowest(p).max():.0%}",
            TAU**2 + 10,
            TAU**2,
            MORE,
            MORE,
            "$tau=0$",
            best_complete(),
            0.95,
            0.95,
            covers("corrected plug-in", 3),
            3,
        ],
    ),
    # alternative texts
    (
        "figure 1",
        "misfit raw penalty their sum between",
        [FEWER, 32, 20, FEWER, FEWER, 20 + 12 * weight(12), 2],
    ),
    (
        "figure 2",
        "garages number intervals partial complete misses",
        [12, "long intervals", FEWER, "pooling lies", FEWER, "the truth", FEWER, MORE],
    ),
    (
        "figure 3",
        "moves towards weight own",
        [lambda p: VISITS[moved(p).argmax()], MORE, MORE, weight(N0), N0],
    ),
    (
        "figure 4",
        "bias variance from sum off weight value",
        [FEWER, MORE, "weight", 3, FEWER, weight(3), 10, FEWER, 0.75, weight(3), MORE, MORE, 1],
    ),
    (
        "figure 5",
        "complete is stays ways lie",
        ["complete pooling is best", 0, best_complete(), "no pooling stays", 10, 4, FEWER],
    ),
    (
        "figure 6",
        "error with number alike hold always holds throughout",
        [
            way(risk("full Bayes", 3, 85) - risk("full Bayes", 3, 3)),
            SAME,
            3,
            covers("corrected plug-in", 3),
            85,
            0.95,
        ],
    ),
    (
        "figure 7",
        "effects raw run intervals complete says full lies",
        [
            8,
            way(SCHOOLS.min()),
            0,
            SCHOOLS[0],
            np.round(2 * Z * ERRORS.max(), -1),
            MORE,
            _ALIKE[0],
            BAYES[0].min(),
            BAYES[0].max(),
            *_WIDTHS,
        ],
    ),
    (
        "figure 8",
        "at all spread fan support much",
        [0, SAME, FEWER, _ALIKE[0], MORE, way(DENSITY), 0, FEWER, 0, 10],
    ),
]

FORMULAS = {}
FIGURES = []
