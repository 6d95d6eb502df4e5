"""What page 02 claims, and where each claim comes from."""

import csv

import numpy as np
import sympy.stats
from scipy import stats

from helpers import plots
from tests import garages as g
from tests.pages import Panel, Series, way

MORE, FEWER, SAME = way(1), way(-1), way(0)
NAIVE, BEST, COMPLETE, CORRECTED, NONE = (
    g.risk(name)
    for name in ("naive plug-in", "best", "complete pooling", "corrected plug-in", "no pooling")
)
FIRST, LATER, SHRUNK, SCORED = g.batters()
NEARER = (np.abs(SHRUNK - LATER) < np.abs(FIRST - LATER))[SCORED].sum()
MOVES = [(1 - g.weight(n)) * distance for n, distance in ((1, 2), (12, -12))]
# which option of the bet holds the estimate?
OPTIONS = {"a": (1.5, 2.5), "b": (10.5, 11.5), "c": (18, 19), "d": (19.9, 20.1)}
(HOLDS,) = (name for name, (low, high) in OPTIONS.items() if low < g.kept(1) < high)
DIARY = 20 + 3 * np.random.default_rng(216).standard_normal((10, 1))  # its garages, section 5
REPAIRS = [
    len(mended)
    for mended in ((), (1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3))
    if np.isclose(g.halfway(mended), g.weight(3))
]


def diary(p) -> float:
    """Return the colleague's answer of exercise 2.3."""
    return np.sqrt(np.square(p["diary"].mean(1) - p["diary"].mean()).sum() / 9)


def wrong_limits() -> str:
    """Return the letters of the limits of exercise 2.4 where the withdrawn weight is wrong."""

    def withdrawn(n, tau, sigma):
        return (n + 1) * tau**2 / ((n + 1) * tau**2 + sigma**2)

    def right(n, tau, sigma):
        return n * tau**2 / (n * tau**2 + sigma**2)

    limits = {"a": (3, 3, 1e-9), "b": (3, 3, 1e9), "c": (0, 3, 10), "d": (1e15, 3, 10)}
    limits |= {"e": (3, 3, 10), "f": (3, 1e-9, 10)}  # (e): however many garages there are
    return "".join(k for k, at in limits.items() if abs(withdrawn(*at) - right(*at)) > 1e-6)


def far_covered() -> float:
    """Return how often the garage with 3 visits is covered if its truth is 10 minutes off."""
    sd, rng = g.pooled()["partial pooling"][1], np.random.default_rng(1)
    truth = g.TAU * rng.standard_normal((200_000, 12))
    truth[:, 3] = 10
    raw = truth + g.SIGMA / np.sqrt(g.VISITS) * rng.standard_normal(truth.shape)
    centre = np.average(raw, axis=1, weights=g.weight(g.VISITS))
    guess = g.weight(3) * raw[:, 3] + (1 - g.weight(3)) * centre
    return np.mean(np.abs(guess - 10) <= g.Z * sd[3])


def later_noise() -> float:
    """Return the squared error that knowing each player's true rate would leave."""
    with (g.DATA / "baseball.csv").open(encoding="utf-8") as file:
        later = [int(row["remaining_at_bats"]) for row in csv.DictReader(file)]
    return np.sum((LATER * (1 - LATER) / later)[SCORED])


def errors_of(known) -> tuple[float, float]:
    """Return the mean errors, largest first in size, of garages with one visit and with eleven.

    Ten visits more follow if the first took less than 20 minutes, or if the truth is below 20.
    """
    rng = np.random.default_rng(2)
    truth = g.TAU * rng.standard_normal(400_000)
    one = truth + g.SIGMA * rng.standard_normal(truth.shape)
    ten = truth + np.sqrt(10) * rng.standard_normal(truth.shape)
    again = (truth if known == "told" else one) < 0
    guess = np.where(again, g.weight(11) * (one + 10 * ten) / 11, g.weight(1) * one)
    found = np.array([(guess - truth)[some].mean() for some in (again, ~again)])
    return tuple(np.sort(np.abs(found))[::-1])


def level_at() -> int:
    """Return the first number of visits at which naive is no worse than corrected."""

    def errors(n):
        between = (g.TAU**2 + 100 / n) * stats.chi2.ppf((np.arange(9999) + 0.5) / 9999, 9) / 9
        missed = np.array([between / (between + 100 / n), np.maximum(0, 1 - 100 / n / between)])
        return ((missed - g.weight(n)) ** 2 * between).mean(axis=1)

    return next(n for n in range(1, 60) if np.subtract(*errors(n)) <= 0)


