"""What page 03 claims, and where each claim comes from."""

import numpy as np

from helpers import plots
from helpers.datasets import load_county_shapes
from tests import houses as h
from tests.pages import Panel, Series, way

E, LAC, LOUIS = np.exp, h.LAC, "St. Louis"
N0 = 0.80**2 / 0.31**2  # with the book's two spreads
STATE = h.y.mean()
LEVELS = {name: E(value) for name, value in h.mean.items()}
BY_LEVEL = sorted(h.names, key=LEVELS.get)
NOISE, OBSERVED = h.within**2 * np.mean(1 / h.size), np.var(list(h.mean.values()), ddof=1)
MU = h.MEANS.coefficient["intercept"]
MOVES = {name: h.MEANS.intercept[name] - h.mean[name] for name in h.names}
PARTS = {name: (0.31**2, 0.80**2 / h.n[name]) for name in (LAC, LOUIS)}
COUNTS = [1 / sum(PARTS[name]) for name in (LAC, LOUIS)]
CHANCE, NEW = h.chances(), h.new_county()
LETTERS = {name for name, value in h.chances(h.SOIL).items() if value > 0.6}
SHARE = h.x.mean()
FLOOR = [h.level(h.FLOOR, [h.x], (1, at), LAC) for at in (0, SHARE)]
SOIL_COLUMNS = [h.x, np.array([h.uranium[name] for name in h.county])]
WITH_SOIL = h.level(h.SOIL, SOIL_COLUMNS, (1, SHARE, h.uranium[LAC]), LAC)
Z = np.array([h.FLOOR.intercept[name] for name in h.county]) + h.FLOOR.coefficient["floor"] * h.x
Z = (h.y - Z) / h.FLOOR.sigma_y
GRANT = h.lme4("log_uranium").coefficient
GRANT = E(GRANT["intercept"] + GRANT["log_uranium"] * np.log(1.47959))
AITKIN = h.FLOOR.intercept["Aitkin"]
ML = h.lme4("floor", method="ml")
WORSE = h.deviance(0) - ML.deviance
FIRST = np.array([h.x[h.county == name].mean() for name in h.names])
RISE = np.corrcoef(FIRST, [h.FLOOR.intercept[name] for name in h.names])[0, 1]
LEFT = 1 - (h.SOIL.sigma_alpha / h.FLOOR.sigma_alpha) ** 2
UNCERTAIN = np.array([h.MEANS.intercept_sd[name] for name in h.names])


SURE = h.MEANS.intercept_sd[LAC]
ODD = (h.mean[LAC] - MU) / np.hypot(h.MEANS.sigma_alpha, h.MEANS.sigma_y / 2**0.5)
BEST = ML.sigma_alpha / ML.sigma_y
X = np.column_stack([np.ones(919), h.x])


def least_squares(r, outcome, X=X):
    """Return coefficients and their errors, and residuals from the levels in units of their sd."""
    V = np.eye(919) + r**2 * h.same
    A = np.linalg.inv(X.T @ np.linalg.solve(V, X))
    b = A @ X.T @ np.linalg.solve(V, outcome)
    left = np.linalg.solve(V, outcome - X @ b)  # houses less their county's level
    sd = np.sqrt((outcome - X @ b) @ left / (919 - X.shape[1]))
    return b, sd * np.sqrt(np.diag(A)), left / sd


def beside(predictor):
    """Return a county predictor's coefficient beside floor and uranium, and its error."""
    wide = np.column_stack([X, SOIL_COLUMNS[1], h.member @ predictor])
    r = min(np.linspace(0.14, 0.24, 6), key=lambda r: h.deviance(r, X=wide, restricted=True))
    b, se, _ = least_squares(r, h.y, wide)
    return b[-1], se[-1]


def beyond(zero):
    """Return how many houses lie above 3 and below -3 sds where zeros count as this."""
    z = least_squares(0.43, np.log(np.where(h.activity > 0, h.activity, zero)))[2]
    return (z > 3).sum(), (z < -3).sum()


