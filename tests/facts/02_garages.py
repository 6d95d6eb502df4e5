"""What page 02 claims, and where each claim comes from."""

import itertools

import numpy as np
from scipy import integrate, optimize, stats

from helpers import normal_normal, plots, simulate
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


def errors(p):
    """Return the mean distance from the truth of the raw means, and of partial pooling."""
    estimates = pooled(p["garages"].raw)
    names = "no pooling", "partial pooling"
    return [np.mean(np.abs(estimates[name][0] - p["garages"].truth)) for name in names]


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


def costs(tau):
    """Return by how much the naive plug-in is worse than the corrected one."""
    return risk("naive plug-in", tau, 8) - risk("corrected plug-in", tau, 8)


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
# fmt: off
FACTS = [
    # the story
    ("", "visits differ deviation", [2, SAME, lambda p: f"{p['town']['within_sd']} minutes"]),
    ("", "averages differ too deviation average", [way(TAU - SIGMA),
     lambda p: f"{p['town']['between_sd']} minutes",
     lambda p: f"{p['town']['mean']} minutes late"]),
    ("", "car ready only", "2 minutes"),
    ("", "(a) (b) (c) (d)", ["(a) about 2 minutes",
     f"(b) about {(2 + 20) / 2:.0f} minutes halfway", 2, 20,
     f"({_HOLDS}) between {int(kept(1))} and", f"{int(kept(1)) + 1} minutes", "(d) 20 minutes"]),
    ("12", "answer is earns keeps that", [f"({_HOLDS})", pct(weight(1)), pct(weight(1)), 20, 2,
     "one and a half minutes", kept(1), "not (d)"]),
    # sections 1 and 2
    ("1", "$mu$ $tau$ $sigma$ single", ["mean of all garages",
     "standard deviation of those long-run averages",
     "standard deviation of single visits to one garage"]),
    ("1", "averaging makes it", way(1 / np.sqrt(3) - 1)),
    ("1", "with visits that garages look times", [3, 9 + 100 / 3, "not 9", MORE,
     int((9 + 100 / 3) / 9), "in variance"]),
    ("2", "$w=1$ $w=0$ number", ["$w=1$ is no pooling", "$w=0$ is complete pooling", SAME]),
    ("2", "left both sides", [0, SAME]),
    ("2", "larger $w$ makes are independent mean", [MORE, "$a$", way((1 - 0.5) - (1 - 0.4)), "$b$",
     way(0.5 - 0.4), round(np.mean(_DELTA * _EPS), 1)]),
    ("2", "parabola opens point slope", [way(TAU**2 + SIGMA**2), FEWER, 0]),
    ("2", "in our town knowing worth own weight", [N0, "visits", N0, "visits", round(N0), "visits",
     weight(N0)]),
    ("2", "call neat", 12.1),
    ("2", "draws towns garages", [(40_000, "towns"), (4, "garages")]),
    ("2", "$z$ mostly between", [-2, 2]),
    ("2", "all visit earns visits earn", [FEWER, pct(weight(1)), (40, "visits"), pct(weight(40))]),
    ("2", "visits mean raw lies keep distance estimate 22.6", [(3, "visits"), 32, 32 - 20,
     way(32 - 20), 20, pct(weight(3)), 12 * weight(3), 20 + 12 * weight(3)]),
    ("2.1", "visit mean q each negative", ["1 visit mean 22", "12 visits mean 8", FEWER, 20]),
    ("2.1", "q visits moves further", way(12 - 1)),
    # section 3
    ("3", "calls result exact adds part", [12.1, 1 / 3]),
    ("3", "it is $n_j+1$ town garages weight has be", [12.1, (1e6, "garages"), 12.1]),
    ("2.2", "lines published untrue", [7, len(_NEEDED[0])]),
    ("2.2", "(a) (b) (c) (d) (e) (f) (g) slope", ["(a) a garage's long-run average is $mu$ plus",
     0, "(b) is the number of visits to all", "(c) the noise in a mean of $n_j$ visits",
     "(d) the mean of all visits has standard deviation", "(e) the error is $a-b-c$",
     "(f) the expected square of the error", "(g) the best $w$", 0]),
    ("2.2", "symbols became (d) (f) add", ["(b) two symbols", "(d) the mean of all visits varies",
     "(f) the squares add"]),
    ("2.2", "wobbles asks already", [way(halfway((1, 2)) - weight(3)), way(weight(3) - halfway((1,
     2))), 2]),
    ("3", "without slips back exactly any number", [len(_NEEDED[0]), 12.1, SAME]),
    ("3", "referee", [(40_000, "towns"), (10, "garages"), "3 visits"]),
    ("3", "published off mse by", [lambda p: errors_off(halfway(())), "errors off 12.1 about one",
     FEWER, FEWER, way(mse_at(halfway(())) - mse_at(weight(3))),
     pct(mse_at(halfway(())) / mse_at(weight(3)) - 1)]),
    ("3", "mend one time expected", [len(_NEEDED[0]), FEWER]),
    ("3", "one quantities sympy symbols", [2, 2, SAME, SAME]),
    ("3", "garages good", [(1e6, "garages"), 12.1]),
    ("3", "visits still", [(100, "visits"), "still one garage"]),
    ("3", "if along", MORE),
    ("3", "deviations unobserved", 2),
    ("3", "that $w$", way(halfway((1, 2)) - weight(3))),
    ("3", "those independent back any", [3, 12.1]),
    ("3", "as published mended last row all", [halfway(()), halfway((1,)), halfway((1, 2)), 3,
     halfway((1, 2, 3))]),
    ("3", "with mended off published", "further off" if halfway((1,
     2)) - weight(3) > halfway(()) - weight(3) else "nearer"),
    ("3", "slips source none result", [4, FEWER, SAME]),
    ("2.3", "too time", way(lambda p: at(p, p["answer_2_3"]) - weight(3))),
    # sections 4 and 5
    ("4", "all had let share", [SAME, MORE, SAME]),
    ("4", "with centre exact unequal show", [12.1, (4, "garages")]),
    ("4", "compare with write", [*weight(np.array([1, 3, 11, 40])), 12.1]),
    ("4", "means asks contains deserves", ["a negative weight" if best_weight([0.25] * 4, _SPREAD4,
     0) < 0 else "more", 1 / 4, way(1 / 4 - weight(1))]),
    ("4", "average say precision-weighted has known", [40, (1 + 3 + 11 + 40, "visits"),
     pct(40 / 55), _PRECISE4[3], 4, MORE]),
    ("5", "same ideas first expected", [SAME, 4, FEWER]),
    ("5", "rule multiplies area", [2, 1]),
    ("5", "logarithm slope", 0),
    ("5", "posterior times", "$sqrtw$ times"),
    ("5", "witnesses visits population introduce", [2, "$n_j/sigma^2$", "population", "$1/tau^2$",
     12.1]),
    ("5", "derivations limits $tauto0$ $tautoinfty$ cost visits", [4, 2, "$tauto0$ is complete",
     "$tautoinfty$ is no pooling", (12, "visits"), 32]),
    ("5", "real imagined sum half-way visits point slides", [12, 32, N0, 20, FEWER,
     "over half-way" if weight(12) > 0.5 else "under", 20 + 12 * weight(12), FEWER, FEWER, 20]),
    # section 6
    ("6", "garages between visits", [(len(VISITS), "garages"), VISITS.min(), VISITS.max()]),
    ("6", "raw comes interval factor", [0.95, "partial pooling", way(weight(3) ** 0.5 - 1),
     "$sqrtw_j$"]),
    ("6", "ways no pooling anything complete truths between", [3, "no pooling", FEWER, FEWER,
     "complete pooling", way(lambda p: outside(p) - 0.5), 0.5, "outside", "partial pooling is"]),
    ("6", "left raw", "raw mean circle to estimate diamond on the right the weights"),
    ("6", "visits moves away centre is complete says", [lambda p: (VISITS[moved(p).argmax()],
     "visits"), MORE, lambda p: centres(p)[0], "complete pooling says", lambda p: centres(p)[1]]),
    ("6", "axis $n_0$ weight", ["logarithmic", weight(N0)]),
    ("6", "picture town sets starts", [SAME, 0, "no pooling to infinity", "complete pooling", (N0,
     "visits")]),
    ("6", "go goes figures", ["one and two visits go first", VISITS.max(), "last", 2]),
    ("6", "keep redo", [len(VISITS), 10_000]),
    ("6", "coverage holds table averages then", [0.95, (len(VISITS), "garages"), FEWER, MORE]),
    ("6", "no bias lot complete any often", ["no pooling has no bias and a lot of variance",
     "complete pooling", way(lambda p: -scores(p, "no pooling")[1].mean()), "it has bias", MORE]),
    ("6", "takes exchange its mse", ["partial pooling takes", "less variance", ratio]),
    ("6", "one made slightly truth need", [lambda p: (VISITS[made_worse(p)][0], "visits"),
     way(lambda p: mse(p, "no pooling")[9] - mse(p, "partial pooling")[9]), MORE,
     lambda p: (VISITS[made_worse(p)][0], "visits")]),
    ("2.4", "hold cases averaged", [0.95, "partial pooling", 0.95, (len(VISITS), "garages")]),
    ("2.4", "(a) (b) (c) yours unusual (d)",
     ["(a) it holds your long-run average with a chance of", 0.95, "(b) the intervals are broken",
     0.95, "(c) of all", 0.95, MORE, FEWER, way(lambda p: lowest(p)[far(p)] - 0.95),
     "(d) nothing"]),
    ("2.4", "wrong general", 0.95),
    ("2.4", "an average true fails promised", [0.95, MORE, "(a) fails", lambda p: lowest(p).mean(),
     "(b) and (d) fail"]),
    # section 7
    ("7", "curves every left truth right", [2, (3, "visits"), "3 minutes from", "10 minutes off"]),
    ("7", "right end dotted typical", ["$w=1$ is no pooling", 12.1, weight(3), FEWER]),
    ("7", "pays instead own best all", ["10 minutes off pays",
     ((1 - weight(3)) * 10) ** 2 + weight(3) ** 2 * 100 / 3, 100 / 3, 100 / (100 + 100 / 3), (3,
     "visits")]),
    ("7", "those mse", [MORE, "$sigma^2/n_j$ of no pooling"]),
    ("7", "with that garages $sqrt2tau$ moves so", [(3, "visits"), f"beyond {_LIMIT:.1f} minutes",
     way(2 * stats.norm.sf(_LIMIT / TAU) - 0.02), (2, "garages"), 100, MORE, MORE, "$sqrt2tau$",
     (round(200 * stats.norm.sf(np.sqrt(2))), "garages"), 100, MORE, FEWER, FEWER, FEWER]),
    # section 8
    ("8", "noise towns naive variance", [(8, "garages"), "10 visits", 20_000, 19 / 9]),
    ("8", "corrected single differ put", ["right on average", "negative", MORE, 0,
     "partial pooling is complete"]),
    ("8", "ways to weight", len(WAYS) - 1),
    ("8", "takes $q/(j-1)$", "for $tau^2$"),
    ("8", "corrected or james stein famous", [0, "negative", 0, "negative", 1 / 3, 1961]),
    ("8", "because average needs", ["$(j-3)s^2/q$ is exactly $1-w$", (3 + 1, "garages")]),
    ("8", "likely counts before every", [MORE, SAME]),
    ("8", "spread goes", [SPREADS[0], f"{SPREADS[-1]} minutes", (8, "garages"), "10 visits"]),
    ("8", "and complete show always true", ["$tau=0$", best_complete(), "complete pooling",
     way(min(risk(name, 1, 8) for name in WAYS) - risk("complete pooling", 1, 8)), SAME, 8,
     "partial pooling always", MORE]),
    ("8", "from even ways tried among naive costs", [way(10**0.5 - 3), "$tau=3$",
     "complete pooling is", way(risk("no pooling", 4, 8) - risk("complete pooling", 4, 8)),
     "no pooling", "partial pooling", way(min(10 - risk(name, t,
     8) for name in WAYS for t in SPREADS)), "no pooling at every", "no one wins", "too little",
     way(costs(0) - costs(8)), FEWER]),
    ("2.5", "columns pretend estimate steps means", [(8, "garages"), (10, "visits"), "in minutes",
     2, 4, 8]),
    ("2.5", "noise mean", 0.1),
    ("2.5", "data drawn give exactly", ["5 minutes", (8, "garages"), MORE]),
    # sections 9 and 10
    ("9", "mse coverage intervals visits", [0.95, *TOWNS[:-1], (TOWNS[-1], "garages"), 10]),
    ("9", "estimates already", [SAME, way(10 - risk("corrected plug-in", 3, 3)), "no pooling", (3,
     "garages")]),
    ("9", "plugged-in such estimated even quite it along price", [0.95, covers("corrected plug-in",
     3), (3, "garages"), round(10 * stats.chi2.cdf(2 * 10 / 19, 2)), 10, 0, FEWER, (20, "garages"),
     "not quite" if covers("corrected plug-in", 20) < 0.9 else "quite enough", 0.95, MORE]),
    ("10", "sorts visits degrees far-off but off", [3, (20, "garages"), "10 visits", 3, SAME,
     way(stats.t.sf(3 * np.sqrt(3), 3) - stats.norm.sf(3)), "30 minutes off"]),
    ("10", "scores lies", [MORE, MORE]),
    ("10", "partial sort pays its mse normal towns outlier interval", ["partial pooling",
     way(min(gain(sort, "all") for sort in SORTS)), MORE, way(times("normal") - 1.5), 0.5,
     times("t"), times("outlier"), np.mean([SORTS[sort]["far"][2] for sort in SORTS])]),
    ("10", "weights their gain loss", [
     "weights go up" if TAU**2 + 30**2 / 20 > TAU**2 else "weights go down", "no pooling",
     way(gain("outlier", "others") - gain("normal",
     "others")), gain("normal", "others"), gain("outlier", "others"), round(gain("outlier", "all"),
     1)]),
    # sections 11 and 12
    ("11", "american rubin", [8, "points", 1981]),
    ("11", "plugged gives", [0, "complete pooling", SCHOOLS[0]]),
    ("11", "run what each school's how data", ["above what each", "below how much"]),
    ("11", "support is at lies full averages curve", [way(given_tau(0.01)[2] - given_tau(1.0)[2]),
     0, 0.5, MORE, tau_below(0.5), "curves above", "curve below"]),
    ("11", "groups matters try flat half-cauchy half-normal look all", [FEWER, 3, SAME, 25,
     stats.halfcauchy.cdf(1), FEWER, 25, 10, pct(stats.halfnorm.cdf(2)), FEWER, 20, 8, 3]),
    ("11", "prior little flat takes seriously lie", [8, "matters little", 3, 0.975, FEWER,
     tau_below(0.975, 3)]),
    ("2.6", "a visits mean z by our choice average", [40, "15 minutes", "2 minutes",
     20 - 5 * weight(40), way(kept(1) - 20 + 5 * weight(40)), kept(1), MORE, MORE]),
    ("2.6", "if would say z's lies distance set", [MORE, "$n_0$", way(100 / 16 - N0),
     way(1 / (1 + 100 / 16) - weight(1)), FEWER, way(5 * 40 / (39.9 + _N0_Z) - 18 / (0.9 + _N0_Z)),
     FEWER, 20, 2, SAME]),
    ("2.6", "z keeps a", [18, FEWER, 20, 5, FEWER]),
    ("12", "hardly any root square", [FEWER, MORE, 3, FEWER, 1]),
    ("12", "cell adds", 2),
    ("12", "squared bayes", FEWER),
    ("12", "groups fine", FEWER),
    ("12", "if often good", MORE),
    ("12", "gets far-off interval partial", [MORE, 0.95,
     (0.95, "of", "the", "garages"), "not for each", "partial pooling",
     MORE, "complete pooling"]),
    ("12", "p q passes off garage there right bias² variance", [(1, "visit"),
     f"{_MOVES[0]:.1f} minutes", 12, -_MOVES[1], halfway(()), lambda p: errors_off(halfway(())),
     (1, "visit"), best_weight(np.array([1, 3, 11, 40]) / 55, _SPREAD4, 0), weight(1),
     "complete pooling has", lambda p: bias_variance(p)[0], lambda p: bias_variance(p)[1]]),
    ("12", "coverage unit against always plugged-in with", [0.95,
     lambda p: f"{lowest(p).min():.0%} to {lowest(p).max():.0%}", TAU**2 + 10, TAU**2,
     "partial pooling always", MORE, "complete pooling is", MORE, "$tau=0$", best_complete(), 0.95,
     0.95, covers("corrected plug-in", 3), (3, "garages")]),
    # alternative texts
    ("figure 1", "misfit raw penalty their sum between", [FEWER, 32, 20, FEWER, FEWER,
     20 + 12 * weight(12), 2]),
    ("figure 2", "garages number intervals partial complete misses", [12, "long intervals", FEWER,
     "partial pooling lies", way(lambda p: np.diff(errors(p))[0]), "the truth",
     way(weight(48) ** 0.5 - 1), "complete pooling has one", way(lambda p: outside(p) - 0.5)]),
    ("figure 3", "moves towards weight own", [lambda p: (VISITS[moved(p).argmax()], "visit"), MORE,
     MORE, weight(N0), (N0, "visits")]),
    ("figure 4", "bias variance from sum off weight value", [way((1 - 0.9) ** 2 - (1 - 0.1) ** 2),
     way(0.9**2 - 0.1**2), "weight", (3, "minutes"), FEWER, weight(3), (10, "minutes"), FEWER,
     100 / (100 + 100 / 3), weight(3), MORE,
     way((1 - weight(3)) ** 2 * 100 + weight(3) ** 2 * 100 / 3 - 100 / 3), 1]),
    ("figure 5", "complete is stays ways lie", ["complete pooling is best", 0, best_complete(),
     "no pooling stays", risk("no pooling", 5, 8), len(WAYS), "partial pooling", way(max(risk(name,
     8, 8) for name in WAYS) - 10)]),
    ("figure 6", "error with number alike hold always holds throughout",
     ["error of partial pooling", way(risk("full Bayes", 3, 85) - risk("full Bayes", 3, 3)), SAME,
     (3, "garages"), covers("corrected plug-in", 3), 85, 0.95]),
    ("figure 7", "effects raw run intervals complete says full lies", [8, way(SCHOOLS.min()), 0,
     SCHOOLS[0], np.round(2 * Z * ERRORS.max(), -1), MORE, "complete pooling says", _ALIKE[0],
     BAYES[0].min(), BAYES[0].max(), *_WIDTHS]),
    ("figure 8", "at all spread fan support much", [0, SAME, FEWER, _ALIKE[0], MORE, way(DENSITY),
     0, way(given_tau(10.0)[2] - given_tau(0.0)[2]), 0, 10]),
]
# fmt: on