BEST_MSE = g.weight(3) * g.S2

# fmt: off
FACTS = [
    # the story
    ("", "bell curves minutes both", [2, 20]),
    ("", "narrow garages wide visits", [way(g.TAU - g.SIGMA), "the garages long-run averages", MORE,
     "single visits to one garage"]),
    ("", "long-run averages deviation visits vary 10", ["long-run averages", 20, "deviation sd of",
     g.TAU, "visits to one garage vary", way(g.SIGMA - g.TAU), "sd 10"]),
    ("", "go only late", [2, "minutes late"]),
    ("", "(a) (b) (c) (d)", ["(a) about 2", f"(b) about {(2 + 20) / 2:.0f}", 2, 20,
     f"({HOLDS}) between {int(g.kept(1))} and {int(g.kept(1)) + 1}", "(d) 20"]),
    # sections 1 and 2
    ("1", "$mu$ $tau$ $sigma$ number", ["mean of all garages long-run averages",
     "their sd the between-unit", "sd of single visits to one garage",
     "number of visits to garage"]),
    ("1", "long-run average want visits see", ["its long-run average what we want",
     "mean of our visits what we see"]),
    ("1", "true variance noise each look", ["variance plus noise", 3, 9 + g.S2, MORE,
     way(g.S2), "varied than"]),
    ("2", "at pooling", ["$w=1$ this is no pooling at $w=0$ complete pooling between them",
     "partial pooling"]),
    ("2", "$a=(1-w)delta_j$ pulled really believed noise", ["$a=(1-w)delta_j$ we pulled",
     "really differs", "$b=wvarepsilon_j$ we believed"]),
    ("2", "independent mean squares add", 0),
    ("2", "parabola slope", [FEWER, 0]),
    ("2", "about prior sample imagined your own weight", [g.N0, "is the prior sample size", g.N0,
     "imagined visits of 20 minutes", 11, "visits", g.weight(g.N0)]),
    ("2", "best weight bells normal", "need not be normal"),
    ("2", "intervals of need normal", 0.95),
    ("2", "with mse here", BEST_MSE),
    ("2", "try weights garages visits", [lambda p: len(p["tried"]) - 1, lambda p: len(p["seen"]),
     "3 visits"]),
    ("2.1", "weight lie between and", [2, 20]),
    ("2.1", "one visit stands against imagined ones says wrong", ["one visit", g.N0, "imagined",
     "(d) is wrong"]),
    ("2.2", "group always", [FEWER, MORE]),
    ("2.2", "visit mean q each negative", ["1 visit mean 22", "12 visits mean 8",
     way(8 - 20), 20, "this is negative"]),
    ("2.2", "move times distance", ["1 weight times the distance"]),
    ("2.2", "q visits distance", [way(12 - 1), way((20 - 8) - (22 - 20))]),
    # sections 3 and 4
    ("3", "garages visits drawn", [len(g.VISITS), g.VISITS.min(), g.VISITS.max()]),
    ("3", "counts in it by precision", "by its weight that is by precision"),
    ("3", "raw mean confidence partial", [0.95, g.Z, "partial pooling", g.Z]),
    ("3", "last one there", "because the centre is estimated"),
    ("3", "coverage is share", "share that holds the truth"),
    ("3", "raw interval covers each", [0.95, "for each garage"]),
    ("3", "pooled covers over all here off", [0.95, "only over all towns", "3 visits",
     (10, "minutes"), far_covered()]),
    ("3", "garage moves starts away", [(g.VISITS[g.moved().argmax()], "visits"), MORE]),
    ("3", "complete sure number truths", [way(g.outside() - 0.5), 0.5, "outside"]),
    ("3", "mse with known its", "$(1-w_j)^2delta_j^2+w_j^2sigma^2/n_j$"),
    ("3", "partial makes it worse above", ["worse than no pooling where $|delta_j|$ is above",
     "$sqrt2tau^2+sigma^2/n_j$"]),
    ("3", "after visits minutes less", [3, g.LIMIT,
     way(2 * stats.norm.sf(g.LIMIT / 3) - 0.02), 0.02]),
    ("3", "one minutes off mse instead", [(10, "minutes"),
     ((1 - g.weight(3)) * 10) ** 2 + g.weight(3) ** 2 * g.S2, g.S2]),
    ("4", "mean has noise misses", ["has $1/j$ of that noise", "$delta_j-bardelta$"]),
    ("4", "own other", ["is $1-1/j$ of its own", "less $1/j$ of each other"]),
    ("4", "sign is that", "$n_j-n_0$"),
    ("4", "complete no pooling exactly garages", [
     way(g.risk("no pooling", 4) - g.risk("complete pooling", 4)), "no pooling exactly", 2]),
    # sections 5 and 6
    ("5", "obvious way variance naive noise", "$tau^2$ the variance of the raw means is naive"),
    ("5", "subtract take negative", 0),
    ("5", "towns garages visits", [lambda p: len(p["truth"]), (10, "garages"), "3 visits"]),
    ("5", "naive costs possible complete", [NAIVE / BEST - 1, NAIVE, BEST, "complete pooling has",
     COMPLETE]),
    ("5", "takes average", [9 + g.S2, 9]),
    ("5", "corrected nearly complete tell", [CORRECTED,
     f"slightly {'worse' if CORRECTED > COMPLETE else 'better'} than complete pooling",
     (10, "garages"), 3, FEWER]),
    ("5", "towns estimate is", [g.zero_share(), 0]),
    ("6", "estimated corrected known best", ["estimated τ is the corrected one",
     "known τ the best"]),
    ("6", "guess naive loses corrected visits", ["naive loses to corrected", 3]),
    ("6", "sentence answer raise visits naive ahead", ["the visits from about $n_0$"
     if abs(level_at() - g.N0) < 1 else level_at(), FEWER, "naive is a little ahead"]),
    ("2.3", "your has garages rows", [lambda p: len(p["diary"]), "garages rows", 3]),
    ("2.3", "finds minutes", diary),
    ("2.3", "garages do not tell exactly", [(10, "garages"), MORE]),
    ("2.3", "diaries give between and", [0.95, 0, g.diaries()]),
    # sections 7 and 8
    ("7", "garages visits row", [20, 1, 20]),
    ("7", "take makes data probable", MORE),
    ("7", "best put in over visits less", ["best $mu$ and $sigma$", 1]),
    ("7", "second allow restricted", [1, "restricted maximum likelihood"]),
    ("7", "helper hill", SAME),
    ("7", "came out instead roughly", [g.reml()[2] ** 2 / g.reml()[1] ** 2, g.N0, 20]),
    ("7", "still mse far lower", [MORE, way(-1)]),
    ("7", "the truth was", [20, 3, 10]),
    ("7", "a top would mean complete", [MORE, "$tau=0$ complete pooling"]),
    ("8", "observed mean place part", [1 / 3, "$c=(1-w)(textobservedmean-mu)$"]),
    ("8", "neat weight with", "with $n_j+1$ in place of $n_j$"),
    ("8", "went online author withdrew", ["31 march 2023", "the next morning", "withdrew it"]),
    ("8", "passing proves algebra prove", "it does not prove the model"),
    ("2.4", "(a) (b) (c) (d) (e) (f)", ["(a) $sigmato0$", "(b) $sigmatoinfty$",
     "(c) a garage without a visit", "(d) $n_jtoinfty$", "(e) a million garages",
     "(f) $tauto0$"]),
    ("2.4", "garage never visited number stand", [f"({wrong_limits()[0]}) a garage",
     MORE, 0, f"({wrong_limits()[1]}) the number of garages"]),
    ("2.4", "slips made mended", [max(REPAIRS), "the neat weight comes back"]),
    # section 9
    ("9", "stein's theorem or normal known lower error", ["with james", 1961, 3, MORE,
     SAME, "from the data alone", FEWER, "squared error than the raw means"]),
    ("9", "lindley efron morris are needed", 3 + 1),
    ("9", "with values this corrected weight", ["with $j-1$", 0, "the corrected weight"]),
    ("9", "spring baseball players times", [1970, len(FIRST), 45]),
    ("9", "disagree season score", SCORED.sum()),
    ("9", "from to factor nearer", [g.total(FIRST), g.total(SHRUNK), "three and a half",
     NEARER, SCORED.sum(), FEWER]),
    ("9", "of total noise season", later_noise()),
    ("9", "over complete gain within", ["complete pooling the gain", "is within its standard"]),
    # section 10
    ("10", "that every garage far pay", ["not that every garage gains", MORE, "out pay"]),
    ("10", "friend told garage visits", [way(errors_of("told")[0] - errors_of("visit")[0]),
     "$theta_j$ than your visits", "the model is wrong"]),
    ("10", "return after own", ["does no harm" if errors_of("visit")[0] < 0.05 else "does harm"]),
    ("10", "group moves visits minutes visit 1.8", [FEWER, MORE, (12, "visits"), -MOVES[1],
     (1, "visit"), MOVES[0]]),
    ("10", "means spread variance against error", ["variance", 9 + g.S2, 9, NAIVE / BEST - 1,
     MORE]),
    ("10", "always complete corrected nearly", ["partial pooling always", MORE, COMPLETE,
     CORRECTED]),
    ("10", "take away visits complete", [SAME, "visits", FEWER, "$n_0$ complete pooling", MORE,
     "none"]),
    ("10", "take the noise off", [way(level_at() - 30), "visits take the noise off before"]),
    ("10", "john mount's win vector", 2023),
    # figures
    ("figure 1", "garages raw pooled truth", [12, MORE, "apart", FEWER, "the truth"]),
    ("figure 1", "visits long way", [FEWER, "visits and far out"]),
    ("figure 2", "players later are to pooled", ["eighteen players", way(NEARER - 17 / 2),
     FEWER, "to the pooled"]),
    ("figure 2", "first", 45),
    ("figure 2", "mean of all", len(FIRST)),
]
# fmt: on