RAW = min(np.linspace(0.2, 0.6, 9), key=lambda r: h.deviance(r, h.activity))
RAW = least_squares(RAW, h.activity)[2]
DRAWN = np.random.default_rng(8).normal(size=(2, 4000, 85)) * [[[0.31]], [[0.80]]]
DRAWN = np.var(DRAWN[0] + DRAWN[1] / np.sqrt(h.size), axis=1, ddof=1)
SHARES = np.quantile(0.80**2 * np.mean(1 / h.size) / DRAWN, [0.025, 0.975])
EQUAL = np.random.default_rng(9).normal(size=(300, 919))
ZEROS = np.mean([h.demeaned(0.05, one) > h.demeaned(0, one) for one in EQUAL])
RATIOS = np.linspace(0, 0.3, 13)
CHI = [h.demeaned(0, one) - min(h.demeaned(r, one) for r in RATIOS) for one in EQUAL]
CHI = np.quantile(CHI, 0.95)

FIPS = {row["county"]: row["fips"] for row in h.ROWS}
PLACES = load_county_shapes().paths([FIPS[name] for name in h.names])
PLACES = np.transpose([path.vertices.mean(axis=0) for path in PLACES])
RIGHT, DOWN = (np.corrcoef(each, [h.SOIL.intercept[k] for k in h.names])[0, 1] for each in PLACES)
WEST, SOUTH = "west" if RIGHT < -0.1 else "east", "south" if DOWN > 0.1 else "north"

