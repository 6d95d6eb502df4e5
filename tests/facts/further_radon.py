"""What the page further/radon claims, and where each claim comes from."""

import numpy as np
from scipy import stats

from helpers import plots
from tests import houses as h
from tests.pages import Panel, Series, way

LAC, LOUIS = h.LAC, "St. Louis"
FOUR = [LAC, "Koochiching", "Stearns", LOUIS]
ML, SOIL_ML = h.lme4("floor", method="ml"), h.lme4("floor log_uranium", method="ml")
SLOPES = h.lme4("floor", data="radon slopes")
R = h.FLOOR.sigma_alpha / h.FLOOR.sigma_y
KNOWN = np.array([h.n[name] > 1 for name in h.county])
SQUARED = {how: h.left_out(r) ** 2 for how, r in (("complete", 0), ("partial", R), ("none", 1e4))}
WHOLE = {how: h.left_out(r, True) ** 2 for how, r in (("complete", 0), ("partial", R))}
NONE = h.clustered((SQUARED["none"] - SQUARED["partial"])[KNOWN], h.county[KNOWN])
COMPLETE = h.clustered(SQUARED["complete"] - SQUARED["partial"], h.county)
NEW = h.clustered(WHOLE["complete"] - WHOLE["partial"], h.county)
ONCE = np.mean(
    [(WHOLE["complete"] - WHOLE["partial"])[h.county == name].mean() for name in h.names]
)
ALONE = [(SQUARED["none"] - SQUARED["partial"])[KNOWN], SQUARED["complete"] - SQUARED["partial"]]
ALONE = [np.std(d) / len(d) ** 0.5 for d in ALONE]
TIMES = [d[0] / d[1] for d in (NONE, COMPLETE)]
LEAST = np.linspace(0.2, 0.5, 31)
LEAST = LEAST[np.argmin([sum(h.left_out(s / h.FLOOR.sigma_y)[KNOWN] ** 2) for s in LEAST])]
GRID, MASS = h.posterior()
ENDS = np.interp([0.025, 0.975], MASS.cumsum(), GRID)
T = [abs(h.SOIL.coefficient[k] / h.SOIL.standard_error[k]) for k in ("floor", "log_uranium")]
PLUS = h.deviance(ML.sigma_alpha / ML.sigma_y, np.log(h.activity + 0.1))


def brier(r):
    """Return each house's squared error of its chance to be above 4, itself left out."""
    chance = stats.norm.sf(np.log(4), h.y - h.left_out(r), h.FLOOR.sigma_y)
    return (chance - (h.activity > 4)) ** 2


BRIER = [h.clustered(brier(r) - brier(R), h.county) for r in (0, 1e4)]
EQUAL = np.random.default_rng(9).normal(size=(200, 919))
GAIN = np.array([[h.demeaned(r, one) for r in np.linspace(0, 0.3, 13)] for one in EQUAL])
GAIN = GAIN[:, 0] - GAIN.min(axis=1)
ZEROS, BAR = np.mean(GAIN < 1e-9), np.quantile(GAIN, 0.95)


def median(J):
    """Return medians under three priors, and the share below 0.1 under the last of them."""
    keep = np.isin(h.county, h.names[:J])
    X, y = np.column_stack([np.ones(keep.sum()), h.x[keep]]), h.y[keep]
    same, grid = h.same[np.ix_(keep, keep)], np.geomspace(0.005, 20, 120)
    log = []
    for s in grid:
        for sy in np.geomspace(0.45, 1.1, 25):
            V = sy**2 * np.eye(len(y)) + s**2 * same
            A = X.T @ np.linalg.solve(V, X)
            left = y - X @ np.linalg.solve(A, X.T @ np.linalg.solve(V, y))
            size = np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1]
            log.append(-0.5 * (size + left @ np.linalg.solve(V, left)))
    mass = np.exp(np.reshape(log, (120, 25))).sum(axis=1) * grid  # even in log s
    priors = [1, stats.halfnorm(scale=0.5).pdf(grid)]
    priors.append(stats.invgamma(0.001, scale=0.001).pdf(grid**2) * grid)
    shares = [np.cumsum(mass * prior) / np.sum(mass * prior) for prior in priors]
    small = np.interp(0.1, grid, shares[-1])
    return *(np.interp(0.5, share, grid) for share in shares), small