# --- formulas: t, s, n, J and w are 3, 10, 3, 10 and 0.4; errors are those of 200,000 towns
t, s, n, J, w, y, mu = TAU, SIGMA, 3, 10, 0.4, 32.0, 20.0
PRECISION = 1 / _SPREAD4
_Q = (t**2 + 10) * np.random.default_rng(9).chisquare(7, 400_000)


def drawn_ab(w):
    """Return the two parts of section 2's error, and the third of section 3 with mended slips."""
    return (1 - w) * _DELTA, w * _EPS, (1 - w) * _CENTRE[:, None]


def estimate(p, w):
    """Return the estimate of section 2 at a weight, for a mean of 32."""
    names = {"theta_j": 0, "delta_j": y - mu, "epsilon_j": 0}
    return mu - at(p, p["A"], w=w, **names) + (y - mu) + at(p, p["B"], w=w, **names)


def least_cost():
    """Return the lowest point of the cost of section 5 with six visits, by search."""
    visits = y + np.array([-7, 1, 2, 0.5, 3, 0.5])
    price = s**2 / t**2
    return optimize.minimize_scalar(lambda x: ((visits - x) ** 2).sum() + price * (x - mu) ** 2).x


def posterior(n):
    """Return mean and sd of a garage's long-run average, prior times likelihood on a grid."""
    theta = np.linspace(-40, 80, 40_001)
    density = stats.norm.pdf(theta, mu, t) * stats.norm.pdf(y, theta, s / np.sqrt(n))
    mean = density @ theta / density.sum()
    return mean, np.sqrt(density @ (theta - mean) ** 2 / density.sum())