FACTS = [
    ("", "level over houses measured", 85),
    ("", "scattered houses", way(-1)),
    ("", "lac is highest", [h.n[LAC], way(LEVELS[LAC] - LEVELS[BY_LEVEL[-2]])]),
    ("", "was measured houses minnesota", [1980, len(h.y)]),
    ("", "whole state typical level", E(STATE)),
    ("", "lac county houses were", [h.n[LAC], *sorted(h.activity[h.county == LAC])]),
    ("", "typically all counties", [LEVELS[LAC], way(LEVELS[LAC] - LEVELS[BY_LEVEL[-2]]), 85]),
    (
        "",
        "own houses say all",
        [
            *("(a) 13 what its own", h.n[LAC], "(b)", round(np.sqrt(LEVELS[LAC] * E(STATE)))),
            *("(c) 5", way(-1), "(d)", E(STATE)),
        ],
    ),
    ("1", "logarithm and zeros", (h.activity == 0).sum()),
    ("1", "floor is basement", [0, 1]),
    ("1", "houses have pci logarithm", [(h.activity == 0).sum(), 0, 0]),
    ("1", "counts these", [(h.activity == 0).sum(), h.activity[h.activity > 0].min()]),
    ("1", "copies example add every", 0.1),
    ("2", "picture counties have houses", [way(1), 5, way(1), max(map(h.n.get, BY_LEVEL[-5:]))]),
    ("2", "have and", [way(-1), 2, h.n[BY_LEVEL[0]], h.n[BY_LEVEL[1]]]),
    ("2", "of is noise unsure", [NOISE / OBSERVED, way(1), 0.5, NOISE / OBSERVED, *SHARES]),
    ("2", "means sd true levels", [OBSERVED**0.5, (OBSERVED - NOISE) ** 0.5]),
    ("3", "murray county house", h.activity[h.county == "Murray"][0]),
    ("3", "pieces information", 2),
    ("3", "to the centre", way(-1)),
    ("3.1", "houses mean", [h.n[LAC], h.mean[LAC]]),
    ("3.1", "bet model unsure", ["(c)", *h.pci(h.MEANS.intercept[LAC], SURE)[1:]]),
    ("3.1", "its own houses get", [2, way(2 / (2 + N0) - 0.25), 0.25]),
    (
        "3.1",
        "murray house moves further than began",
        way(abs(h.mean["Murray"] - MU) - abs(h.mean[LAC] - MU)),
    ),
    (
        "3.1",
        "mahnomen moves",
        way(abs(MOVES["Mahnomen"]) - np.median(list(map(abs, MOVES.values())))),
    ),
    ("3.1", "stands the centre already", way(-1)),
    ("3", "not mean all houses", STATE),
    (
        "3",
        "louis houses counts times",
        [h.n[LOUIS], way(h.mean[LOUIS] - STATE), h.n[LOUIS] / h.n[LAC]],
    ),
    ("3", "reasons variance parts", [2, 2]),
    ("3", "lac qui parle", [*PARTS[LAC], sum(PARTS[LAC]), COUNTS[0]]),
    ("3", "louis", [*PARTS[LOUIS], sum(PARTS[LOUIS]), COUNTS[1]]),
    ("3", "so louis counts times", round(COUNTS[1] / COUNTS[0])),
    ("3", "helper finds spreads", 2),
    ("3", "the book has", [MU, h.MEANS.sigma_alpha, h.MEANS.sigma_y]),
    ("3", "with centre formula exact spreads", [MU, 2]),
    ("3", "it is approximation", STATE),
    ("3", "all poolings intervals", [3, 0.95]),
    (
        "3",
        "partial has intervals than no",
        way(np.max(UNCERTAIN - h.MEANS.sigma_y / np.sqrt(h.size))),
    ),
    ("3", "other counties add information", len(h.names) - 1),
    ("4", "amount known counties", 85 + 2),
    ("4", "counties grant red measured", 2),
    ("4", "grant has pooling soil", [E(MU), GRANT]),
    ("5", "first floor is by", [way(h.LINE[0][1]), -h.LINE[0][1]]),
    ("5", "or slope difference means", [0, 1, 2]),
    ("5", "counties have basements only", [85 - len(h.slopes()), 85]),
    ("5", "they slopes rest houses", min(map(h.n.get, h.slopes()))),
    ("5", "houses in counties table", [5, 3]),
    ("5", "slope is now", h.OWN[0][-1]),
    ("5", "is the product columns", 2),
    ("5", "holds all columns products", [2, "different"]),
    ("3.2", "pulls county way", 1 - 1 / (1 + 0.8**2)),
    (
        "6",
        "as in the book county",
        [*h.FLOOR.coefficient.values(), h.FLOOR.sigma_alpha, h.FLOOR.sigma_y, AITKIN, 1],
    ),
    ("6", "are effects each county's", ["are fixed effects", "is a random effect"]),
    (
        "6",
        "$sigma_alphato0$ hard $sigma_alphatoinfty$ no",
        ["$sigma_alphato0$", "complete pooling", r"$sigma_alphatoinfty$", "no pooling"],
    ),
    ("7", "houses county share", 2),
    ("7", "for houses covariance", [3, 2]),
    ("7", "deviance log likelihood", [way(1), -2, way(-1)]),
    ("7", "as in the book", [ML.deviance]),
    ("7", "is a legal answer", 0),
    ("7", "of such states", [round(3 * ZEROS), 3]),
    ("7", "does not prove counties", way(0)),
    ("7", "complete pooling minnesota chance", [way(-WORSE), WORSE, 0.95, way(-1), CHI]),
    ("7", "lowest point reml had", [BEST, way(-1), h.FLOOR.sigma_alpha / h.FLOOR.sigma_y]),
    ("7", "allows fitted coefficients", 2),
    ("8", "spreads and sentence", 2),
    ("8", "usual than numbers", way(1)),
    ("8", "variance between groups measurements", [way(0), round(h.FLOOR.n0)]),
    ("8", "standard deviation measurements county", [way(0), round(h.FLOOR.n0)]),
    ("8", "single measurements vary", 5),
    ("8", "their mean varies", way(h.FLOOR.sigma_y / 5**0.5 - h.FLOOR.sigma_y)),
    ("8", "population tells level houses", round(h.FLOOR.n0)),
    ("8", "intraclass correlation is", 1 / (1 + h.FLOOR.n0)),
    (
        "9",
        "spread left line worth houses",
        [h.SOIL.sigma_alpha, 0.5, h.FLOOR.sigma_alpha, h.SOIL.n0, round(h.FLOOR.n0)],
    ),
    ("9", "model counties pools", [way(1), way(h.SOIL.n0 - h.FLOOR.n0)]),
    (
        "3.3",
        "which each both",
        [
            "(a) floor lowers $hatsigma_y$ uranium $hatsigma_alpha$",
            "(b) floor lowers $hatsigma_alpha$ uranium $hatsigma_y$",
            "(c) each lowers both",
        ],
    ),
    ("3.3", "uranium houses apart", 2),
    ("3.3", "and floor made", way(h.FLOOR.sigma_alpha - h.MEANS.sigma_alpha)),
    ("3.3", "counties readings at floor", [way(RISE), way(0)]),
    ("10", "authorities act short means again", [way(1), 4, way(1), 4]),
    ("10", "new county lac", [NEW, CHANCE[LAC], CHANCE[LOUIS]]),
    ("10", "house width everywhere place", [way(0), way(1 / (1 + 1 / h.FLOOR.n0) - 0.5)]),
    ("10", "model level interval", 0.95),
    ("10", "no pooling", h.pci(h.mean[LAC], h.within / 2**0.5)),
    ("10", "no predictor", h.pci(h.MEANS.intercept[LAC], SURE)),
    ("10", "model state's share floors", SHARE),
    ("10", "no predictor floor", h.pci(*FLOOR[1])),
    ("10", "floor and uranium", h.pci(*WITH_SOIL)),
    ("10", "floor basement", h.pci(*FLOOR[0])),
    ("3.4", "chance exceed", [way(1), 0.6, 4]),
    (
        "3.4",
        "cottonwood gets mean houses is counted",
        [
            way(h.mean["Cottonwood"] - STATE),
            h.n["Cottonwood"] * ("Cottonwood" in LETTERS),
            min(h.activity[h.county == "Cottonwood"]),
            0.1,
        ],
    ),
    ("3.4", "own sd letters", sum(v > 0.6 for v in h.chances(h.SOIL, spread=False).values())),
    ("3.4", "house varies than level", way(h.SOIL.sigma_y - max(h.SOIL.intercept_sd.values()))),
    ("11", "states with sizes", [200, 85]),
    ("11", "point's error about", (2 * 200) ** -0.5),
    (
        "11",
        "partial gains over there complete are",
        [way(1), way(1 / 3 - 1), way(100 - 3)],
    ),
    ("11", "differ complete pooling is", way(1)),
    ("12", "counties readings share coefficient", [way(1), *beside(FIRST)]),
    ("12", "in all counties houses", way(0)),
    ("12", "beside uranium log", list(beside(np.log(h.size)))),
    (
        "12",
        "of are zeros which would",
        [sum(Z[h.activity == 0] < -3), (Z < -3).sum(), 0.1, 0.3, *beyond(0.3)],
    ),
    ("12", "without log none", [(RAW > 3).sum(), way(1), way(-1 - (RAW < -3).sum())]),
    ("12", "shrinks average all", [way(-1), MU, STATE]),
    ("12", "spread county means noise", [OBSERVED**0.5, (OBSERVED - NOISE) ** 0.5]),
    ("12", "complete variance standard error", [way(1), h.within / 919**0.5]),
    ("12", "county moves mahnomen", [way(-1), way(1), way(-1)]),
    ("12", "say that lac", round(E(h.MEANS.intercept[LAC]))),
    ("12", "its mean sds ordinary", [ODD, way(1), MU, way(1), len(h.names)]),
    ("12", "of measurements mean", 5),
    ("figure 1", "counties estimates intervals", [6, 3]),
    ("figure 1", "move", [way(-1), way(1)]),
    ("figure 1", "county houses hold", [way(-1), way(1)]),
    ("figure 2", "maps", 3),
    ("figure 2", "uranium dark", [SOUTH, WEST]),
    ("figure 3", "curves", 2),
    ("figure 3", "minnesota at the", [way(-1), ML.sigma_alpha / ML.sigma_y, 0]),
    ("figure 3", "minnesota from at", [way(1), 0]),
    ("figure 4", "chance houses county", [min(CHANCE.values()), max(CHANCE.values()), NEW]),
    ("figure 4", "county matters from", [min(CHANCE.values()), max(CHANCE.values())]),
    ("figure 4", "p basement", [way(1), 4]),
    ("figure 5", "no falls partial", [way(-1), way(-1)]),
]