*FIVE, SMALL = median(5)

OWN = dict(zip(h.names, h.OWN[0], strict=False))
MU = h.FLOOR.coefficient["intercept"]
MOVED = {k: (h.FLOOR.intercept[k] - OWN[k]) / (MU - OWN[k]) for k in FOUR}

FACTS = [
    ("", "first floor is by factor everywhere", [way(h.LINE[0][1]), way(0)]),
    ("", "clearly", "(a) clearly"),
    ("", "hardly", "(b) hardly"),
    ("", "no pooling slopes", "(c) they ask for no"),
    ("", "write model ways", 5),
    ("", "run cells below then", [2, way(-1)]),
    ("13", "usual plot lines", way(1)),
    ("13", "counties", 4),
    (
        "13",
        "lac line is state's county's",
        way(
            abs(h.FLOOR.intercept[LAC] - h.LINE[0][0])
            - abs(h.FLOOR.intercept[LAC] - h.OWN[0][h.names.index(LAC)])
        ),
    ),
    ("13", "lies on own", min(FOUR, key=MOVED.get).split()[-1].lower()),
    ("14", "deviance log likelihood", [way(-1), -2]),
    ("14", "restricted allows coefficients", 2),
    ("14", "repair as in sample variance", way(0)),
    ("14", "ml's spread is", way(ML.sigma_alpha - h.FLOOR.sigma_alpha)),
    ("14", "deviance of ml uranium", [ML.deviance, SOIL_ML.deviance]),
    ("14", "likelihood ratio is", h.deviance(0) - ML.deviance),
    ("14", "guess chance lie", [0.95, way(-1), stats.chi2.ppf(0.95, 1)]),
    ("14", "can both ways cannot go", [way(-1), 0]),
    ("14", "zeros and gives", [0.5, 0.5, stats.chi2.ppf(0.90, 1)]),  # half of it at 0
    ("14", "simulate states without", 1500),
    (
        "14",
        "than them estimate bar",
        [way(ZEROS - 0.5), 0.5, 0, stats.chi2.ppf(0.90, 1), way(stats.chi2.ppf(0.90, 1) - BAR)],
    ),
    ("15", "ways write model", 5),
    ("15", "people descriptions", 5),
    ("15", "error terms", 2),
    ("15", "differ name", [1, 4]),
    ("15", "penalty rows", len(h.names)),
    ("15", "outcome column", 0),
    ("15", "uranium all houses combination", way(0)),
    ("15", "simulated states coefficient", [400, 0.70]),
    ("15", "floor standard errors uranium almost", [round(T[0]), 0, round(T[1])]),
    ("16", "first sweeps away", 100),
    ("16", "given spreads normal", 2),
    ("16", "helper runs chains sampler", [4, way(0)]),
    ("16", "means chains agree", [way(-1), 1]),
    ("16", "counties reml agrees", len(h.names)),
    ("16", "posterior adds or", list(ENDS)),
    ("16", "neither extreme is", way(-1)),
    ("17", "questions", 2),
    ("17", "predict its houses other", len(h.names) - 1),
    ("17", "is complete pooling huge", 0),
    ("17", "difference squared errors", 2),
    ("17", "new house pooling both", way(min(NONE[0], COMPLETE[0]))),
    ("17", "two and standard errors each", [np.floor(min(TIMES)), 0.5, np.ceil(max(TIMES))]),
    ("17", "new county cannot apart", 2),
    ("17", "error counted once sign", list(NEW)),
    ("17", "without clusters errors would", [2, way(ALONE[0] - NONE[1]), *ALONE]),
    ("17", "it uses all", len(h.y)),
    ("17", "lies best place", LEAST),
    ("3.5", "score decision each left out", [way(1), 4, len(h.y)]),
    ("3.5", "chance be", [way(1), 4]),
    ("3.5", "brier outcome being else", [1, way(1), 4, 0]),
    ("3.5", "give numbers", 2),
    ("3.5", "it is for complete", way(BRIER[0][0])),
    ("3.5", "complete is nearly", [way(-BRIER[0][0]), np.ceil(BRIER[0][0] / BRIER[0][1])]),
    ("3.5", "no is little than", [way(-BRIER[1][0]), way(BRIER[1][0] / BRIER[1][1] - 1)]),
    ("3.5", "decision data tell apart", 2),
    ("18", "triangular numbers", 3),
    ("18", "search over numbers instead", 3),
    (
        "18",
        "book has",
        [
            *SLOPES.coefficient.values(),
            SLOPES.sigma_alpha,
            SLOPES.sigma_beta,
            SLOPES.correlation,
            SLOPES.sigma_y,
        ],
    ),
    (
        "18",
        "bet criterion parameters",
        ["(b)", way(SLOPES.deviance - h.FLOOR.deviance), h.FLOOR.deviance - SLOPES.deviance, 2],
    ),
    (
        "18",
        "lme4 agrees digits",
        lambda p: 5 * (abs(p["covariance"][1, 1] ** 0.5 / SLOPES.sigma_beta - 1) < 1e-5),
    ),
    ("18", "shown levels", SLOPES.sigma_beta),
    ("18", "spreads correlation harder", 2),
    ("18", "centred easier county has houses", way(-1)),
    ("3.6", "there is none", "(a) there is none"),
    ("3.6", "exactly mean slope", "(b) exactly the mean slope"),
    ("3.6", "mean slope moved correlation", "(c) the mean slope moved"),
    ("3.6", "level is slope", [way(1), way(SLOPES.correlation)]),
    ("19", "groups hard estimate", way(-1)),
    ("19", "houses county enough there counties", [2, way(1)]),
    ("19", "will do hardly", [425, 85, way(-1)]),
    ("19", "states each", 1000),
    ("19", "with counties estimate truth", [3, way(1)]),
    ("19", "counties help even houses", [way(1), 2]),
    ("19", "prior on speaks", way(-1)),
    ("19", "tail half-cauchy", way(1)),
    ("19", "with counties prior", [len(h.names), way(-1)]),
    ("19", "with first matters", 5),
    (
        "19",
        "inverse-gamma piles median",
        [way(-1), 0, way(SMALL - 0.2), 0.2, way(-1), 0.1, way(FIVE[2] - min(FIVE[:2]))],
    ),
    ("20", "counties odd", 3),
    ("20", "counties apart", [3, way(1)]),
    ("20", "houses and", [4, 5, 10]),
    ("20", "states", 1000),
    ("20", "partial pooling little", way(-1)),
    ("20", "with counties cannot tell", 3),
    ("20", "intervals no hold than", [way(-1), 0.95]),
    ("20", "degrees freedom is", [4 + 5 + 10 - 3, stats.norm.ppf(0.975), way(1)]),
    ("20", "odd among", len(h.names)),
    ("20", "has houses sds mean", [h.n[LAC], 4, way(1), h.n[LAC]]),
    ("20", "houses drawn times", 400),
    ("20", "counties of intervals partial", lambda p: p["held"]["partial pooling"].mean()),
    ("20", "has sd of the", [way(-1), 3, h.within / 919**0.5]),
    ("21", "adding does", 0.1),
    ("21", "book counts zeros", [(h.activity == 0).sum(), 0.1]),
    ("21", "barely house lifts", [0.1, 4, way(-1)]),
    ("21", "number decimal deviance over", 10 * np.floor((ML.deviance - PLUS) / 10)),
    ("figure 1", "panels lines each", [4, 3]),
    ("figure 1", "partial own houses", [way(-1), way(1)]),
    ("figure 1", "parle houses", h.n[LAC]),
    ("figure 1", "koochiching houses", h.n["Koochiching"]),
    ("figure 1", "stearns houses", h.n["Stearns"]),
    ("figure 1", "louis houses", h.n[LOUIS]),
    ("figure 2", "counties fan spread", [4, way(1)]),
    ("figure 2", "posterior at", GRID[MASS.argmax()]),
    ("figure 3", "posterior spread of", [way(-1), way(-1)]),
    ("figure 4", "lines scattered pairs", len(h.slopes())),
]