def best_of_deltas():
    """Return the best weight in the drawn towns where the centre has no visit noise."""
    middle = _DELTA.mean(1, keepdims=True)
    x = _DELTA + _EPS - middle
    return (x * (_DELTA - middle)).sum() / (x**2).sum()


def shares_at(p):
    """Return c_j and R_j of section 4 for the second of four garages."""
    values = {"S": PRECISION.sum() - PRECISION[1]}
    return [at(p, formula, **values) for formula in p["precise"].values()]


def slope(name):
    """Return the weight by which a helper shrinks eight means whose noise has variance 10."""
    answer = normal_normal.METHODS[name](EIGHT, np.sqrt(10))
    mean = getattr(answer, "mean", answer)
    return np.polyfit(EIGHT, mean() if callable(mean) else mean, 1)[0]


EIGHT = np.array([12.0, 19.0, 25.0, 21.0, 14.0, 30.0, 22.0, 17.0])
Q8 = np.square(EIGHT - EIGHT.mean()).sum()
ROW = np.array([3.0, 8.0, -2.0, 5.5])  # any visits
LIFT = 4 * 4**2 - 2 * 4 * ROW.sum()  # what four visits' misfit gains from theta = 0 to 4

FORMULAS = {
    r"\theta_j=\mu+\delta_j,\delta_j\sim\mathrm{Normal}(0,\tau^2)"
    r"\bary_j=\theta_j+\varepsilon_j,\varepsilon_j\sim\mathrm{Normal}(0,\sigma^2/n_j)": lambda p: (
        close(at(p, p["variance_j"]), t**2 + s**2 / n)
        and str(p["GarageMean_j"] - p["GarageDistFactor_j"] - p["MeanNoise_j"]) == "mu"
    ),
    r"\sigma/\sqrt{n_j}": lambda p: close(_EPS.std(), s / np.sqrt(n), 0.01),
    r"\mu=20": lambda p: p["town"]["mean"] == 20,
    r"\tau=3": lambda p: p["town"]["between_sd"] == 3 == TAU,
    r"\sigma=10": lambda p: p["town"]["within_sd"] == 10 == SIGMA,
    r"\tau^2": lambda p: close(_DELTA.var(), t**2, 0.01),
    r"\sqrt{\tau^2}": lambda p: (
        p["sympy"].sqrt(p["BetweenGaragesSD"] ** 2) == p["BetweenGaragesSD"]
    ),
    "9+100/3": lambda p: close((_DELTA + _EPS).var(), 9 + 100 / 3, 0.01),
    r"\text{estimate}_j=w\bary_j+(1-w)\mu": lambda p: close(estimate(p, w), w * y + (1 - w) * mu),
    "w=1": lambda p: close(estimate(p, 1), y),
    "w=0": lambda p: close(estimate(p, 0), mu),
    r"A=(1-w)\delta_j": lambda p: close(at(p, p["A"], delta_j=7), (1 - w) * 7),
    r"B=w\varepsilon_j": lambda p: close(at(p, p["B"], epsilon_j=7), w * 7),
    "E(AB)=0": lambda p: abs(np.prod(drawn_ab(w)[:2], axis=0).mean()) < 0.05,
    "E[(A-B)^2]=E(A^2)+E(B^2)": lambda p: close(
        np.square(drawn_ab(w)[0] - drawn_ab(w)[1]).mean(), at(p, p["expected_square"]), 0.01
    ),
    r"w_j=\frac{1}{1+\sigma^2/(n_j\tau^2)}=\frac{n_j}{n_j+n_0},n_0=\frac{\sigma^2}{\tau^2}": (
        lambda p: close([1 / (1 + s**2 / (n * t**2)), n / (n + N0)], at(p, p["neat_weight"]))
    ),
    "100/9": lambda p: close(s**2 / t**2, 100 / 9),
    "3/(3+11.1)=0.213": lambda p: round(weight(3), 3) == 0.213 and round(N0, 1) == 11.1,
    r"(1-0.213)\times12=9.4": lambda p: round((1 - weight(3)) * 12, 1) == 9.4,
    r"(n_j+1)\tau^2": lambda p: close(1 + s**2 / ((n + 1) * t**2), 1 / halfway(())),
    r"\frac{1}{1+\sigma^2/((n_j+1)\tau^2)}": lambda p: close(
        [1 / (1 + s**2 / ((n + 1) * t**2)), at(p, p["published"])], halfway(())
    ),
    "n_j+1": lambda p: close(weight(n + 1), halfway(())),
    r"\tau/\sqrt{n_\text{obs}}": lambda p: not close(_CENTRE.std(), t / np.sqrt(J * n), 0.1),
    "A-B-C": lambda p: close(
        _DELTA - (w * (_DELTA + _EPS) + (1 - w) * _CENTRE[:, None]),
        drawn_ab(w)[0] - drawn_ab(w)[1] - drawn_ab(w)[2],
    ),
    "E(A^2)+E(B^2)+E(C^2)": lambda p: (
        not close(mse_at(w), sum(np.square(part).mean() for part in drawn_ab(w)), 0.01)
    ),
    r"\tau^2/J+\sigma^2/n_\text{obs}": lambda p: (
        close(_CENTRE.var(), t**2 / J + s**2 / (J * n), 0.02)
        and close(at(p, p["centre_variance"]), t**2 / J + s**2 / (J * n))
    ),
    "(Jw+1)/(J+1)": lambda p: close((J * weight(n) + 1) / (J + 1), halfway((1, 2))),
    "J-1": lambda p: _DELTA[:, 1:].shape[1] == J - 1,
    "(J-1)/J^2": lambda p: close(
        ((_DELTA + _EPS)[:, 1:].sum(1) / J).var(), (J - 1) / J**2 * (t**2 + s**2 / n), 0.02
    ),
    "n_j=3": lambda p: at(p, p["n_j"]) == n == 3,
    "J=10": lambda p: at(p, p["J"]) == J == 10,
    r"\dfrac{(n_j+1)\tau^2}{(n_j+1)\tau^2+\sigma^2}": lambda p: close(
        (n + 1) * t**2 / ((n + 1) * t**2 + s**2), halfway(())
    ),
    r"\dfrac{(Jn_j+1)\tau^2}{(Jn_j+1)\tau^2+J\sigma^2}": lambda p: close(
        [(J * n + 1) * t**2 / ((J * n + 1) * t**2 + J * s**2), at(p, p["after_1"])], halfway((1,))
    ),
    r"\dfrac{Jw_j+1}{J+1}": lambda p: close(at(p, p["after_2"]), (J * weight(n) + 1) / (J + 1)),
    r"w_j=\dfrac{n_j\tau^2}{n_j\tau^2+\sigma^2}": lambda p: close(
        [at(p, p["after_3"]), n * t**2 / (n * t**2 + s**2)], halfway((1, 2, 3))
    ),
    r"\mu+(\delta_1+\dots+\delta_J)/J": lambda p: close(
        at(p, p["answer_2_3"]), best_of_deltas(), 0.02
    ),
    "1/J": lambda p: close(
        at(p, p["general"], c_j=1 / J, R_j=(J - 1) / J**2 * (t**2 + s**2 / n)), weight(n)
    ),
    r"p_j=1/(\tau^2+\sigma^2/n_j)": lambda p: close(PRECISION[1], 1 / at(p, p["variance_j"])),
    "p_j/(p_j+S)": lambda p: close(shares_at(p)[0], PRECISION[1] / PRECISION.sum()),
    "S/(p_j+S)^2": lambda p: close(
        shares_at(p)[1],
        sum(PRECISION[k] ** 2 * _SPREAD4[k] for k in (0, 2, 3)) / PRECISION.sum() ** 2,
    ),
    r"w\bary_j+(1-w)\mu": lambda p: close(posterior(5)[0], weight(5) * y + (1 - weight(5)) * mu),
    r"\sqrt{w}\sigma/\sqrt{n_j}": lambda p: close(
        posterior(5)[1], np.sqrt(weight(5)) * s / np.sqrt(5)
    ),
    r"\sqrt{w}": lambda p: close(posterior(n)[1] / (s / np.sqrt(n)), np.sqrt(weight(n))),
    r"n_j/\sigma^2": lambda p: close(n / s**2 / (n / s**2 + 1 / t**2), weight(n)),
    r"1/\tau^2": lambda p: close(posterior(n)[1] ** -2, n / s**2 + 1 / t**2),
    r"\text{cost}(\theta)=\underbrace{\sum_i(y_i-\theta)^2}_{\text{misfit}}"
    r"+\lambda\underbrace{(\theta-\mu)^2}_{\text{penalty}},\lambda=\frac{\sigma^2}{\tau^2}=n_0": (
        lambda p: close(least_cost(), weight(6) * y + (1 - weight(6)) * mu, 1e-6)
    ),
    r"\sum_i(y_i-\theta)^2": lambda p: close(np.square(ROW - 4).sum() - np.square(ROW).sum(), LIFT),
    r"n_j(\bary_j-\theta)^2": lambda p: close(
        ROW.size * ((ROW.mean() - 4) ** 2 - ROW.mean() ** 2), LIFT
    ),
    r"\tau\to\infty": lambda p: close(at(p, p["weight"], tau=1e9), 1),
    r"1/(\tau^2+\sigma^2/n_j)": lambda p: close(p["precision"], 1 / (t**2 + s**2 / VISITS)),
    r"\bary_j\pm1.96\sigma/\sqrt{n_j}": lambda p: close(
        np.mean(np.abs(_EPS) < 1.96 * s / n**0.5), 0.95, 0.002
    ),
    r"\sqrt{w_j}": lambda p: close(p["fit"].sd, np.sqrt(weight(VISITS)) * s / np.sqrt(VISITS)),
    r"((1-w_j)\delta_j)^2+w_j^2\sigma^2/n_j": lambda p: close(
        np.square((1 - w) * 7 - w * _EPS).mean(), ((1 - w) * 7) ** 2 + w**2 * s**2 / n, 0.01
    ),
    r"\sigma^2/n_j": lambda p: close(np.square(_EPS).mean(), s**2 / n, 0.01),
    r"|\delta_j|>\sqrt{2\tau^2+\sigma^2/n_j}": lambda p: close(
        ((1 - weight(n)) * _LIMIT) ** 2 + weight(n) ** 2 * s**2 / n, s**2 / n
    ),
    "10^2/10": lambda p: close(p["naive"] - p["corrected"], 10**2 / 10),
    r"s^2=\sigma^2/n": lambda p: close(np.square(_EPS).mean(), s**2 / n, 0.01),
    "Q/(J-1)": lambda p: close(_Q.mean() / (8 - 1), t**2 + 10, 0.01),
    "1-s^2/(s^2+Q/(J-1))": lambda p: close(slope("naive plug-in"), 1 - 10 / (10 + Q8 / 7)),
    "1-(J-1)s^2/Q": lambda p: close(slope("corrected plug-in"), 1 - 7 * 10 / Q8),
    "1-(J-3)s^2/Q": lambda p: close(slope("James-Stein"), 1 - 5 * 10 / Q8),
    "(J-3)s^2/Q": lambda p: close(np.mean((8 - 3) * 10 / _Q), 1 - weight(10), 0.01),
    "1-w": lambda p: close(np.mean((8 - 3) * 10 / _Q), 1 - weight(10), 0.01),
    r"\tau=0": lambda p: best_complete() >= 0,
    r"\sigma^2": lambda p: close(3 * np.square(_EPS).mean(), s**2, 0.01),
    "1/(1+11.1)": lambda p: close(1 / (1 + 11.1), weight(1), 0.001),
    "1/(1+n_0)": lambda p: close(kept(1), 20 - 18 / (1 + N0)),
    "40/(40+n_0)": lambda p: close(18 / (1 + _N0_Z), 5 * 40 / (40 + p["answer_2_6"])),
    "n_j/(n_j+n_0)": lambda p: close(
        VISITS / (VISITS + N0), (p["fit"].sd / p["garages"].standard_error) ** 2
    ),
    r"n_0=\sigma^2/\tau^2": lambda p: close(s**2 / t**2, N0),
}