def near(a, b, within=0.005):
    """Say whether two numbers agree to half a unit of the second decimal."""
    return abs(a - b) <= within


def average(p):
    """The weighted average of equation 12.1 is the helper's intercept, with its centre."""
    sy, sa = h.MEANS.sigma_y, h.MEANS.sigma_alpha
    for name in (LAC, LOUIS):
        own, other = h.n[name] / sy**2, 1 / sa**2
        by_precision = (own * h.mean[name] + other * MU) / (own + other)
        w = h.n[name] / (h.n[name] + sy**2 / sa**2)
        if abs(w * h.mean[name] + (1 - w) * MU - by_precision) > 1e-9:
            return False
        if abs(p["means_fit"].intercepts[name] - by_precision) > 1e-5:
            return False
    return abs(p["means_fit"].weight(2) - 2 / (2 + h.MEANS.n0)) < 1e-5


def covariance(p):
    """Three houses of simulated counties vary together as V says."""
    rng, r = np.random.default_rng(3), 0.7
    alpha = r * rng.standard_normal((400_000, 2))
    houses = alpha[:, [0, 0, 1]] + rng.standard_normal((400_000, 3))
    V = [[1 + r**2, r**2, 0], [r**2, 1 + r**2, 0], [0, 0, 1 + r**2]]
    return np.allclose(np.cov(houses.T), V, atol=0.02)