def restricted(p):
    """The criterion by hand is the likelihood of contrasts that no coefficient moves."""
    return all(np.isclose(p["criterion"](r), h.deviance(r, restricted=True)) for r in (R, 1.0))


def two_errors(p):
    """Households of a county share eta: their correlation is the intraclass correlation."""
    rng = np.random.default_rng(4)
    eta = rng.normal(0, 0.33, (200_000, 1))
    pair = 1.46 + eta + rng.normal(0, 0.76, (200_000, 2))
    return abs(np.corrcoef(pair.T)[0, 1] - 0.33**2 / (0.33**2 + 0.76**2)) < 0.01


def pairs_drawn(p):
    """Houses of one county vary together as Z (variance L L') Z' + variance I says."""
    rng, s2 = np.random.default_rng(5), SLOPES.sigma_y**2
    sd = np.array([SLOPES.sigma_alpha, SLOPES.sigma_beta])
    Sigma = np.outer(sd, sd) * [[1, SLOPES.correlation], [SLOPES.correlation, 1]]
    X = np.array([[1, 0], [1, 0], [1, 1]])
    drawn = rng.multivariate_normal([0, 0], Sigma, 300_000) @ X.T
    drawn += rng.normal(0, s2**0.5, drawn.shape)
    V = p["variance"] * (np.eye(3) + X @ p["L"] @ p["L"].T @ X.T)
    return np.allclose(np.cov(drawn.T), V, atol=0.01)