# --- figures


def line(name, x, heights, look=None, error=1e-3):
    """Return a named line in the look of its name."""
    look = look or plots.LOOKS.get(name, plots.PLAIN)
    marker = look.marker if len(x) <= 12 else None
    return Series("line", (x, heights), look.color, marker or None, name, error)


def three(values):
    """Return points and intervals of the poolings beside each other: estimates, lower, upper."""
    drawn = []
    for shift, (name, ends) in zip((-0.24, 0, 0.24), values.items(), strict=True):
        look, at = plots.LOOKS[name], np.arange(len(ends[0])) + shift
        drawn.append(Series("points", (at, ends[0]), look.color, look.marker, name))
        drawn.append(Series("segments", (at, ends[1], at, ends[2]), look.color))
    return drawn


def garages(p):
    """Return estimates and intervals of the twelve garages."""
    return {name: (mean, mean - Z * sd, mean + Z * sd) for name, (mean, sd) in pooled(p).items()}


def parts(off):
    """Return what section 7 draws for a garage that is so far off: bias, variance, their sum."""
    w = np.linspace(0.05, 1, 20)
    bias, variance = ((1 - w) * off) ** 2, w**2 * 100 / 3
    return [
        Series("line", ([weight(3)] * 2, [0, 1]), "black"),
        line("bias²", w, bias, plots.DASHED, 0.04),
        line("variance", w, variance, plots.PLAIN, 0.04),
        line("sum", w, bias + variance, plots.PARTIAL_POOLING, 0.04),
    ]