T, S, N = 3.0, 10.0, 3
_rng = np.random.default_rng(5)
DELTA = _rng.normal(0, T, 1_000_000)
EPSILON = _rng.normal(0, S / np.sqrt(N), DELTA.shape)


def at(formula, **more) -> float:
    """Return a formula of the page at tau = 3, sigma = 10, 3 visits, 10 garages."""
    values = {"tau": T, "sigma": S, "n_j": N, "J": 10, "w": 0.4, "mu": 20} | more
    return float(formula.subs({s: values[s.name] for s in formula.free_symbols}))


TOWN = np.diag(T**2 + S**2 / g.VISITS)  # covariances of the twelve raw means
# of each garage's mean with the centre: the same for all only if it weighs by precision
BY_TOWN = TOWN @ g.weight(g.VISITS) / g.weight(g.VISITS).sum()


def estimate(p, w, **more) -> float:
    """Return truth minus the page's error: the estimate, at given delta and epsilon."""
    values = {"delta_j": 4.0, "epsilon_j": 2.0, "w": w} | more
    return at(p["GarageEffect_j"] - p["error"], **values)


def advantage(n, tau=T, units=10) -> float:
    """Return the error of no pooling minus that of complete pooling, from variances alone."""
    noise = S**2 / n
    rows = np.full((units, units), 1 / units)
    missed = (np.eye(units) - rows) * tau
    return noise - np.mean((missed**2).sum(1) + (rows**2).sum(1) * noise)


