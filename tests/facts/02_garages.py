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
_LIMIT = np.sqrt(2 * TAU**2 + SIGMA**2 / 3)

FACTS = [
    # the story
    ("", "standard deviation is about 10", lambda p: f"{p['town']['within_sd']} minutes"),
    ("", "averages differ too", way(TAU - SIGMA)),
    ("", "their standard deviation", lambda p: f"{p['town']['between_sd']} minutes"),
    ("", "over all garages average", lambda p: f"{p['town']['mean']} minutes late"),
    ("", "car ready only", "2 minutes"),
    ("", "(a)", "(a) about 2 minutes"),
    ("", "halfway between", ["(b) about 11 minutes", (2 + 20) / 2, 2, 20]),
    ("", "between 18 19", [f"({_HOLDS}) between 18", "19 minutes"]),
    ("", "(d) 20", "(d) 20 minutes"),
    ("12", "answer is", f"({_HOLDS})"),
    ("12", "visit earns weight", pct(weight(1))),
    ("12", "estimate keeps distance", [pct(weight(1)), 20, 2, "one and a half minutes"]),
    ("12", "18.5", kept(1)),
    ("12", "that is not", "not (d)"),
    # sections 1 and 2
    ("1", "$mu$ mean averages", "mean of all garages long-run averages no"),
    ("1", "$tau$ long-run", "standard deviation of those long-run averages no"),
    ("1", "$sigma$ single", "standard deviation of single visits to one garage no"),
    ("1", "averaging makes it", way(1 / np.sqrt(3) - 1)),
    ("1", "with visits that garage", [3, 9 + 100 / 3, "not 9"]),
    ("1", "garages look times", [way(1), lambda p: int((9 + 100 / 3) / 9), "in variance"]),
    ("2", "$w=1$ is", "no pooling"),
    ("2", "$w=0$ is", "complete pooling"),
    ("2", "larger $w$", [way(1), "$a$", way((1 - 0.5) - (1 - 0.4)), "$b$", way(0.5 - 0.4)]),
    ("2", "parabola opens", way(TAU**2 + SIGMA**2)),
    ("2", "its point slope", [way(-1), 0]),
    ("2", "in our town about visits", N0),
    ("2", "knowing worth much visits", N0),
    ("2", "visits own weight half", [round(N0), weight(N0)]),
    ("2", "draws towns garages", [lambda p: 40_000, lambda p: len(p["best"]) * 0 + 4]),
    ("2", "$z$ mostly between", [-2, 2]),
    ("2", "visit earns weight", pct(weight(1))),
    ("2", "visits earn", [40, pct(weight(40))]),
    ("2", "visits mean 32", [3, 32]),
    ("2", "raw mean lies", [32 - 20, way(32 - 20), 20]),
    ("2", "keep distance", [pct(weight(3)), 12 * weight(3)]),
    ("2", "estimate is 22.6", 20 + 12 * weight(3)),
    ("2.1", "visit mean 22", "1 visit mean 22"),
    ("2.1", "visits mean 8", "12 visits mean 8"),
    ("2.1", "below negative", [way(-1), 20]),
    ("2.1", "q visits moves further", way(12 - 1)),
    ("12", "p visit moves", [1, f"{_MOVES[0]:.1f} minutes", "q", 12, -_MOVES[1]]),
    # section 3
    ("3", "it is $n_j+1$ place", 12.1),
    ("3", "weight has be", 12.1),
    ("3", "town garages", 1e6),
    ("2.2", "lines published derivation", 7),
    ("2.2", "untrue", len(_NEEDED[0])),
    ("2.2", "plus normal deviation", "(a) a garage's long-run average is $mu$ plus"),
    ("2.2", "number visits together", "(b) is the number of visits to all garages together"),
    ("2.2", "noise deviation", "(c) the noise in a mean of $n_j$ visits has standard deviation"),
    ("2.2", "mean has deviation", "(d) the mean of all visits has standard deviation"),
    ("2.2", "error $a-b-c$", "(e) the error is $a-b-c$"),
    ("2.2", "expected square $e(a^2)+e(b^2)+e(c^2)$", "(f) the expected square"),
    ("2.2", "slope", ["(g) the best $w$", 0]),
    ("2.2", "two symbols", ["(b) two symbols", "one symbol"]),
    ("2.2", "varies", "(d) the mean of all visits varies with the $j$ garages not"),
    ("2.2", "squares add", "(f) the squares add"),
    ("2.2", "wobbles asks", way(halfway((1, 2)) - weight(3))),
    ("2.2", "already contains", [way(weight(3) - halfway((1, 2))), 2]),
    ("3", "without slips comes back", [len(_NEEDED[0]), 12.1]),
    ("3", "exactly any number", way(0)),
    ("3", "referee", [40_000, 10, 3]),
    ("3", "published off", [lambda p: errors_off(halfway(())), "errors off 12.1 about one"]),
    ("3", "mse by", [way(-1), way(1), pct(mse_at(halfway(())) / mse_at(weight(3)) - 1)]),
    ("3", "sympy symbols", [2, way(0), way(0)]),
    ("3", "that $w$", way(halfway((1, 2)) - weight(3))),
    ("3", "as published", halfway(())),
    ("3", "mended $dfrac(jn_j+1)tau^2(jn_j+1)tau^2+jsigma^2$", halfway((1,))),
    ("3", "mended last row", halfway((1, 2))),
    ("3", "all mended", [3, halfway((1, 2, 3))]),
    (
        "3",
        "with mended off",
        "further" if halfway((1, 2)) - weight(3) > halfway(()) - weight(3) else "nearer",
    ),
    ("2.3", "too time", way(lambda p: at(p, p["answer_2_3"]) - weight(3))),
    # sections 4 and 5
    ("4", "compare", list(weight(np.array([1, 3, 11, 40])))),
    ("4", "centre exact unequal", 12.1),
    ("4", "means asks", "a negative weight" if best_weight([0.25] * 4, _SPREAD4, 0) < 0 else ""),
    ("4", "contains deserves", [1 / 4, way(1 / 4 - weight(1))]),
    ("4", "average say", [40, 1 + 3 + 11 + 40, pct(40 / 55)]),
    ("4", "precision-weighted centre has", _PRECISE4[3]),
    (
        "12",
        "best weight right",
        [1, best_weight(np.array([1, 3, 11, 40]) / 55, _SPREAD4, 0), weight(1)],
    ),
    ("5", "same ideas", 4),
    ("5", "$tauto0$", "complete pooling"),
    ("5", "$tautoinfty$", "no pooling"),
    ("5", "posterior times", "$sqrtw$ times"),
    ("5", "visits population", ["$n_j/sigma^2$", "population", "$1/tau^2$"]),
    ("5", "cost visits", [12, 32]),
    (
        "5",
        "real imagined sum half-way",
        [12, 32, N0, 20, way(-1), "over" if weight(12) > 0.5 else "under", 20 + 12 * weight(12)],
    ),
    ("5", "visits point slides", [way(-1), way(-1), 20]),
    # section 6
    ("6", "between visits", [len(VISITS), VISITS.min(), VISITS.max()]),
    ("6", "interval factor", [way(weight(3) ** 0.5 - 1), "$sqrtw_j$"]),
    ("6", "no pooling anything", [way(-1), way(-1)]),
    ("6", "complete truths", [way(lambda p: outside(p) - 0.5), 0.5, "outside"]),
    ("6", "left raw", "raw mean circle to estimate diamond on the right the weights"),
    ("6", "visits moves", [lambda p: VISITS[moved(p).argmax()], way(1)]),
    ("6", "centre is 20.3", lambda p: centres(p)[0]),
    ("6", "complete pooling says", lambda p: centres(p)[1]),
    ("6", "axis", "logarithmic"),
    ("6", "at $n_0$ visits", weight(N0)),
    ("6", "handle sets", [0, "no pooling to infinity"]),
    ("6", "starts", N0),
    ("6", "go goes", ["one and two visits go first", VISITS.max(), "last"]),
    ("6", "keep redo", [len(VISITS), 10_000]),
    ("6", "no pooling bias", "no bias and a lot of variance"),
    ("6", "complete pooling variance", way(lambda p: -scores(p, "no pooling")[1].mean())),
    ("6", "takes bias", ["some bias in exchange for", "much less variance"]),
    ("6", "its mse about", lambda p: ratio(p)),
    ("6", "made slightly", [lambda p: VISITS[made_worse(p)][0], way(-1)]),
    ("12", "bias² variance", [lambda p: bias_variance(p)[0], lambda p: bias_variance(p)[1]]),
    ("12", "77% to", [lambda p: pct(lowest(p).min()), lambda p: pct(lowest(p).max())]),
    ("2.4", "chance", "(a) it holds your long-run average with a chance of 95%"),
    ("2.4", "all hold", ["(c) of all garages intervals about 95%"]),
    ("2.4", "yours", [way(1), "often", way(-1), "often"]),
    ("2.4", "unusual", way(lambda p: lowest(p)[far(p)] - 0.95)),
    ("2.4", "fails", "(a) fails"),
    ("2.4", "promised", [0.95, "(b) and (d) fail"]),
    ("2.4", "averaged", [0.95, 0.95, 12]),
    # section 7
    ("7", "left truth", "3 minutes from"),
    ("7", "right truth", "10 minutes off"),
    ("7", "dotted", [12.1, weight(3)]),
    ("7", "pays", "garage 10 minutes off pays"),
    ("7", "instead", [((1 - weight(3)) * 10) ** 2 + weight(3) ** 2 * 100 / 3, 100 / 3]),
    ("7", "own best", 100 / (100 + 100 / 3)),
    (
        "7",
        "with visits beyond",
        [3, f"beyond {_LIMIT:.1f} minutes", way(2 * stats.norm.sf(_LIMIT / TAU) - 0.02), 2, 100],
    ),
    ("7", "visits beyond $sqrt2,tau$", [round(200 * stats.norm.sf(np.sqrt(2))), 100]),
    # section 8
    ("8", "noise towns", [8, "10 visits", 20_000]),
    ("8", "naive variance", 19 / 9),
    ("12", "against", [19, 9]),
    ("8", "james stein or", [0, "negative"]),
    ("8", "corrected or", [0, "negative"]),
    ("8", "needs", 3 + 1),
    ("8", "spread goes", [SPREADS[0], f"{SPREADS[-1]} minutes", 8, "10 visits"]),
    ("8", "and complete pooling", ["$tau=0$", best_complete(), way(1)]),
    ("8", "from even", [way(10**0.5 - 3), "$tau=3$", way(-1)]),
    ("8", "ways tried", way(min(10 - risk(name, t, 8) for name in WAYS for t in SPREADS))),
    ("8", "naive pools", ["too little", way(1), way(-1)]),
    ("2.5", "garages columns", [8, 10, "in minutes"]),
    ("2.5", "data drawn", "5 minutes"),
    # sections 9 to 12
    ("9", "coverage visits", [0.95, *TOWNS, 10]),
    ("9", "estimates already", [way(0), way(10 - risk("corrected plug-in", 3, 3)), 3]),
    ("9", "plugged-in", [0.95, covers("corrected plug-in", 3), 3]),
    ("9", "such estimated", [round(10 * stats.chi2.cdf(2 * 10 / 19, 2)), 10, 0, way(-1)]),
    ("9", "even quite", [20, "not" if covers("corrected plug-in", 20) < 0.9 else "quite"]),
    ("9", "it covers", [0.95, way(1)]),
    ("10", "sorts", [3, 20, "10 visits"]),
    ("10", "but off", "30 minutes off"),
    ("10", "partial sort", way(min(gain(sort, "all") for sort in SORTS))),
    ("10", "its mse", [way(times("normal") - 1.5), 0.5, times("t"), times("outlier")]),
    ("10", "interval time", np.mean([SORTS[sort]["far"][2] for sort in SORTS])),
    (
        "10",
        "their gain",
        [
            way(-1),
            gain("normal", "others"),
            gain("outlier", "others"),
            round(gain("outlier", "all"), 1),
        ],
    ),
    ("11", "plugged gives", [0, "complete pooling", SCHOOLS[0]]),
    ("11", "support is at", [way(given_tau(0.01)[2] - given_tau(1.0)[2]), 0]),
    ("11", "support beyond", [0.5, tau_below(0.5)]),
    ("11", "half-cauchy", [25, stats.halfcauchy.cdf(1), way(-1), 25]),
    ("11", "half-normal", [10, pct(stats.halfnorm.cdf(2)), way(-1), 20]),
    ("11", "flat prior takes", [3, 0.975, way(-1), tau_below(0.975, 3)]),
    ("2.6", "visits mean", [40, "15 minutes"]),
    ("2.6", "estimates choice", [20 - 5 * weight(40), way(1), kept(1)]),
    ("2.6", "if differed", [way(1), way(-1), way(1)]),
    ("2.6", "z keeps", [18, way(-1), 20]),
    ("2.6", "a keeps", [5, way(-1), 20]),
]