_X = np.linspace(18, 34, 161)
_MISFIT, _PENALTY = 12 * (32 - _X) ** 2, 100 / 9 * (20 - _X) ** 2
_LEAST = (_X[(_MISFIT + _PENALTY).argmin()], (_MISFIT + _PENALTY).min())
_POINTS = plots.PARTIAL_POOLING.color, plots.PARTIAL_POOLING.marker
# the draws that section 6 makes; what is done with them is done anew
_GARAGES = simulate.normal_means(
    VISITS, mean=20, between_sd=TAU, within_sd=SIGMA, rng=np.random.default_rng(206)
)
_FITS = garages(_GARAGES.raw)
_CURVE = np.geomspace(1 / 3, 3 * 48, 200)
_BOTH = np.sum(1 / ERRORS**2) ** -0.5
_SCHOOLS = {
    "no pooling": (SCHOOLS, SCHOOLS - Z * ERRORS, SCHOOLS + Z * ERRORS),
    "complete pooling": (_ALIKE, _ALIKE - Z * _BOTH, _ALIKE + Z * _BOTH),
    "partial pooling": BAYES,
}
_WAYS4 = ("no pooling", "complete pooling", "corrected plug-in", "full Bayes")


def path(j):
    """Return the line of a school: its mean at each tau, by the textbook's formula."""

    def data(p):
        tau = p["tau"][p["tau"] < 25]
        return tau, given_tau(tau)[0][:, j]

    return Series("line", data, plots.PLAIN.color, None, "ABCDEFGH"[j])


