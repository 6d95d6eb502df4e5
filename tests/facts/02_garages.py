"""What page 02 claims, and where each claim comes from."""

import numpy as np
from scipy import stats

from helpers import plots
from tests import garages as g
from tests.pages import Panel, Series, way

MORE, FEWER, SAME = way(1), way(-1), way(0)
NAIVE, BEST, COMPLETE, CORRECTED, WITHDRAWN = (
    g.risk(name)
    for name in ("naive plug-in", "best", "complete pooling", "corrected plug-in", "withdrawn")
)
FIRST, LATER, SHRUNK, SCORED = g.batters()
NEARER = (np.abs(SHRUNK - LATER) < np.abs(FIRST - LATER))[SCORED].sum()
MOVES = [(1 - g.weight(n)) * distance for n, distance in ((1, 2), (12, -12))]
# which option of the bet holds the estimate?
OPTIONS = {"a": (1.5, 2.5), "b": (10.5, 11.5), "c": (18, 19), "d": (19.9, 20.1)}
(HOLDS,) = (name for name, (low, high) in OPTIONS.items() if low < g.kept(1) < high)
DIARY = 20 + 3 * np.random.default_rng(216).standard_normal((10, 1))  # its garages, section 6
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
    ("2", "parabola point slope", [FEWER, 0]),
    ("2", "about prior sample imagined your own weight", [g.N0, "is the prior sample size", g.N0,
     "imagined visits of 20 minutes", 11, "visits", g.weight(g.N0)]),
    ("2", "bells need normal", "need not be normal"),
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
    # sections 4 and 5
    ("4", "garages visits drawn", [len(g.VISITS), g.VISITS.min(), g.VISITS.max()]),
    ("4", "counts in it by precision", "by its weight that is by precision"),
    ("4", "raw mean confidence partial", [0.95, g.Z, "partial pooling", g.Z]),
    ("4", "coverage share truth", ["coverage the share that holds", 0.95, "not for each garage"]),
    ("4", "garage moves starts away", [(g.VISITS[g.moved().argmax()], "visits"), MORE]),
    ("4", "complete sure number truths", [way(g.outside() - 0.5), 0.5, "outside"]),
    ("4", "who pays truth is from", ["further from", "$mu$ than"]),
    ("4", "partial makes them than no", "makes them worse than no pooling"),
    ("4", "after visits minutes less", [3, g.LIMIT,
     way(2 * stats.norm.sf(g.LIMIT / 3) - 0.02), 0.02]),
    ("4", "one minutes off mse instead", [(10, "minutes"),
     ((1 - g.weight(3)) * 10) ** 2 + g.weight(3) ** 2 * g.S2, g.S2]),
    ("5", "mean has noise misses", ["has $1/j$ of that noise", "misses the true differences"]),
    ("5", "sign is that", "$n_j-n_0$"),
    ("5", "complete no pooling exactly garages", [
     way(g.risk("no pooling", 4) - g.risk("complete pooling", 4)), "no pooling exactly", FEWER,
     MORE]),
    # section 6
    ("6", "obvious way variance naive noise", "$tau^2$ the variance of the raw means is naive"),
    ("6", "subtract take negative", 0),
    ("6", "towns garages visits", [lambda p: len(p["truth"]), (10, "garages"), "3 visits"]),
    ("6", "naive costs possible complete", [NAIVE / BEST - 1, NAIVE, BEST, "complete pooling has",
     COMPLETE]),
    ("6", "takes average", [9 + g.S2, 9]),
    ("6", "corrected nearly complete tell", [CORRECTED,
     f"no {'better' if CORRECTED > COMPLETE else 'worse'} than complete pooling",
     (10, "garages"), 3, FEWER]),
    ("6", "towns estimate is", [g.zero_share(), 0]),
    ("2.3", "your has garages rows", [lambda p: len(p["diary"]), "garages rows", 3]),
    ("2.3", "finds minutes", diary),
    ("2.3", "garages do not tell exactly", [(10, "garages"), MORE]),
    ("2.3", "diaries give between and", [0.95, 0, g.diaries()]),
    # sections 7 and 8
    ("7", "garages visits row", [20, 1, 20]),
    ("7", "take makes data probable", MORE),
    ("7", "second term allows restricted", "restricted maximum likelihood"),
    ("7", "helper climbs hill", SAME),
    ("7", "the truth was", [20, 3, 10]),
    ("7", "a top would mean complete", [MORE, "$tau=0$ complete pooling"]),
    ("8", "observed mean place part", [1 / 3]),
    ("8", "neat weight with", "with $n_j+1$ in place of $n_j$"),
    ("8", "went online author withdrew", ["31 march 2023", "the next morning", "withdrew it"]),
    ("8", "table costs", WITHDRAWN / BEST - 1),
    ("8", "passing proves algebra prove", "it does not prove the model"),
    ("2.4", "(a) (b) (c) (d) (e) (f)", ["(a) $sigmato0$", "(b) $sigmatoinfty$",
     "(c) a garage without a visit", "(d) $n_jtoinfty$", "(e) a million garages",
     "(f) $tauto0$"]),
    ("2.4", "garage never visited number stand", [f"({wrong_limits()[0]}) a garage",
     MORE, 0, f"({wrong_limits()[1]}) the number of garages"]),
    ("2.4", "slips made symbols", [max(REPAIRS), 2, "one symbol"]),
    ("2.4", "mean varies part independent", ["with the garages not with the visits",
     "garage $j$ is part of the mean", "not independent"]),
    # section 9
    ("9", "stein's theorem or normal known lower error", [1956, 1961, 3, MORE, SAME,
     FEWER, "squared error"]),
    ("9", "lindley efron morris are needed", 3 + 1),
    ("9", "spring baseball players times", [1970, len(FIRST), 45]),
    ("9", "season another score", SCORED.sum()),
    ("9", "from to factor nearer", [g.total(FIRST), g.total(SHRUNK), "three and a half",
     NEARER, SCORED.sum(), FEWER]),
    ("9", "over complete gain within error", "complete pooling the gain is within its error"),
    # section 10
    ("10", "that every garage far pay", ["not that every garage gains", MORE, "out pay"]),
    ("10", "group moves visits minutes visit 1.8", [FEWER, MORE, (12, "visits"), -MOVES[1],
     (1, "visit"), MOVES[0]]),
    ("10", "means spread variance against error", ["variance", 9 + g.S2, 9, NAIVE / BEST - 1,
     MORE]),
    ("10", "always complete corrected nearly", ["partial pooling always", MORE, COMPLETE,
     CORRECTED]),
    ("10", "take away below visits complete", [FEWER, "visits complete pooling", MORE, "none"]),
    ("10", "take the noise off", "before you plug in"),
    ("10", "john mount's win vector", 2023),
    # figures
    ("figure 1", "garages raw pooled truth", [12, MORE, "apart", FEWER, "the truth"]),
    ("figure 1", "visits long way", FEWER),
    ("figure 2", "players later are to pooled", ["eighteen players", way(NEARER - 17 / 2),
     FEWER, "to the pooled"]),
    ("figure 2", "first", 45),
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
    r"\theta_j=\mu+\delta_j,\delta_j\sim\mathrm{Normal}(0,\tau^2)"
    r"\bary_j=\theta_j+\varepsilon_j,\varepsilon_j\sim\mathrm{Normal}(0,\sigma^2/n_j)": lambda p: (
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
    r"w_j=\frac{1}{1+\sigma^2/(n_j\tau^2)}=\frac{n_j}{n_j+n_0},n_0=\frac{\sigma^2}{\tau^2}": (
        lambda p: g.close([1 / (1 + S**2 / (N * T**2)), N / (N + g.N0)], at(p["neat"]))
    ),
    "n_0=100/9": lambda p: g.close(S**2 / T**2, 100 / 9),
    "3/(3+11.1)=0.21": lambda p: round(p["tried"][np.argmin(p["tested"])], 2) == 0.21,
    r"\tau=3": lambda p: g.close(p["truth"].std(), T, 0.01) and g.TAU == 3,
    r"\sqrt{2\tau^2+\sigma^2/n_j}": lambda p: g.close(g.LIMIT, np.sqrt(2 * T**2 + S**2 / N)),
    r"\sigma^2/n": lambda p: g.close(EPSILON.var(), S**2 / N, 0.01),
    "1/J": lambda p: g.close(advantage(3, 0.0), S**2 / 3 * (1 - 1 / 10)),
    "n_j-n_0": lambda p: np.sign(at(p["proved"], n_j=12)) == np.sign(12 - g.N0) == 1,
    "n<n_0": lambda p: all(
        (advantage(n, units=units) > 0) == (n < g.N0) for n in (1, 11, 12, 50) for units in (2, 99)
    ),
    r"\tau^2": lambda p: g.close(DELTA.var(), T**2, 0.01),
    r"\sigma^2": lambda p: g.close(N * EPSILON.var(), S**2, 0.01),
    r"\tau=0": lambda p: g.close(at(p["weight"], tau=1e-6), 0),
    "n_j+1": lambda p: g.close(at(p["withdrawn"]), g.weight(N + 1)),
    r"\sigma\to\infty": lambda p: at(p["withdrawn"], sigma=1e9) < 1e-9,
    "n_j=0": lambda p: g.close(at(p["withdrawn"], n_j=0), T**2 / (T**2 + S**2)),
    r"n_j\to\infty": lambda p: g.close(at(p["withdrawn"], n_j=1e12), 1),
    r"1-\frac{(J-3)s^2}{\sum_j(\bary_j-\bary)^2},s^2=\frac{\sigma^2}{n}": lambda p: (
        g.close(np.mean((10 - 3) * S**2 / N / SQUARES), 1 - g.weight(N), 0.01)
        and g.close(np.polyfit(p["first"], p["partial"], 1)[0], np.polyfit(FIRST, SHRUNK, 1)[0])
    ),
    "w_j=n_j/(n_j+n_0)": lambda p: g.close(at(p["weight"], n_j=7), 7 / (7 + g.N0)),
    r"n_0=\sigma^2/\tau^2": lambda p: g.close(at(p["weight"], n_j=S**2 / T**2), 0.5),
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
            title="Few visits: a long way to the centre",
            ticks=[f"{n}\n{g.weight(n):.0%}" for n in g.VISITS],
        )
    ],
    [
        Panel(
            [
                players(FIRST, plots.NO_POOLING, "first 45"),
                players(SHRUNK, plots.PARTIAL_POOLING, "pooled"),
                players(LATER, plots.TRUTH, "rest of the season"),
                Series("line", ([FIRST.mean()] * 2, [0, 1]), plots.COMPLETE_POOLING.color),
            ],
            "batting average",
            title="The best and the worst come back",
        )
    ],
]