def multilevel(p):
    """Draw from the model as it is written; the helper finds its four numbers again."""
    from helpers.multilevel import partial_pooling

    rng, j = np.random.default_rng(6), np.repeat(np.arange(3000), 5)
    x = rng.integers(0, 2, j.size)
    alpha = rng.normal(1.46, 0.33, 3000)
    fit = partial_pooling(rng.normal(alpha[j] - 0.69 * x, 0.76), j, x)
    found = [*fit.coefficients, fit.sigma_alpha, fit.sigma_y]
    return np.allclose(found, [1.46, -0.69, 0.33, 0.76], atol=0.03)


def pulled(p):
    """The level of a county is the weighted average of its mean and its line at its soil."""
    c, fit = h.SOIL.coefficient, p["soil_fit"]
    own = (h.y - c["floor"] * h.x)[h.county == LAC].mean()
    w = 2 / (2 + h.SOIL.n0)
    line = c["intercept"] + c["log_uranium"] * h.uranium[LAC]
    return abs(fit.intercepts[LAC] - w * own - (1 - w) * line) < 1e-5


FORMULAS = {
    r"e^{\text{mean}}": lambda p: np.isclose(E(h.mean[LAC]), np.sqrt(11.3 * 16)),
    r"\sqrt{11.3\times16.0}=13.4": lambda p: near((11.3 * 16.0) ** 0.5, 13.4, 0.05),
    r"\sigma_y/\sqrt{n_j}": lambda p: np.isclose(p["sigma_y"] / 2**0.5, h.within / h.n[LAC] ** 0.5),
    r"\sigma_y^2/n_j": lambda p: np.isclose(p["noise"], np.mean(h.within**2 / h.size)),
    r"\sigma_\alpha^2": lambda p: near(h.MEANS.sigma_alpha**2, OBSERVED - NOISE, 0.01),
    r"\hat\alpha_j=\frac{\dfrac{n_j}{\sigma_y^2}\bary_j+\dfrac{1}{\sigma_\alpha^2}\text{centre}}"
    r"{\dfrac{n_j}{\sigma_y^2}+\dfrac{1}{\sigma_\alpha^2}}": average,
    r"\hat\alpha_j=w_j\bary_j+(1-w_j)\text{centre}": average,
    r"w_j=\frac{n_j}{n_j+n_0},n_0=\frac{\sigma_y^2}{\sigma_\alpha^2}": average,
    r"\sigma_y^2": lambda p: np.isclose(p["sigma_y"] ** 2, h.within**2),
    r"\sigma_y=0.80": lambda p: near(h.MEANS.sigma_y, 0.80),
    r"\sigma_\alpha=0.31": lambda p: near(h.MEANS.sigma_alpha, 0.31),
    "1-w_j": lambda p: np.isclose(
        MOVES["Murray"], (1 - 1 / (1 + h.MEANS.n0)) * (MU - h.mean["Murray"]), atol=1e-6
    ),
    r"y_i=\alpha+\betax_i+\varepsilon_i": lambda p: (
        abs((h.y - h.LINE[0][0] - h.LINE[0][1] * h.x) @ h.x) < 1e-9
        and np.allclose(p["multilevel"].complete_pooling(p["y"], p["x"]).coefficients, h.LINE[0])
    ),
    "e^{-0.61}=0.54": lambda p: near(E(-0.61), 0.54),
    r"y_i=\alpha_{j[i]}+\betax_i+\varepsilon_i": lambda p: np.allclose(
        p["own_lines"].intercepts, h.OWN[0][:85]
    ),
    r"\mathrmN(\alpha_j,0.8^2)": lambda p: np.isclose(p["answer_3_2"], 1 / (1 + 0.8**2)),
    r"\mathrmN(0,1^2)": lambda p: np.isclose(p["answer_3_2"], 1**2 / (1**2 + 0.8**2)),
    "e^0=1": lambda p: E(0) == 1,
    "n_j/(n_j+n_0)": lambda p: np.isclose(p["fit"].weight(5), 5 / (5 + h.FLOOR.n0), atol=1e-6),
    r"y_i\sim\mathrm{N}(\alpha_{j[i]}+\betax_i,\sigma_y^2)i=1,\dots,N": multilevel,
    r"\alpha_j\sim\mathrm{N}(\mu_\alpha,\sigma_\alpha^2)j=1,\dots,J": multilevel,
    "N=919": lambda p: len(h.y) == 919,
    "J=85": lambda p: len(h.names) == 85,
    r"\sigma_\alpha/\sigma_y": lambda p: np.isclose(
        p["deviance"](ML.sigma_alpha / ML.sigma_y), ML.deviance
    ),
    r"\sigma_\alpha\to\infty": lambda p: (
        abs(p["held"] - p["own"]).max() < 1e-4 < abs(p["held"] - p["one_line"]).max()
    ),
    r"r=\sigma_\alpha/\sigma_y": lambda p: (
        p["deviance"](0.429) < min(p["deviance"](0.40), p["deviance"](0.46))
    ),
    r"V=\begin{pmatrix}1+r^2&r^2&0\r^2&1+r^2&0\0&0&1+r^2\end{pmatrix}": covariance,
    r"N(1+\log(2\pi\mathrm{RSS}/N))+\log|V|": lambda p: all(
        np.isclose(p["deviance"](r), h.deviance(r)) for r in (0, 0.3, 1.2)
    ),
    "y=1.46-0.69x": lambda p: (
        near(p["fit"].coefficients[0], 1.46) and near(p["fit"].coefficients[1], -0.69)
    ),
    r"\hat\sigma_y=0.76": lambda p: near(h.FLOOR.sigma_y, 0.76),
    r"\hat\sigma_\alpha=0.33": lambda p: near(h.FLOOR.sigma_alpha, 0.33),
    "0.33^2/0.76^2=0.19": lambda p: near(0.33**2 / 0.76**2, 0.19) and near(1 / h.FLOOR.n0, 0.19),
    "n_0=5.3": lambda p: near(h.FLOOR.n0, 5.3, 0.05),
    r"\sigma_\alpha^2/(\sigma_\alpha^2+\sigma_y^2)": lambda p: np.isclose(
        p["fit"].intraclass_correlation, 1 / (1 + h.FLOOR.n0), atol=1e-6
    ),
    r"\alpha_j\sim\mathrmN(\gamma_0+\gamma_1u_j,\sigma_\alpha^2)": pulled,
    r"\sigma_y=0.8": lambda p: near(h.MEANS.sigma_y, 0.8),
    r"j=1,\dots,n": lambda p: len(h.names) < len(h.y),  # the notes' slip
}

