"""What the page further/garages claims, and where each claim comes from."""

import numpy as np
from scipy import optimize, stats

from helpers import plots
from tests import garages as g
from tests.pages import Panel, Series, way

MORE, FEWER, SAME = way(1), way(-1), way(0)
ALL = g.given_tau(0.0)[0][0]  # complete pooling of the schools
OPTIONS = {"a": 28, "b": 18, "c": 12, "d": 8}
HOLDS = min(OPTIONS, key=lambda name: abs(OPTIONS[name] - g.school_a()))
N0_Z = optimize.brentq(lambda n0: 18 / (1 + n0) - 200 / (40 + n0), 0.1, 20)
A_MEAN = 20 - 5 * g.weight(40)
FAR_AT_BEST = ((1 - g.weight(3)) * 10) ** 2 + g.weight(3) ** 2 * g.S2
FAR_BEST = 100 / (100 + g.S2)  # the best weight of a garage 10 minutes from the mean
REPAIRED = {name: g.halfway(mended) for name, mended in {"none": (), "two": (1, 2)}.items()}
#: Where complete pooling and the corrected plug-in are equally good, ten garages, three visits.
CROSSING = optimize.brentq(
    lambda t: g.risk("complete pooling", t) - g.risk("corrected plug-in", t), 1, 6
)
COVERS = {units: g.trial(units=units)[1] for units in (3, 85)}
FURTHEST = [g.trial(sort, only="furthest") for sort in ("normal", "t", "outlier")]
BAYES_COVERS = [g.bayes_covers(units) for units in (3, 20)]


def mse_at(w, n=3, units=10):
    """Return the mean squared error with the mean of all garages as the centre."""
    own, kept = (1 - w) * (1 - 1 / units), w + (1 - w) / units
    others = (1 - w) ** 2 * (units - 1) / units**2 * (g.TAU**2 + g.SIGMA**2 / n)
    return own**2 * g.TAU**2 + kept**2 * g.SIGMA**2 / n + others


def gain(sort) -> float:
    """Return what the other garages gain over no pooling, whose error is 10."""
    return 10 - g.trial(sort, only="others")[0]


def stein(off, lost, middle) -> float:
    """Return the error of Stein's estimate of ten means, drawn, over that of the raw means."""
    raw = off + np.sqrt(g.S2) * np.random.default_rng(3).standard_normal((50_000, 10))
    point = raw.mean(1, keepdims=True) if middle else 0.0
    far = raw - point
    guess = point + (1 - (10 - lost) * g.S2 / (far**2).sum(1, keepdims=True)) * far
    return np.mean((guess - off) ** 2) / g.S2


def stein_errors(off, lost) -> np.ndarray:
    """Return the squared errors of ten means pulled to their own mean, one row a town."""
    raw = off + np.sqrt(g.S2) * np.random.default_rng(4).standard_normal((100_000, 10))
    far = raw - raw.mean(1, keepdims=True)
    guess = raw - (10 - lost) * g.S2 / (far**2).sum(1, keepdims=True) * far
    return (guess - off) ** 2


def positive(off) -> float:
    """Return the error of Lindley's estimate with 0 for negative weights, drawn anew."""
    raw = off + np.sqrt(g.S2) * np.random.default_rng(4).standard_normal((100_000, 10))
    far = raw - raw.mean(1, keepdims=True)
    weight = np.maximum(0, 1 - 7 * g.S2 / (far**2).sum(1, keepdims=True))
    return np.mean((raw - (1 - weight) * far - off) ** 2)


ONE_OFF = stein_errors(np.append(np.zeros(9), 30), 3)
OFF = ONE_OFF.mean(0)[9], ONE_OFF.mean(0)[:9].mean()
STEIN_ERROR = max(
    stein_errors(off, 3).mean(1).std() / 1e5**0.5
    for off in (np.append(np.zeros(9), 30), np.linspace(-94, 94, 10))
)
VISITS, SPREAD = np.array([1, 3, 11, 40]), 9 + 100 / np.array([1, 3, 11, 40])


def about(shares) -> float:
    """Return the mean squared error of the neat weights about a centre: four garages, drawn."""
    truth = g.TAU * np.random.default_rng(6).standard_normal((400_000, 4))
    raw = truth + np.sqrt(SPREAD - 9) * np.random.default_rng(7).standard_normal(truth.shape)
    centre = (raw @ (shares / shares.sum()))[:, None]
    return np.mean((centre + g.weight(VISITS) * (raw - centre) - truth) ** 2)