def spread_of_pairs(p):
    """The fitted covariance of intercept and slope is lme4's."""
    found = np.r_[np.sqrt(np.diag(p["covariance"])), p["correlation"]]
    return np.allclose(found, [SLOPES.sigma_alpha, SLOPES.sigma_beta, SLOPES.correlation], 1e-5)


def half_cauchy(p):
    """The log priors are SciPy's, up to a constant."""
    s = np.array([0.1, 0.5, 2.0])
    wanted = {
        "half-normal(0.5)": stats.halfnorm(scale=0.5).logpdf(s),
        "half-Cauchy(0.5)": stats.halfcauchy(scale=0.5).logpdf(s),
        "inverse-gamma(0.001)": stats.invgamma(0.001, scale=0.001).logpdf(s**2) + np.log(s),
    }
    off = [p["log_priors"][name](s) - wanted[name] for name in wanted]
    return p["log_priors"]["flat"] is None and np.allclose(np.ptp(off, axis=1), 0, atol=1e-9)


FORMULAS = {
    "n-1": lambda p: np.isclose(np.var([1, 2, 6], ddof=1), 14 / (3 - 1)),
    r"(N-2)\left(1+\log2\pi\hat\sigma_y^2\right)+\log|V|+\log|A|": restricted,
    r"A=X^\mathsf{T}V^{-1}X": restricted,
    "N-2": lambda p: len(h.y) - 2 == 917,
    r"\hat\sigma_y^2": lambda p: np.isclose(p["fit"].sigma_y ** 2, h.FLOOR.sigma_y**2),
    r"\chi^2_1": lambda p: abs(stats.norm.ppf(0.975) ** 2 - 3.84) < 0.01,
    r"y_i=\mu_\alpha+\betax_i+\eta_{j[i]}+\varepsilon_i": two_errors,
    r"\alpha_j=\mu_\alpha+\eta_j": lambda p: np.allclose(
        p["ridge"][0] + p["ridge"][2:], [h.FLOOR.intercept[name] for name in h.names], atol=1e-6
    ),
    r"\sqrt{n_0}": lambda p: np.isclose(p["made_up"].max() ** 2, h.FLOOR.n0),
    r"p(\sigma_y^2)\propto1/\sigma_y^2": lambda p: np.isclose(
        p["exact"].mean(lambda a, s: s), 0.757, atol=0.002
    ),
    r"\chi^2": lambda p: np.isclose(
        np.mean(1 / stats.chi2(919).rvs(2000, random_state=1)), 1 / 917, 0.01
    ),
    "84=85-1": lambda p: len(h.names) - 1 == 84,
    r"y_i\sim\mathrmN(\alpha_{j[i]}+\beta_{j[i]}x_i,\sigma_y^2),\begin{pmatrix}\alpha_j\\beta_j"
    r"\end{pmatrix}\sim\mathrmN\left(\begin{pmatrix}\mu_\alpha\\mu_\beta\end{pmatrix},\Sigma"
    r"\right)": pairs_drawn,
    r"\Sigma=\sigma_y^2LL^\mathsf{T}": spread_of_pairs,
    r"\sigma_y^2(I+X_jLL^\mathsf{T}X_j^\mathsf{T})": pairs_drawn,
    r"\alpha_j=\mu_\alpha+\sigma_\alphaz_j": lambda p: (
        abs(np.std(1.46 + 0.33 * np.random.default_rng(2).normal(size=100_000)) - 0.33) < 0.003
    ),
    r"\sigma_\alpha=0.33": lambda p: abs(h.FLOOR.sigma_alpha - 0.33) < 0.005,
    r"\sigma_\alpha^2": half_cauchy,
    r"\sigma_\alpha=1": lambda p: np.allclose(
        np.exp(1.46 + np.array([-2, 2])), [0.6, 32], rtol=0.05
    ),
    r"e^{1.46-2}\approx0.6": lambda p: abs(np.exp(1.46 - 2) - 0.6) < 0.05,
    r"e^{1.46+2}\approx32": lambda p: abs(np.exp(1.46 + 2) - 32) < 0.5,
    r"\sigma_\alpha=1.5": lambda p: p["told"].keys() == {"truth", "replications"},
}