# --- figures' words

FACTS += [
    ("figure 1", "misfit raw penalty", [way(-1), 32, 20]),
    ("figure 1", "their sum", [way(-1), 20 + 12 * weight(12)]),
    ("figure 2", "intervals visits", [way(-1)]),
    ("figure 2", "partial lies", [way(-1), "the truth", way(-1)]),
    ("figure 3", "moves towards", [lambda p: VISITS[moved(p).argmax()], way(1)]),
    ("figure 3", "weight with", [way(1), weight(N0), N0]),
    ("figure 4", "bias falls", [way(-1), "variance", way(1)]),
    ("figure 4", "from mean sum", [3, way(-1), weight(3)]),
    ("figure 4", "off weight", [10, way(-1), 0.75, weight(3), way(1), 1]),
    ("figure 5", "complete pooling is", [0, best_complete()]),
    ("figure 5", "no pooling stays", 10),
    ("figure 5", "ways lie", [4, way(-1)]),
    ("figure 6", "error with number", [way(risk("full Bayes", 3, 85) - 7), way(0)]),
    ("figure 6", "with hold", [3, covers("corrected plug-in", 3), 85]),
    ("figure 6", "full bayes holds", 0.95),
    ("figure 7", "raw run", [way(SCHOOLS.min()), 0, SCHOOLS[0], 70]),
    ("figure 7", "complete pooling says", _ALIKE[0]),
    ("figure 7", "full lies", [BAYES[0].min(), BAYES[0].max(), 25, 35]),
    ("figure 8", "at same", [0, way(0), _ALIKE[0]]),
    ("figure 8", "fan", way(1)),
    ("figure 8", "support", [way(1), 0, way(-1), 10]),
]

FORMULAS = {}
FIGURES = []