SIX = ["Murray", LAC, "Aitkin", "Lake", "Hennepin", LOUIS]
LOOKS = plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING


def six(which, k):
    """Return six counties' estimates (k = 0) or ends (-1, 1) in pCi/L, and their places."""
    place = np.arange(6) + {"no": -0.24, "complete": 0, "partial": 0.24}[which]
    middle = {"no": h.mean, "complete": dict.fromkeys(SIX, STATE), "partial": h.MEANS.intercept}
    sd = {"no": {name: h.within / h.n[name] ** 0.5 for name in SIX}}
    sd |= {"complete": dict.fromkeys(SIX, h.y.std(ddof=1) / 919**0.5)}
    sd |= {"partial": h.MEANS.intercept_sd}
    return [E(middle[which][name] + 1.96 * k * sd[which][name]) for name in SIX], place


def three(look, which):
    """Return what one pooling has to be drawn as: points and intervals."""
    low, high, place = six(which, -1)[0], six(which, 1)[0], six(which, 0)[1]
    return [
        Series("points", lambda p: six(which, 0), look.color, look.points["marker"]),
        Series("segments", lambda p: (low, place, high, place), look.color),
    ]


def curve(outcome):
    """Return the ratio, and the deviance above its minimum along it."""
    grid = np.linspace(0, 1, 101)
    found = np.array([h.demeaned(r, outcome) for r in grid])
    return grid, found - found.min()