SQUARES = np.square(
    (m := np.random.default_rng(3).normal(20, np.sqrt(T**2 + g.S2), (200_000, 10)))
    - m.mean(1, keepdims=True)
).sum(1)

FORMULAS = {
    r"\begin{aligned}\theta_j&=\mu+\delta_j,&\delta_j&\sim\mathrm{Normal}(0,\tau^2)\\"
    r"\bary_j&=\theta_j+\varepsilon_j,&\varepsilon_j&\sim\mathrm{Normal}(0,\sigma^2/n_j)"
    r"\end{aligned}": lambda p: (
        g.close((DELTA + EPSILON).var(), T**2 + S**2 / N, 0.01)
        and str(p["GarageMean_j"] - p["GarageDistFactor_j"] - p["MeanNoise_j"]) == "mu"
    ),
    "9+100/3": lambda p: g.close((DELTA + EPSILON).var(), 9 + 100 / 3, 0.01),
    r"w\bary_j+(1-w)\mu": lambda p: g.close(estimate(p, 0.4), 0.4 * 26 + 0.6 * 20),
    "w=1": lambda p: g.close(estimate(p, 1), 26),
    "w=0": lambda p: g.close(estimate(p, 0), 20),
    "A-B": lambda p: g.close(
        at(p["error"], delta_j=4, epsilon_j=2), at(p["A"], delta_j=4) - at(p["B"], epsilon_j=2)
    ),
    r"A=(1-w)\delta_j": lambda p: g.close(at(p["A"], delta_j=7), 0.6 * 7),
    r"B=w\varepsilon_j": lambda p: g.close(at(p["B"], epsilon_j=7), 0.4 * 7),
    r"\begin{aligned}w_j&=\frac{1}{1+\sigma^2/(n_j\tau^2)}=\frac{n_j}{n_j+n_0},\\"
    r"&n_0=\frac{\sigma^2}{\tau^2}.\end{aligned}": (
        lambda p: g.close([1 / (1 + S**2 / (N * T**2)), N / (N + g.N0)], at(p["neat"]))
    ),
    "n_0=100/9": lambda p: g.close(S**2 / T**2, 100 / 9),
    "3/(3+11.1)=0.21": lambda p: round(p["tried"][np.argmin(p["tested"])], 2) == 0.21,
    r"w_j\sigma^2/n_j": lambda p: g.close(min(p["tested"]), BEST_MSE, 0.02),
    r"\tau^2+\sigma^2/n_j": lambda p: g.close(
        g.weight(g.VISITS) @ BY_TOWN / g.weight(g.VISITS).sum(), T**2 / g.weight(g.VISITS).sum()
    ),
    r"\tau^2/\sum_jw_j": lambda p: g.close(1 / np.linalg.inv(TOWN).sum(), BY_TOWN[0]),
    r"\tau=3": lambda p: g.close(p["truth"].std(), T, 0.01) and g.TAU == 3,
    r"(1-w_j)^2\delta_j^2+w_j^2\sigma^2/n_j": lambda p: g.close(
        np.mean((g.weight(N) * (7 + EPSILON) - 7) ** 2),
        (1 - g.weight(N)) ** 2 * 49 + g.weight(N) ** 2 * S**2 / N,
        0.01,
    ),
    r"\sqrt{2\tau^2+\sigma^2/n_j}": lambda p: g.close(g.LIMIT, np.sqrt(2 * T**2 + S**2 / N)),
    r"\sigma^2/n": lambda p: g.close(EPSILON.var(), S**2 / N, 0.01),
    "1/J": lambda p: g.close(advantage(3, 0.0), S**2 / 3 * (1 - 1 / 10)),
    "1-1/J": lambda p: g.close(at(p["own"]), np.var((1 - 1 / 10) * DELTA), 0.01),
    "n_j-n_0": lambda p: np.sign(at(p["proved"], n_j=12)) == np.sign(12 - g.N0) == 1,
    "n<n_0": lambda p: all(
        (advantage(n, units=units) > 0) == (n < g.N0) for n in (1, 11, 12, 50) for units in (2, 99)
    ),
    r"\tau^2": lambda p: g.close(DELTA.var(), T**2, 0.01),
    r"\sigma^2": lambda p: g.close(N * EPSILON.var(), S**2, 0.01),
    r"\tau=0": lambda p: g.close(at(p["neat"], tau=1e-6), 0),
    r"C=(1-w)(\text{observedmean}-\mu)": lambda p: g.close(
        at(sympy.stats.variance(p["C"]), w=0.4), (1 - 0.4) ** 2 * T**2 / N
    ),
    "n_j+1": lambda p: g.close(at(p["withdrawn"]), g.weight(N + 1)),
    r"\sigma\to\infty": lambda p: at(p["withdrawn"], sigma=1e9) < 1e-9,
    "n_j=0": lambda p: g.close(at(p["withdrawn"], n_j=0), T**2 / (T**2 + S**2)),
    r"n_j\to\infty": lambda p: g.close(at(p["withdrawn"], n_j=1e12), 1),
    r"1-\frac{(J-3)s^2}{\sum_j(\bary_j-\bary)^2},s^2=\frac{\sigma^2}{n}": lambda p: (
        g.close(np.mean((10 - 3) * S**2 / N / SQUARES), 1 - g.weight(N), 0.01)
        and g.close(np.polyfit(p["first"], p["partial"], 1)[0], np.polyfit(FIRST, SHRUNK, 1)[0])
    ),
    "J-1": lambda p: g.close(
        np.maximum(0, 1 - 9 * g.S2 / SQUARES), g.WAYS["corrected plug-in"](SQUARES / 9)
    ),
    "w_j=n_j/(n_j+n_0)": lambda p: g.close(at(p["neat"], n_j=7), 7 / (7 + g.N0)),
    r"n_0=\sigma^2/\tau^2": lambda p: g.close(at(p["neat"], n_j=S**2 / T**2), 0.5),
}