def panel(name, **words):
    """Return a county's panel: its houses and three lines."""
    here = h.county == name
    starts = {
        plots.NO_POOLING: (h.OWN[0][h.names.index(name)], h.OWN[0][85]),
        plots.COMPLETE_POOLING: h.LINE[0],
        plots.PARTIAL_POOLING: (h.FLOOR.intercept[name], h.FLOOR.coefficient["floor"]),
    }
    drawn = [Series("points", lambda p: (h.x[here] - 0.1, h.y[here]), "#9A9A9A", "_")]
    for look, (start, slope) in starts.items():
        ends = [0, 1], [start, start + slope]
        drawn.append(Series("line", lambda p, ends=ends: ends, look.color, look.marker, look.label))
    return Panel(drawn, title=name.split()[-1].join(["", ","]), **words)


def path(name):
    """Return a county's expected level along the spread, at one sigma_y."""

    def along(p):
        levels = []
        for s in p["spread"]:
            r2 = (s / 0.757) ** 2
            part = 1 - 1 / np.sqrt(1 + h.size * r2)
            both = np.column_stack([np.ones(919), h.x, h.y])
            flat = both - h.member @ (part[:, None] * (h.member.T @ both) / h.size[:, None])
            b = np.linalg.lstsq(flat[:, :2], flat[:, 2], rcond=None)[0]
            off = (h.y - b[1] * h.x)[h.county == name].mean() - b[0]
            levels.append(b[0] + off * r2 * h.n[name] / (1 + r2 * h.n[name]))
        return p["spread"], levels

    return Series("line", along, plots.PLAIN.color, label=name, error=0.02)


def ends(which=None):
    """Return the 60 own pairs, all pooled ones, or one county's two ends of its line."""
    own = h.slopes()
    starts = {k: (h.y[(h.county == k) & (h.x == 0)].mean(), own[k]) for k in own}
    pooled = {k: (SLOPES.intercept[k], SLOPES.slope[k]) for k in h.names}
    if which in own:
        return np.transpose([starts[which], pooled[which]])
    return np.transpose(list((starts if which == "starts" else pooled).values()))


def joined(name):
    """Return the line of one county, black if it is one of the four."""
    color = "black" if name in FOUR[:2] else "#C4C4C4"
    return Series("line", lambda p: ends(name), color, style="-", error=2e-3)


BLUE = plots.PARTIAL_POOLING.color
FIGURES = [
    [
        panel(LAC),
        panel("Koochiching"),
        panel("Stearns", ticks=["basement", "first floor"]),
        panel(LOUIS, ticks=["basement", "first floor"]),
    ],
    [
        Panel([path(name) for name in FOUR], "", "basement level, pCi/L"),
        Panel(
            [Series("band", lambda p: (p["spread"], 0 * p["spread"], p["density"]), BLUE)],
            "spread between",
            "posterior",
        ),
    ],
    [
        Panel(
            [Series("line", lambda p: (np.linspace(0.01, 1.2, 60), p["curve"]), BLUE)],
            "",
            "error, one house left out",
        ),
        Panel(
            [Series("band", lambda p: (p["grid"], 0 * p["grid"], p["density"]), BLUE)],
            "spread between",
            "posterior",
        ),
    ],
    [
        Panel(
            [
                *(joined(name) for name in h.slopes()),
                Series("points", lambda p: ends("starts"), plots.NO_POOLING.color, "o"),
                Series("points", lambda p: ends(), BLUE, "D"),
            ],
            "basement level, pCi/L",
            "first floor / basement",
        )
    ],
]