def density(p):
    """Return the posterior density of tau under the flat prior."""
    tau = p["tau"][p["tau"] < 25]
    return tau, DENSITY * given_tau(tau)[2]


FIGURES = [
    [
        Panel(
            [
                line("misfit", _X, _MISFIT, plots.NO_POOLING),
                line("penalty", _X, _PENALTY, plots.COMPLETE_POOLING),
                line("sum", _X, _MISFIT + _PENALTY, plots.PARTIAL_POOLING),
                Series("points", _LEAST, *_POINTS),
            ],
            "candidate for θ minutes",
            "cost minutes²",
        )
    ],
    [
        Panel(
            [
                *three(_FITS),
                Series(
                    "points",
                    (np.arange(12), _GARAGES.truth),
                    plots.TRUTH.color,
                    plots.TRUTH.marker,
                    "truth",
                ),
            ],
            "visits to the garage",
            "minutes late, with 95% intervals",
            ticks=VISITS,
        )
    ],
    [
        Panel(
            [
                Series(
                    "line", lambda p: ([0, 1], [centres(p)[0]] * 2), plots.COMPLETE_POOLING.color
                ),
                Series(
                    "points",
                    (np.arange(12), _GARAGES.raw),
                    plots.NO_POOLING.color,
                    plots.NO_POOLING.marker,
                ),
                Series("points", (np.arange(12), _FITS["partial pooling"][0]), *_POINTS),
                Series(
                    "arrows",
                    (
                        np.arange(12),
                        _GARAGES.raw,
                        0 * VISITS,
                        _FITS["partial pooling"][0] - _GARAGES.raw,
                    ),
                ),
            ],
            "visits to the garage",
            "minutes late",
            ticks=VISITS,
        ),
        Panel(
            [
                Series("line", (_CURVE, weight(_CURVE)), plots.PARTIAL_POOLING.color),
                Series("points", (VISITS, weight(VISITS)), *_POINTS),
                Series("line", ([N0, N0], [0, 0.5]), plots.COMPLETE_POOLING.color),
            ],
            "visits to the garage",
            "weight own data",
            ("log", "linear"),
        ),
    ],
    [
        Panel(parts(3), "weight w", "squared error minutes²", title="3 minutes from the mean"),
        Panel(parts(10), "weight w", title="10 minutes from the mean"),
    ],
    [
        Panel(
            [
                line(name, SPREADS, [risk(name, t, 8) for t in SPREADS], error=0.06)
                for name in ("no pooling", "complete pooling", *WAYS)
            ],
            "true spread between garages, τ minutes",
            "MSE minutes²",
        )
    ],
    [
        Panel(
            [
                line(name, range(4), [risk(name, 3, k) for k in TOWNS], error=0.04)
                for name in _WAYS4
            ],
            y="MSE minutes²",
        ),
        Panel(
            [line(name, range(4), [covers(name, k) for k in TOWNS], error=0.03) for name in _WAYS4],
            "number of garages",
            "coverage of 95% intervals",
            ticks=TOWNS,
        ),
    ],
    [Panel(three(_SCHOOLS), "school", "effect of coaching points", ticks="ABCDEFGH")],
    [
        Panel([path(j) for j in range(8)], y="estimate points"),
        Panel(
            [Series("line", density, plots.PARTIAL_POOLING.color)],
            "spread between schools τ points",
            "support",
        ),
    ],
]