# --- figures

PLACES = np.arange(12)


def ends(name, shift):
    """Return points and intervals of one pooling of the twelve garages."""
    look, (mean, sd) = plots.LOOKS[name], g.pooled()[name]
    x = PLACES + shift
    return [
        Series("points", (x, mean), look.color, look.marker, name),
        Series("segments", (x, mean - 1.96 * sd, x, mean + 1.96 * sd), look.color),
    ]


def band():
    """Return the interval of complete pooling."""
    mean, sd = (values[0] for values in g.pooled()["complete pooling"])
    return [-0.5, 11.5], [mean - 1.96 * sd] * 2, [mean + 1.96 * sd] * 2


def players(values, look, label):
    """Return one number a player, one below the other."""
    return Series("points", (values, np.arange(18)), look.color, look.marker, label)


FIGURES = [
    [
        Panel(
            [
                *ends("no pooling", -0.24),
                *ends("partial pooling", 0.24),
                Series("points", (PLACES, g.town()[0]), plots.TRUTH.color, plots.TRUTH.marker),
                Series("band", band(), plots.COMPLETE_POOLING.color),
            ],
            "weight they earn",
            "minutes late",
            title="Few visits and far out: a long way to the centre",
            ticks=[f"{n}\n{g.weight(n):.0%}" for n in g.VISITS],
        )
    ],
    [
        Panel(
            [
                players(FIRST, plots.NO_POOLING, "first 45"),
                players(SHRUNK, plots.PARTIAL_POOLING, "pooled"),
                players(LATER, plots.TRUTH, "rest of the season"),
                Series(
                    "line",
                    ([FIRST.mean()] * 2, [0, 1]),
                    "black",
                    label="mean of all 18",
                    style="--",
                ),
            ],
            "batting average",
            title="The best and the worst come back",
        )
    ],
]