FIGURES = [
    [
        Panel(
            [
                one
                for look, w in zip(LOOKS, ("no", "complete", "partial"), strict=True)
                for one in three(look, w)
            ],
            "typical level, pCi/L",
            "",
            ("log", "linear"),
        )
    ],
    [
        Panel([Series("points"), Series("points")], title=title, cut="xy")
        for title in ("raw", "pooled", "uranium")
    ],
    [
        Panel(
            [
                Series("line", lambda p: curve(h.y), "black", style="-"),
                Series("line", lambda p: curve(p["equal"].to_numpy()), "black", style="--"),
            ],
            "ratio of spreads, between / within",
            "deviance above minimum",
            cut="y",
        )
    ],
    [
        Panel(
            [
                Series(
                    "points",
                    lambda p: (h.size, [CHANCE[name] for name in h.names]),
                    plots.PARTIAL_POOLING.color,
                    "D",
                ),
                Series("line", lambda p: ([0, 1], [NEW, NEW]), "black"),
            ],
            "houses measured",
            "basement above 4 pCi/L",
            ("log", "linear"),
        )
    ],
    [
        Panel(
            [
                Series(
                    "points",
                    lambda p, name=look.label: (h.size, np.mean(p["squared"][name], axis=0) ** 0.5),
                    look.color,
                    look.points["marker"],
                )
                for look in LOOKS
            ],
            "houses measured",
            "typical error, log radon",
            ("log", "linear"),
        )
    ],
]