CENTRES = {
    "all visits": about(VISITS),
    "garages": about(np.ones(4)),
    "precision-weighted": about(1 / SPREAD),
}
#: Where the naive and the corrected plug-in are equally good.
NAIVE_WINS = optimize.brentq(
    lambda t: g.risk("naive plug-in", t) - g.risk("corrected plug-in", t), 3, 10
)


def counted(units, tau=g.TAU) -> float:
    """Return the coverage of the plug-in whose sd counts the estimated centre, drawn anew."""
    rng = np.random.default_rng(9)
    truth = tau * rng.standard_normal((120_000 // units + 6000, units))
    raw = truth + np.sqrt(10) * rng.standard_normal(truth.shape)
    total = np.maximum(raw.var(1, ddof=1, keepdims=True), 10)
    w, middle = 1 - 10 / total, raw.mean(1, keepdims=True)
    reach = g.Z * np.sqrt(10 - 100 / total * (1 - 1 / units))
    return np.mean(np.abs(middle + w * (raw - middle) - truth) <= reach)


COUNTED = counted(3)


def roof(p, name, unit) -> float:
    """Return the largest Monte Carlo error of section 19, rounded up."""
    errors = [run[c]["sem"] for run in p["runs"].values() for c in run if c.endswith(name)]
    return np.ceil(unit * max(errors)) / unit


def upper(prior) -> float:
    """Return the upper end of school A's 95% interval."""
    return optimize.brentq(lambda end: g.below(end, 8, prior) - 0.975, 10, 60)


# fmt: off
FACTS = [
    # the bet
    ("", "schools coached pupils", "eight schools"),
    ("", "gained points standard together", [round(g.SCHOOLS[0]), round(g.ERRORS[0]),
     "all together", ALL]),
    ("", "(a) (b) (c) (d)", ["(a) 28", "(b) about 18", f"({HOLDS}) about {round(g.school_a())}",
     "(d) 8"]),
    ("", "meet weight roads", 4),
    ("", "error of weight parts", 2),
    # section 11
    ("11", "john mount's own names", "31 march 2023"),
    ("11", "the error its parts", 3),
    ("11", "exact solution is with", "12.1 with $n_j+1$"),
    ("11", "same with itself centre", [SAME, "$mu$ itself", "called an approximation"]),
    ("11", "checks pass", ["all five checks pass"]),
    ("11", "first form withdrawn second known", ["first form was withdrawn the next morning",
     "second is right", SAME, "known"]),
    ("2.5", "lines are untrue", 3),
    ("2.5", "(a) (b) (c) (d) (e) (f) (g) slope", [
     "(a) a garage's long-run average is $mu$ plus", 0, "(b) is the number of visits to all",
     "(c) the noise in a mean of $n_j$ visits", "(d) the mean of all visits has standard deviation",
     "(e) the error is $a-b-c$", "(f) the expected square of the error", "(g) the best $w$", 0]),
    ("2.5", "symbols name varies squares (d) (f)", ["(b) two symbols", "one symbol",
     "(d) the mean of all visits varies", "with the $j$ garages not with the visits",
     "(f) the squares add up only if", "independent"]),
    # sections 12 and 13
    ("12", "slips mended time", [3, "one at a time"]),
    ("12", "$c$ built normal", "sd 1"),
    ("12", "symbol quantities", 2),
    ("12", "visits one still garage", [100, "visits to one garage are still one garage"]),
    ("12", "average out over", "over $j$ garages"),
    ("12", "if moves along", MORE),
    ("12", "those are independent", 3),
    ("12", "slips mended weight off than withdrawn", [2, "further off than" if
     REPAIRED["two"] - g.weight(3) > REPAIRED["none"] - g.weight(3) else "nearer"]),
    ("12", "centre apart others part", ["$(delta_j+varepsilon_j)/j$",
     "$(j-1)(tau^2+sigma^2/n_j)/j^2$"]),
    ("12", "parabola flat costs", [mse_at(REPAIRED["none"]) / mse_at(g.weight(3)) - 1,
     mse_at(REPAIRED["two"]) / mse_at(g.weight(3)) - 1]),
    ("12", "attaches distribution variances raw", ["attaches no distribution",
     "variances as known", "$tau^2$ from the raw means"]),
    ("13", "centre exact unequal four", ["12.1 is exact for unequal", 4]),
    ("13", "there garage visits say precision", [40, 1 + 3 + 11 + 40, 40 / 55, 0.5]),
    ("13", "plain mean asks negative holds deserves", ["negative" if
     g.best_weight([0.25] * 4, 9 + 100 / np.array([1, 3, 11, 40]), 0) < 0 else "positive",
     "after one visit", 1 / 4, way(1 / 4 - g.weight(1)), "than one visit"]),
    ("13", "the one", f"the {min(CENTRES, key=CENTRES.get)} one"),
    ("13", "gelman hill write mean rightly", ["12.1", "mean of all visits", "rightly so"]),
    # section 14
    ("14", "squared first posterior second prior", [FEWER, "the first", "the second",
     "population is the prior"]),
    ("14", "posterior normal mean", ["$wbary_j+(1-w)mu$", "$sqrtwsigma/sqrtn_j$"]),
    ("14", "road uses normality", "the one road"),
    ("14", "precisions third visits population soft fourth", [1 / 3, 2, "$n_j/sigma^2$",
     "population with $1/tau^2$", FEWER, "by its precision", "the fourth"]),
    ("14", "penalty is misfit imagined", ["$n_0$ imagined visits", "exactly $mu$ minutes"]),
    ("14", "complete limits infinitely", "infinitely hard constraint"),
    ("2.6", "a visits mean z one", [40, "15 minutes", "one visit of 2 minutes"]),
    ("2.6", "centre better choice than", [20, A_MEAN, way(g.kept(1) - A_MEAN), g.kept(1)]),
    ("2.6", "if differed would", [MORE, way(100 / 16 - g.N0)]),
    ("2.6", "z keeps it a is", [18, FEWER, 20, 5, FEWER]),
    # section 15
    ("15", "mean squared weight truth", [(10, "minutes")]),
    ("15", "weight dotted garage instead own", [g.weight(3), MORE, FAR_AT_BEST, g.S2,
     FAR_BEST]),
    # sections 16 and 17
    ("16", "or normal means raw beaten", [3, MORE, SAME]),
    ("16", "james fixed weight", "$1-(j-2)s^2/q$"),
    ("16", "number estimated means needed", ["one number is estimated", 3 + 1]),
    ("16", "efron morris empirical negative", ["empirical bayes", 0]),
    ("16", "no pooling everywhere", g.S2),
    ("16", "monte carlo errors are", [FEWER, np.ceil(100 * STEIN_ERROR) / 100]),
    ("16", "means nothing weight goes", [way(g.S2 - 33.34), 1]),
    ("16", "garage off pays others", 30),
    ("16", "lindley nine others instead", [OFF[0], OFF[1], g.S2]),
    ("16", "fixed point chosen off alike", [20, g.S2 * stein(20.0, 2, middle=False), SAME,
     "lindley still", g.S2 * stein(20.0, 3, middle=True)]),
    ("16", "over towns average exactly", "$(j-3)s^2/q$ is on average exactly $1-w$"),
    ("17", "garages visits from to", [(10, "garages"), 3, 0,
     lambda p: (p["spreads"][-1], "minutes")]),
    ("17", "towns each random", [20_000, SAME]),
    ("17", "dotted line complete no", ["complete pooling comes to no pooling"]),
    ("17", "up about minutes complete beats", [round(CROSSING), "complete pooling", MORE]),
    ("17", "partial always true", MORE),
    ("17", "naive way too costs differ", ["too little", MORE, FEWER]),
    ("17", "from about minutes slightly corrected", [(round(NAIVE_WINS), "minutes"), MORE]),
    ("17", "chart errors are", [FEWER, 0.2]),
    # section 18
    ("18", "variance effects than noise", ["eight effects",
     way(g.SCHOOLS.var(ddof=1) - np.mean(g.ERRORS**2))]),
    ("18", "corrected plugging complete points", [0, "complete pooling",
     round(g.SCHOOLS[0]) - round(ALL), "points", MORE]),
    ("18", "(c)", f"({HOLDS})"),
    ("18", "each estimates how probable", "below how probable"),
    ("18", "probable maximum whole", [0, "not the whole curve"]),
    ("18", "probability lies", [g.beyond(5), MORE, 5]),
    ("18", "groups prior matters", FEWER),
    ("18", "each flat prior averages", "flat prior on $tau$"),
    ("18", "try flat find schools", [2, FEWER, stats.halfcauchy(scale=25).sf(100),
     stats.halfnorm(scale=10).sf(100), 100, 3]),
    ("18", "its quantile", 0.975),
    ("18", "a's credible", 0.95),
    ("18", "schools prior matters upper goes", [8, FEWER, upper(lambda tau: 1.0),
     upper(stats.halfnorm(scale=10).pdf)]),
    ("18", "flat takes spreads seriously", 3),
    # sections 19 and 20
    ("19", "visits noise", [10, "noise variance of a mean", 100 / 10]),
    ("19", "$j$ or", [3, 8, 20, 85]),
    ("19", "plug-in intervals cover", [COVERS[3], (3, "garages")]),
    ("19", "monte carlo coverage mse", [FEWER, lambda p: roof(p, "covers", 1e3), FEWER,
     lambda p: roof(p, "MSE", 1e2)]),
    ("19", "loss centre taken rest short", [way(2 * COUNTED - COVERS[3] - 0.95),
     "is the centre taken as known", COUNTED]),
    ("19", "exact towns own prior", 0.95),
    ("19", "often estimate interval", [0, "a point"]),
    ("19", "full bayes stays price", [np.ceil(100 * max(abs(covers - 0.95) for covers in
     BAYES_COVERS)), "points of", 0.95, MORE]),
    ("19", "garages always no pooling mse", [(3, "garages"), MORE, 10]),
    ("19", "at plug-in has", ["$tau=10$ the plug-in has", way(g.trial(units=3, tau=10)[0] - 10)]),
    ("2.7", "intervals full bayes cases", [0.95, 0.95]),
    ("2.7", "(a) (b) (c) yours unusual (d)", ["(a) it holds your long-run average with a chance of",
     0.95, "(b) the intervals are broken", 0.95, "(c) of all", 0.95, MORE, FEWER, FEWER,
     "(d) nothing"]),
    ("2.7", "wrong general", 0.95),
    ("2.7", "over pulled fails promised", [0.95, "average over garages", "away from its truth",
     "(a) fails", "(b) and (d) fail"]),
    ("20", "sorts towns garages visits", [3, 20, "10 visits"]),
    ("20", "degrees scaled", [3, "degrees of freedom", SAME]),
    ("20", "one garage off", "30 minutes off"),
    ("20", "no pooling everywhere", 10),
    ("20", "over all partial sort", way(10 - max(g.trial(s)[0] for s in ("normal", "t",
     "outlier")))),
    ("20", "furthest pays population intervals", [MORE, "garage pays",
     way(min(FURTHEST[1][0], FURTHEST[2][0]) - FURTHEST[0][0]), "is not normal",
     way(max(covers for _, covers in FURTHEST) - 2 / 3), 2, 1 / 3]),
    ("20", "weights up gain", ["weights go up", gain("outlier") / gain("normal")]),
    ("20", "model heavier tails", "would pull it less"),
    # section 21
    ("21", "neat weight exact precision", "if each garage counts by precision"),
    ("21", "groups estimates lose plug-in", [FEWER, "can lose" if g.trial(units=3, tau=10)[0] > 10
     else "can win", "too short"]),
    # figures
    ("figure 1", "average minutes off", [FEWER, g.weight(3), (10, "minutes"), FAR_BEST]),
    ("figure 1", "best average too one", [MORE, way(g.weight(3) - FAR_BEST), MORE]),
    ("figure 2", "complete crosses no", [FEWER, 10 / np.sqrt(3)]),
    ("figure 2", "garages differ complete", [FEWER, "complete pooling", MORE]),
    ("figure 3", "estimates fan out", [8, ALL, "as tau", MORE]),
    ("figure 3", "tau likely", ["tau is likely", way(g.beyond(12.5) - 0.5)]),
    ("figure 4", "plug-in climbs sd holds", [COVERS[3], way(COUNTED - COVERS[3])]),
    ("figure 4", "garages plugged-in", [3, "garages", 0.5]),
]
# fmt: on

T, S, N, J = 3.0, 10.0, 3, 10
_rng = np.random.default_rng(5)
DELTA = _rng.normal(0, T, (200_000, J))
EPSILON = _rng.normal(0, S / np.sqrt(N), DELTA.shape)
CENTRE = (DELTA + EPSILON).mean(1)
RAW = DELTA + EPSILON


def parts(w):
    """Return A, B and C of the drawn towns."""
    return (1 - w) * DELTA, w * EPSILON, (1 - w) * CENTRE[:, None]


def posterior(n, y=26.0, mu=20.0):
    """Return mean and sd of a garage's long-run average, prior times likelihood on a grid."""
    theta = np.linspace(-40, 80, 40_001)
    density = stats.norm.pdf(theta, mu, T) * stats.norm.pdf(y, theta, S / np.sqrt(n))
    mean = density @ theta / density.sum()
    return mean, np.sqrt(density @ (theta - mean) ** 2 / density.sum())


def least_cost() -> float:
    """Return the lowest point of the cost of section 14 for six visits, by search."""
    visits, n0 = 26 + np.array([-7, 1, 2, 0.5, 3, 0.5]), S**2 / T**2

    def cost(x):
        return len(visits) * (visits.mean() - x) ** 2 + n0 * (x - 20) ** 2

    direct = optimize.minimize_scalar(lambda x: ((visits - x) ** 2).sum() + n0 * (x - 20) ** 2).x
    assert g.close(optimize.minimize_scalar(cost).x, direct, 1e-6)
    return direct


SQUARES = np.square(RAW - CENTRE[:, None]).sum(1)

FORMULAS = {
    "n_j+1": lambda p: g.close(g.weight(N + 1), g.halfway(())),
    r"\sigma/\sqrt{n_j}": lambda p: g.close(EPSILON.std(), S / np.sqrt(N), 0.01),
    r"\tau/\sqrt{n_\text{obs}}": lambda p: not g.close(CENTRE.std(), T / np.sqrt(J * N), 0.1),
    "A-B-C": lambda p: g.close(
        DELTA - (0.4 * RAW + 0.6 * CENTRE[:, None]), parts(0.4)[0] - parts(0.4)[1] - parts(0.4)[2]
    ),
    "E(A^2)+E(B^2)+E(C^2)": lambda p: (
        not g.close(mse_at(0.4), sum(np.square(part).mean() for part in parts(0.4)), 0.01)
    ),
    r"(\delta_j+\varepsilon_j)/J": lambda p: g.close(
        np.mean(CENTRE * RAW[:, 0]), np.var(RAW) / J, 0.05
    ),
    r"(J-1)(\tau^2+\sigma^2/n_j)/J^2": lambda p: g.close(
        np.var(CENTRE - RAW[:, 0] / J), (J - 1) * (T**2 + S**2 / N) / J**2, 0.02
    ),
    "J=10": lambda p: p["at"][p["J"]] == J == 10,
    "n_j=3": lambda p: {str(k): v for k, v in p["at"].items()}["n_j"] == N == 3,
    r"\tau=3": lambda p: p["at"][p["tau"]] == T == g.TAU,
    r"\sigma=10": lambda p: p["at"][p["sigma"]] == S == g.SIGMA,
    r"\tau^2": lambda p: g.close(np.mean(RAW.var(1, ddof=1)), T**2 + g.S2, 0.01),
    "c_j=p_j/(p_j+S)": lambda p: g.close(
        g.best_weight(1 / SPREAD / sum(1 / SPREAD), SPREAD, 2), g.weight(VISITS[2])
    ),
    r"p^2\cdot1/p=p": lambda p: g.close((1 / SPREAD) ** 2 * SPREAD, 1 / SPREAD),
    "(p_j+S)^2": lambda p: g.close(
        np.var(
            _rng.normal(0, np.sqrt(SPREAD[1:]), (400_000, 3)) @ (1 / SPREAD[1:]) / sum(1 / SPREAD)
        ),
        sum(1 / SPREAD[1:]) / sum(1 / SPREAD) ** 2,
        0.02,
    ),
    r"w\bary_j+(1-w)\mu": lambda p: g.close(
        posterior(5)[0], g.weight(5) * 26 + (1 - g.weight(5)) * 20
    ),
    r"\sqrt{w}\sigma/\sqrt{n_j}": lambda p: g.close(
        posterior(5)[1], np.sqrt(g.weight(5)) * S / np.sqrt(5)
    ),
    r"n_j/\sigma^2": lambda p: g.close(N / S**2 / (N / S**2 + 1 / T**2), g.weight(N)),
    r"1/\tau^2": lambda p: g.close(posterior(N)[1] ** -2, N / S**2 + 1 / T**2),
    r"\text{cost}(\theta)=n_j(\bary_j-\theta)^2+n_0(\theta-\mu)^2": lambda p: g.close(
        least_cost(), g.weight(6) * 26 + (1 - g.weight(6)) * 20, 1e-6
    ),
    "n_0=11.1": lambda p: round(g.N0, 1) == 11.1,
    "1/(1+n_0)": lambda p: g.close(g.kept(1), 20 - 18 / (1 + g.N0)),
    "40/(40+n_0)": lambda p: g.close(18 / (1 + N0_Z), 5 * 40 / (40 + p["answer_2_6"])),
    "1-(J-2)s^2/Q": lambda p: stein(np.zeros(10), 2, middle=False) < 0.25,
    "J-3": lambda p: stein(np.zeros(10), 3, middle=True) < stein(np.zeros(10), 1, middle=True),
    "s^2=100/3": lambda p: g.close(p["s2"], 100 / 3) and g.close(EPSILON.var(), 100 / 3, 0.01),
    "(J-3)s^2/Q": lambda p: g.close(np.mean((J - 3) * g.S2 / SQUARES), 1 - g.weight(N), 0.01),
    "1-w": lambda p: g.close(np.mean((J - 3) * g.S2 / SQUARES), 1 - g.weight(N), 0.01),
    "n=n_0": lambda p: g.close(S**2 / (S / np.sqrt(3)) ** 2, 3),
    r"\tau=\sigma/\sqrt3": lambda p: g.close(
        g.risk("complete pooling", S / np.sqrt(3)), g.risk("no pooling", S / np.sqrt(3)), 1e-3
    ),
    r"\tau=10": lambda p: list(p["wider"])[1] == 10,
}

# --- figures

TRIED = np.linspace(0, 1, 101)
SPREADS = np.linspace(0, 12, 25)
BLACK = plots.PLAIN.color


def cost_of(off):
    """Return the mean squared error of every weight for a garage that is so far off."""
    return np.square(np.outer(1 - TRIED, [off])[:, 0]) + np.square(TRIED) * S**2 / N


def lowest(off):
    """Return the best of the weights tried, and its error."""
    return Series("points", ([TRIED[cost_of(off).argmin()]], [cost_of(off).min()]), "black", "o")


def line(name, x, heights, error):
    """Return a named line in the look of its name."""
    look = plots.LOOKS.get(name, plots.PLAIN)
    marker = look.marker if len(x) <= 12 else None
    return Series("line", (x, heights), look.color, marker, name, error, look.line)


def path(j):
    """Return the line of a school: its mean at each tau, by the textbook's formula."""
    tau = np.linspace(0, 25, 501)
    return Series("line", (tau, g.given_tau(tau)[0][:, j]), BLACK, None, "ABCDEFGH"[j])


def probable(p):
    """Return the density of tau, over that of 0."""
    tau = np.linspace(0, 25, 501)
    density = g.given_tau(tau)[2]
    return tau, density / density.max()


FIGURES = [
    [
        Panel(
            [
                Series("line", (TRIED, cost_of(3)), "black", style="-"),
                Series("line", (TRIED, cost_of(10)), "black", style="--"),
                lowest(3),
                lowest(10),
                Series("line", ([g.weight(3)] * 2, [0, 1]), "black", style=":"),
            ],
            "weight w of the garage's own mean",
            "MSE minutes²",
            title="The best weight on average is far too low for one far off",
        )
    ],
    [
        Panel(
            [
                *(
                    line(name, SPREADS, [g.risk(name, t) for t in SPREADS], 0.02)
                    for name in list(g.WAYS)[:4]
                ),
                line(
                    "known τ", SPREADS, g.S2 * (0.1 + 0.9 * SPREADS**2 / (SPREADS**2 + g.S2)), 0.02
                ),
                Series("line", ([S / np.sqrt(3)] * 2, [0, 1]), "black", style=":"),
            ],
            "between-unit spread τ minutes",
            "MSE minutes²",
            title="Where garages hardly differ, complete pooling wins",
            cut="y",
        )
    ],
    [
        Panel(
            [path(j) for j in range(8)],
            y="estimate points",
            title="The estimate depends on how far schools differ",
        ),
        Panel(
            [Series("line", probable, "black")],
            "between-unit spread τ points",
            "how probable",
        ),
    ],
    [
        Panel(
            [
                line(
                    "corrected plug-in",
                    range(4),
                    [g.trial(units=k)[1] for k in (3, 8, 20, 85)],
                    0.02,
                ),
                line("page 02's sd", range(4), [counted(k) for k in (3, 8, 20, 85)], 0.01),
                line("full Bayes", range(4), [g.bayes_covers(k) for k in (3, 8, 20, 85)], 0.015),
                Series("line", ([0, 1], [0.95, 0.95]), "black", style=":"),
            ],
            "number of garages, 10 visits each, τ = 3",
            "coverage of 95% intervals",
            title="With three garages a plugged-in interval holds half the time",
            ticks=[3, 8, 20, 85],
        )
    ],
]

# --- what cells print

SORTS = [
    (sort, only) for sort in ("normal", "t", "outlier") for only in ("all", "furthest", "others")
]
FAR = [np.zeros(10), np.linspace(-4.7, 4.7, 10), np.append(np.zeros(9), 30)]
FAR.append(np.linspace(-94, 94, 10))


def schools(prior) -> list:
    """Return estimate, interval and quantile of tau under a prior, of eight schools and three."""
    told = []
    for k in (8, 3):
        ends = [
            optimize.brentq(lambda end: g.below(end, k, prior) - share, -30, 90, xtol=0.01)  # noqa: B023
            for share in (0.025, 0.975)
        ]
        top = optimize.brentq(lambda tau: g.beyond(tau, k, prior) - 0.025, 1, 2000, xtol=0.01)  # noqa: B023
        told += [k, g.school_a(k, prior), *((end, 0.06) for end in ends), (top, 0.005 * top)]
    return told


def halfway_there() -> list[float]:
    """Return the weights of section 12 and their errors."""
    weights = [g.halfway(mended) for mended in ((), (1,), (1, 2), (1, 2, 3))]
    return [number for w in weights for number in (w, mse_at(w))]


def other_centres() -> list[float]:
    """Return the best weights of section 13 about three centres, and the neat weights' errors."""
    shares = [count / count.sum() for count in (VISITS, np.ones(4), 1 / SPREAD)]
    best = [[n, *(g.best_weight(c, SPREAD, j) for c in shares)] for j, n in enumerate(VISITS)]
    return [*np.ravel(best), *((error, 0.06) for error in CENTRES.values())]


PRINTED = {
    "12": halfway_there(),
    "13": other_centres(),
    "16": [
        *((positive(off), 0.3) for off in FAR),
        *((g.S2 * stein(off, 2, middle=False), 0.3) for off in FAR),
        *((g.S2 * stein(off, 3, middle=True), 0.3) for off in FAR),
        1 - g.weight(N),
        1 - g.weight(N),
    ],
    "18": [
        g.school_a(),
        *schools(lambda tau: 1.0),
        *schools(stats.halfcauchy(scale=25).pdf),
        *schools(stats.halfnorm(scale=10).pdf),
    ],
    "19": [
        *(3, 8, 20, 85),
        *((counted(k), 0.01) for k in (3, 8, 20, 85)),
        *((g.trial(units=k)[1], 0.02) for k in (3, 8, 20, 85)),
        *((g.trial(units=k)[0], 0.2) for k in (3, 8, 20, 85)),
        *((g.bayes_covers(k), 0.012) for k in (3, 8, 20, 85)),
        *(6, 10),
        *((counted(3, tau), 0.01) for tau in (6, 10)),
        *((g.trial(units=3, tau=tau)[1], 0.02) for tau in (6, 10)),
        *((g.trial(units=3, tau=tau)[0], 0.2) for tau in (6, 10)),
        *((g.bayes_covers(3, tau), 0.012) for tau in (6, 10)),
    ],
    "20": [
        number
        for sort, only in SORTS
        for mse, covers in [g.trial(sort, only=only)]
        for number in ((mse, 0.06 * mse), (covers, 0.03))
    ],
}