# --- what cells print


def town_errors() -> list[float]:
    """Return the MSE of each way of section 5 and its Monte Carlo error, drawn anew."""
    rng, told = np.random.default_rng(8), []
    truth = T * rng.standard_normal((100_000, 10))
    raw = truth + np.sqrt(g.S2) * rng.standard_normal(truth.shape)
    middle, v = raw.mean(1, keepdims=True), raw.var(1, ddof=1, keepdims=True)
    for name, way_of in list(g.WAYS.items())[:5]:
        error = ((middle + way_of(v) * (raw - middle) - truth) ** 2).mean(1).std() / 1e5**0.5
        told += [(g.risk(name), 4 * error), (error, 0.006)]
    return told


def raw_visits() -> list:
    """Return what section 7 prints, the deviance left out."""
    rng, n, (mu, tau, sigma) = np.random.default_rng(207), np.arange(1, 21), g.reml()
    theta = 20 + 3 * rng.standard_normal(20)
    visits = theta.repeat(n) + 10 * rng.standard_normal(n.sum())
    mean = np.add.reduceat(visits, n.cumsum() - n) / n
    guess = mu + n / (n + (sigma / tau) ** 2) * (mean - mu)
    errors = [np.mean((x - theta) ** 2) for x in (mean, guess)]
    se = np.sum(1 / (tau**2 + sigma**2 / n)) ** -0.5
    fit = [(mu, 2e-3), (se, 2e-3), (tau, 5e-3), (sigma, 5e-3), (sigma / tau) ** 2]
    return [mu, tau, sigma, *fit, *errors]


def scored() -> list[float]:
    """Return each pooling's total error on the batters, partial pooling's gain and its error."""
    of_partial, told = ((SHRUNK - LATER) ** 2)[SCORED], []
    for guess in (FIRST, np.full(18, FIRST.mean()), SHRUNK):
        gain = ((guess - LATER) ** 2)[SCORED] - of_partial
        told += [g.total(guess), gain.sum(), gain.std(ddof=1) * 17**0.5]
    return told


PRINTED = {
    "1": [2, 2],  # sd squared, in a formula
    "2": [2, 1, 2, 2, 2, 1, 1, 2, 2, BEST_MSE, g.weight(3)],
    "3": [np.mean(g.pooled()[name][1] ** 2) for name in ("no pooling", "partial pooling")],
    "5": town_errors(),
    "6": [10, 3, T, S, NONE, COMPLETE, NAIVE, BEST],
    "7": raw_visits(),
    "9": [FIRST.mean(), np.polyfit(FIRST, SHRUNK, 1)[0], *scored()],
}
