"""Every figure that notebook 04 quotes, computed again, most of them by a second route."""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
import sympy as sp
from matplotlib.colors import to_rgba
from scipy import integrate, optimize, special, stats

from helpers import plots, simulate
from helpers.beta_binomial import (
    bda3_prior,
    fit_marginal_likelihood,
    fit_moments,
    log_beta_binomial,
    log_marginal_likelihood,
    posterior_grid,
)
from helpers.check import check
from helpers.datasets import load_rat_tumors
from helpers.mcmc import collapsed, metropolis
from helpers.show import two_digits
from tests.folds import exercises

PAGE = Path(__file__).resolve().parent.parent / "notebooks" / "04_rat_tumors.ipynb"
FEW = [4, 2, 1], [14, 20, 19]
CELLS = nbformat.read(PAGE, as_version=4).cells
TEXT = " ".join(" ".join(c.source for c in CELLS if c.cell_type == "markdown").split())


def says(*phrases):
    """Assert that the text says this, so that a figure and its sentence change together."""
    for phrase in phrases:
        assert phrase in TEXT, phrase


@pytest.fixture(scope="module")
def rats():
    table = load_rat_tumors()
    return table["tumors"].to_numpy(), table["rats"].to_numpy()


@pytest.fixture(scope="module")
def grid(rats):
    return posterior_grid(*rats)


@pytest.fixture(scope="module")
def page():
    return nbformat.read(PAGE, as_version=4)


@pytest.fixture
def cell(run_cell):
    """Return a function: a part of one cell of this page, names -> the names after that cell."""
    known = {"pd": pd, "plots": plots, "simulate": simulate, "stats": stats, "optimize": optimize}
    known |= {"expit": special.expit, "bda3_prior": bda3_prior, "posterior_grid": posterior_grid}
    known |= {"fit_marginal_likelihood": fit_marginal_likelihood, "collapsed": collapsed}
    known |= {"log_beta_binomial": log_beta_binomial}
    return lambda part, **given: run_cell("04", part, **known | given)


def printed(page, start):
    """Text of the outputs of the first cell whose source holds `start`."""
    for cell in page.cells:
        if cell.cell_type == "code" and start in cell.source:
            return "".join(
                output.get("text", "") + output.get("data", {}).get("text/plain", "")
                for output in cell.outputs
            )
    raise AssertionError(f"no cell holds {start!r}")


# --- sections 1 to 4


def test_source_numbers_stand_on_the_page(page):
    """The source's figures, printed to four digits: 0.1360, 0.01056, 1.378, 8.752, 0.2229."""
    assert "mean 0.1360, variance 0.01056" in printed(page, "noise = ")
    told = printed(page, "kappa = m * (1 - m) / v - 1")
    assert "alpha 1.378, beta 8.752" in told and "0.2857 -> 0.2229" in told
    says("the current experiment from 29% to 22%", "the population's mean, 13.6%", "at 15.2%.)")


def test_opening_figures(rats, page):
    y, n = rats
    assert (y[-1], n[-1], len(y)) == (4, 14, 71)
    assert (y[:-1].sum(), n[:-1].sum(), np.sum(y[:-1] == 0)) == (263, 1725, 14)
    assert (n.min(), n.max()) == (10, 52)
    assert round(np.mean(y[:-1] / n[:-1]), 3) == 0.136
    assert round(263 / 1725, 3) == 0.152
    assert round(np.max(y / n), 3) == 0.375  # "nothing to 38%"
    assert np.median(n) == 20 and np.sum(n > 45) == 12  # "a dozen about 50"
    told = printed(page, "old_y, old_n = ")
    assert told.splitlines() == [
        "70 earlier experiments, 263 tumours in 1725 rats",
        "10 to 52 rats each; 14 experiments without a tumour",
    ]
    says("mean of their rates is 13.6%", "all their 1,725 rats that had a tumour is 15.2%")
    says("rates go from nothing to 38%", "had about 20 rats", "(13.6%)", "(15.2%)", "about 15% of")
    says("29%, which is 4 of 14", "15%, what the earlier rats say")


def test_half_of_the_variance_is_noise(rats):
    y, n = (x[:-1] for x in rats)
    m, v = np.mean(y / n), np.var(y / n)
    assert 0.45 < m * (1 - m) * np.mean(1 / n) / v < 0.55
    # by simulation: equal risks, the same sizes
    rng = np.random.default_rng(2)
    assert np.var(rng.binomial(n, m, (4000, 70)) / n, axis=1).mean() == pytest.approx(
        m * (1 - m) * np.mean(1 / n), rel=0.03
    )


def test_three_fits_of_the_current_experiment(rats, page):
    y, n = (x[:-1] for x in rats)
    risks = [
        fit.posterior(4, 14).mean()
        for fit in (
            fit_moments(y, n),
            fit_moments(y, n, remove_noise=True),
            fit_marginal_likelihood(y, n),
        )
    ]
    assert risks == pytest.approx([0.2229, 0.1973, 0.2075], abs=5e-5)
    assert [f"{risk:.0%}" for risk in risks] == ["22%", "20%", "21%"]
    says("the current experiment: 22%, 20% and 21%", "**c)** 21%, about half-way")
    rows = re.findall(r"^(\S.*?) +(0\.\d+) +0\.\d+ +0\.\d+$", printed(page, "fits = {"), re.M)
    assert [float(risk) for _, risk in rows] == [round(risk, 3) for risk in risks]

    def loss(p):  # the likelihood from SciPy
        return -stats.betabinom(n, *np.exp(p)).logpmf(y).sum()

    alpha, beta = np.exp(optimize.minimize(loss, [0.5, 2.5]).x)
    assert (4 + alpha) / (14 + alpha + beta) == pytest.approx(risks[2], abs=1e-4)


def test_weights_quoted(rats):
    fit = fit_marginal_likelihood(*(x[:-1] for x in rats))
    assert round(fit.prior_sample_size) == 16
    assert fit.weight(16) == pytest.approx(0.5, abs=0.01)
    assert fit.weight(14) == pytest.approx(0.46, abs=0.005)
    assert fit.weight(50) == pytest.approx(0.75, abs=0.01)  # "give up about a quarter"
    assert 0.35 < fit.weight(10) < fit.weight(20) < 0.6  # "give up about half"
    assert round(fit.sd, 3) == 0.083
    says(r"with $\kappa=16$, an experiment of 16 rats counts half, the current one 46%")
    says("The line is our estimate, 0.083", "the population's mean, 14%, close")
    assert round(fit.mean, 2) == 0.14


def test_graph_leads_from_hyperparameters_to_counts(cell):
    """Section 2: two parents a risk, one a count; only the counts are grey."""
    (figure,) = cell("plots.graph(")["shown"]
    (ax,) = figure.axes
    place = {tuple(text.xy): text.get_text() for text in ax.texts if text.get_text()}
    arrows = {(place[a.xyann], place[a.xy]) for a in ax.texts if a.arrow_patch}
    wanted = {(r"$\theta_1$", "$y_1$"), (r"$\theta_2$", "$y_2$"), (r"$\theta_{71}$", "$y_{71}$")}
    wanted |= {(r"$\cdots$", r"$\cdots\,$")}
    wanted |= {(parent, risk) for risk, _ in wanted for parent in (r"$\alpha$", r"$\beta$")}
    assert arrows == wanted
    white = {tuple(c.get_offsets()[0]): c.get_facecolor().min() == 1 for c in ax.collections}
    assert {name for xy, name in place.items() if not white[xy]} == {
        name for name in place.values() if "y" in name or "," in name
    }


def test_estimates_stand_over_their_own_rates(rats, cell):
    """Section 3: rates sideways, estimates upwards, between the 45 degree line and the flat one."""
    y, n = (x[:-1] for x in rats)
    given = {"old_y": y, "old_n": n, "alpha": 1.3778, "kappa": 10.13}
    (figure,) = cell("estimated risk", **given)["shown"]
    own, flat, points = lines = figure.axes[0].get_lines()
    np.testing.assert_array_equal(own.get_xdata(), own.get_ydata())
    assert own.get_xdata()[-1] > (y / n).max() and set(flat.get_ydata()) == {263 / 1725}
    np.testing.assert_allclose(points.get_xdata(), y / n)
    np.testing.assert_allclose(points.get_ydata(), (1.3778 + y) / (10.13 + n))
    looks = plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING
    assert [line.get_color() for line in lines] == [look.color for look in looks]
    named = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert named == {look.label: look.color for look in looks}


def test_rates_stand_at_their_sizes(rats, cell):
    """The picture of section 1: the old ones spread sideways only, the current one a star."""
    y, n = rats
    (figure,) = cell("beside = ", y=y, n=n, old_n=n[:-1])["shown"]
    old, current = figure.axes[0].get_lines()
    np.testing.assert_allclose(old.get_ydata(), y[:-1] / n[:-1])
    assert np.abs(old.get_xdata() - n[:-1]).max() <= 0.4
    assert current.get_xydata().tolist() == [[14, 4 / 14]]


def test_three_poolings_of_nine_experiments(rats, cell):
    y, n = rats
    fit = fit_marginal_likelihood(y[:-1], n[:-1])
    names = cell("def exact_interval", y=y, n=n, raw=y / n, fits={"maximum likelihood": fit})
    given = {name: names[name] for name in ("exact_interval", "some", "poolings", "y", "n")}
    (figure,) = cell("band = exact_interval", old_y=y[:-1], old_n=n[:-1], **given)["shown"]
    (ax,), some = figure.axes, names["some"]
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    assert list(lines["no pooling"]) == pytest.approx(y[some] / n[some])
    partial = (fit.alpha + y[some]) / (fit.prior_sample_size + n[some])
    assert list(lines["partial pooling"]) == pytest.approx(partial)
    assert set(lines["complete pooling"]) == {263 / 1725}
    spans = [np.array([s[:, 1] for s in c.get_segments()]) for c in ax.collections]
    own = [stats.binomtest(int(y[j]), int(n[j])).proportion_ci() for j in some]
    np.testing.assert_allclose(spans[0], own)
    np.testing.assert_allclose(
        spans[1], np.transpose(fit.posterior(y[some], n[some]).interval(0.95))
    )
    band = stats.binomtest(263, 1725).proportion_ci()
    assert ax.patches[0].get_y() == pytest.approx(band.low)
    assert ax.patches[0].get_height() == pytest.approx(band.high - band.low)
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert labels == [f"{y[j]} of {n[j]}" for j in some] and "4 of 14" in labels


def test_the_smallest_does_not_move_most(rats):
    y, n = rats
    move = np.abs(fit_marginal_likelihood(y[:-1], n[:-1]).posterior(y, n).mean() - y / n)
    most, least = np.argmax(move), np.argmin(n)
    assert (y[most], n[most], y[least], n[least]) == (9, 24, 1, 10)
    assert 3.5 < move[most] / move[least] < 4
    says("9 of 24 moves almost four times as far as 1 of 10")
    says(f"9 of 24 moves by {move[most]:.3f} 1 of 10 moves by {move[least]:.3f}")


def test_the_expected_variance_formula():
    """E[variance of the rates] = tau^2 + h (m (1 - m) - tau^2), in sympy for one unit."""
    n, m, tau2 = sp.symbols("n m tau2", positive=True)
    noise = (m - (tau2 + m**2)) / n  # E[theta (1 - theta)] / n, with E[theta^2] = tau2 + m^2
    assert sp.simplify(tau2 + noise - (tau2 + (m * (1 - m) - tau2) / n)) == 0


# --- section 5


def test_prior_exponents_of_the_table(page):
    """By numbers: the textbook's density, times the area of a small cell on each pair of axes."""
    alpha, beta = np.array([2.0, 7.0]), np.array([11.0, 90.0])
    size = alpha + beta

    def area(*axes):  # of a small square of (alpha, beta), on other axes
        step, corner = 1e-5, []
        for a, b in ((0, 0), (step, 0), (0, step)):
            corner.append(np.array([axis(alpha + a, beta + b) for axis in axes]))
        (ux, uy), (vx, vy) = ((corner[i] - corner[0]) / step for i in (1, 2))
        return np.abs(ux * vy - uy * vx)

    def ratio(density):
        return density[0] / density[1]

    first = area(lambda a, b: a / (a + b), lambda a, b: (a + b) ** -0.5)  # flat on these
    logs = first / area(lambda a, b: np.log(a / b), lambda a, b: np.log(a + b))
    means = first / area(lambda a, b: a / (a + b), lambda a, b: a + b)
    assert ratio(first) == pytest.approx(ratio(size**-2.5), rel=1e-3)
    assert ratio(logs) == pytest.approx(ratio(alpha * beta * size**-2.5), rel=1e-3)
    assert ratio(means) == pytest.approx(ratio(size**-1.5), rel=1e-3)
    says(r"| $(\alpha,\beta)$ | $(\alpha+\beta)^{-5/2}$ |")
    says(r"\log(\alpha+\beta))$ | $\alpha\beta\,(\alpha+\beta)^{-5/2}$ |")
    says(r"The density of $(m,\kappa)$ is proportional to $\kappa^{-3/2}$")
    for odds in (-3, 1):  # the second row falls like kappa^(-1/2) where the mean stays
        mean, large = special.expit(odds), np.array([1e2, 1e6])
        row = ratio((mean * large) * ((1 - mean) * large) * large**-2.5)
        assert row == pytest.approx(ratio(large**-0.5), rel=1e-9)
    says(r"of $\log\kappa$ falls like $\kappa^{-1/2}$", r"adds up $\kappa\cdot\kappa^{-1/2}$")
    told = "posterior mean of the current risk: 0.2109"  # quadrature: test_exact_mean_by_quadrature
    assert told in printed(page, "log_posterior = log_marginal_likelihood")


def test_conditional_density_is_that_of_the_joint(rats, run_cell):
    """The density the page's sampler walks on, against SciPy's: equal up to a constant."""
    names = run_cell("04", "def log_conditional", y=rats[0], n=rats[1], gammaln=special.gammaln)
    rng = np.random.default_rng(41)
    theta = rng.beta(2, 12, (1, 71)).repeat(5, axis=0)
    alpha, beta = rng.uniform(1, 4, 5), rng.uniform(5, 30, 5)
    joint = stats.beta.logpdf(theta, alpha[:, None], beta[:, None]).sum(axis=1)
    joint += np.log((alpha + beta) ** -2.5) + np.log(alpha * beta)
    off = names["log_conditional"](np.log(alpha), np.log(beta), theta) - joint
    assert np.ptp(off - off[0]) < 1e-8


def test_published_mode_and_means(rats, grid, page, cell):
    """BDA3 section 5.3: mode (-1.79, 2.74); E[alpha] 2.40 and E[beta] 14.32 on a bounded grid."""
    assert grid.mode == pytest.approx((-1.79, 2.74), abs=0.005)
    assert "mode (-1.79, 2.74)" in printed(page, "grid = posterior_grid(y, n)")
    says("has it at $(-1.79, 2.74)$", r"$E[\alpha]=2.40$ and $E[\beta]=14.32$")
    says("all 71 it is 2.40 for every bound from 60 to a million", "So 2.40 is harmless")
    bounded = posterior_grid(*rats, bounds=((-2.6, -1.0), (0.5, 6)), points=300)
    assert bounded.mean(lambda a, b: a) == pytest.approx(2.40, abs=0.005)
    assert bounded.mean(lambda a, b: b) == pytest.approx(14.32, abs=0.005)
    names = cell("def mean_by_bound", log_marginal_likelihood=log_marginal_likelihood)
    log_size, mean_by_bound = names["log_size"], names["mean_by_bound"]
    far = np.searchsorted(log_size, [14, 22])  # by then the flat one is level, the other not
    assert np.ptp(np.log(names["flat"][far])) < 1e-3
    assert np.diff(np.log(names["textbook"][far])) == pytest.approx(-4, abs=0.05)
    bound, mean = mean_by_bound(*rats)
    flat = (bound > 60) & (bound < 1e6)
    assert np.all(np.abs(mean[flat] - 2.40) < 0.01)
    assert mean[-1] > 2.5
    bound, mean = mean_by_bound(*FEW)
    late = bound > 1e4
    slope = np.polyfit(np.log(bound[late]), np.log(mean[late]), 1)[0]
    assert slope == pytest.approx(0.5, abs=0.02)  # grows like the square root of the bound


def test_medians_and_interval_quoted(grid):
    assert grid.quantile(lambda a, b: a, 0.5) == pytest.approx(2.2, abs=0.05)
    assert grid.quantile(lambda a, b: b, 0.5) == pytest.approx(13, abs=0.5)
    low, high = grid.quantile(lambda a, b: a + b, [0.025, 0.975])
    assert (round(low), round(high)) == (8, 32)
    says("95% interval runs from 8 to 32 rats", r"about 2.2 for $\alpha$ and 13 for $\beta$")
    says("2.3 means 10 rats, 3 means 20")
    assert (round(np.exp(2.3)), round(np.exp(3))) == (10, 20)


def test_hill_is_three_times_as_tall_as_wide(grid):
    """Of the part above a twentieth of the top, and by the standard deviations."""
    rows, columns = np.nonzero(grid.mass > 0.05 * grid.mass.max())
    ratio = np.ptp(grid.log_size[rows]) / np.ptp(grid.log_odds[columns])
    assert ratio == pytest.approx(3, abs=0.5)
    spread = []
    for f in (lambda a, b: np.log(a / b), lambda a, b: np.log(a + b)):
        spread.append(grid.mean(lambda a, b, f=f: f(a, b) ** 2) - grid.mean(f) ** 2)
    assert 3 < np.sqrt(spread[1] / spread[0]) < 4


def test_the_hill_has_its_mode_and_the_fits_on_it(rats, grid, cell):
    y, n = (x[:-1] for x in rats)
    fits = {"one": fit_moments(y, n), "two": fit_marginal_likelihood(y, n)}
    fits["three"] = fit_moments(y, n, remove_noise=True)
    (figure,) = cell("grid.mode, ", grid=grid, fits=fits)["shown"]
    marks = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].get_lines()}
    assert marks.pop("mode of the posterior") == [list(grid.mode)]
    for name, fit in fits.items():
        assert marks[name] == [pytest.approx(np.log([fit.alpha / fit.beta, fit.alpha + fit.beta]))]


def test_the_traps_are_drawn_each_under_its_name(cell):
    """Section 5: densities from one, each by its own top, and means against their bounds."""
    bound, drawn = np.array([1.0, 10.0, 100.0]), {"log_size": np.arange(3), "few": FEW}
    drawn |= {"flat": np.array([1, 4, 4]), "textbook": np.array([4, 2, 1]), "y": 71, "n": 71}
    means = {4: (bound, bound / 2), 71: (bound, [2, 2, 2])}
    by_bound = {"mean_by_bound": lambda y, n: means[np.ravel(y)[0]]}
    (figure,) = cell("left.semilogy", **drawn, **by_bound)["shown"]
    left, right = (
        {line.get_label(): line.get_xydata().T.tolist() for line in ax.lines} for ax in figure.axes
    )
    assert left == {"flat": [[0, 1, 2], [0.25, 1, 1]], "textbook": [[0, 1, 2], [1, 0.5, 0.25]]}
    assert right["3 experiments"] == [[1, 10, 100], [0.5, 5, 50]]
    assert right["71 experiments"] == [[1, 10, 100], [2, 2, 2]]
    for ax in figure.axes:
        assert len({line.get_linestyle() for line in ax.lines}) == 2 and ax.get_legend()


def test_a_chain_is_drawn_where_its_moves_lead(grid, cell):
    """Sections 6 and 8: alpha moves, then beta; the first 30 sweeps, then the last 15."""
    sweeps = 2 + np.arange(40) / 10
    chains = {"alpha": [[9] * 40, sweeps], "beta": [[9] * 40, 5 + sweeps]}
    names = cell("moves = np.log", grid=grid, chains=chains)
    (ax,) = names["shown"][0].axes
    (path,) = ax.lines
    alpha, beta = (np.exp(x) for x in (path.get_xdata(), path.get_ydata()))
    alpha, beta = alpha * beta / (1 + alpha), beta / (1 + alpha)
    np.testing.assert_allclose(alpha[:4], [1, 2, 2, 2.1])
    np.testing.assert_allclose(beta[:4], [2.5, 2.5, 7, 7])
    assert (alpha.size, alpha[-1], beta[-1]) == (61, pytest.approx(4.9), pytest.approx(9.9))
    assert [(text.get_text(), *text.xy) for text in ax.texts] == [("start", *path.get_xydata()[0])]
    assert rings(ax.collections[0], grid.mode) == [True] * 5
    chains["theta"] = np.zeros((4, 40, 71))
    chains["theta"][1, -1] = np.linspace(0.05, 0.3, 71)

    def log_conditional(log_alpha, log_beta, theta):  # highest at (1.7, 3.5)
        assert theta.tolist() == [chains["theta"][1, -1].tolist()]
        return -20 * ((log_alpha - 1.7) ** 2 + (log_beta - 3.5) ** 2)

    given = {"grid": grid, "chains": chains, "moves": names["moves"]}
    (figure,) = cell("held = log_conditional", log_conditional=log_conditional, **given)["shown"]
    (ax,) = figure.axes
    np.testing.assert_allclose(ax.lines[0].get_xydata(), names["moves"][:, -31:].T)
    assert ax.lines[0].get_color() == path.get_color() == plots.CHAINS[1]
    dashed, solid = ax.collections
    assert dashed.get_linestyle()[0][1] and not solid.get_linestyle()[0][1]
    assert list(dashed.levels) == list(solid.levels) == [0.1, 0.5]
    top = -1.8, np.logaddexp(1.7, 3.5)
    assert rings(dashed, grid.mode) == rings(solid, top) == [True] * 2
    assert not rings(dashed, top)[1]


def rings(contour, place) -> list[bool]:
    """Say of each line of a contour whether it runs around this place."""
    return [path.contains_point(place) for path in contour.get_paths()]


def test_flat_prior_is_improper():
    """Its density in log kappa stays level; the textbook's falls like kappa^(-1/2) there."""
    odds = np.linspace(-9, 6, 400)
    heights = {}
    for log_size in (14.0, 18.0, 22.0):
        a, b = np.exp(log_size) * special.expit(odds), np.exp(log_size) * special.expit(-odds)
        likelihood = log_marginal_likelihood(a, b, *FEW)
        heights[log_size] = (
            np.exp(likelihood).sum(),
            np.exp(likelihood + bda3_prior(a, b) + np.log(a * b)).sum(),
        )
    assert heights[22.0][0] == pytest.approx(heights[14.0][0], rel=1e-3)
    assert heights[22.0][1] / heights[18.0][1] == pytest.approx(np.exp(-2), rel=0.01)


def test_full_and_empirical_bayes_hardly_differ(rats, grid):
    y, n = rats
    full = grid.mean(lambda a, b: (a + y) / (a + b + n))
    plugged = fit_marginal_likelihood(y, n).posterior(y, n).mean()
    assert np.abs(full - plugged).max() < 0.003
    assert full[70] == pytest.approx(0.2109, abs=5e-5)
    assert plugged[70] == pytest.approx(0.2082, abs=5e-5)


def test_exact_mean_by_quadrature(rats):
    """The current risk again, by adaptive integration over the log odds at fixed log sizes."""
    y, n = rats
    sizes = np.linspace(0.5, 6.5, 25)

    def along(log_size):
        def density(u, power):
            a, b = np.exp(log_size) * special.expit(u), np.exp(log_size) * special.expit(-u)
            value = log_marginal_likelihood(a, b, y, n) + bda3_prior(a, b) + np.log(a * b)
            return np.exp(value + 150) * ((a + 4) / (a + b + 14)) ** power

        return [integrate.quad(density, -3, -0.8, args=(p,), epsrel=1e-7)[0] for p in (0, 1)]

    total, first = np.sum([along(size) for size in sizes], axis=0)
    assert first / total == pytest.approx(0.2109, abs=2e-4)


# --- sections 6 to 8


def test_the_solution_s_effective_size_is_the_library_s(run_cell):
    """Effective size and Monte Carlo error on chains of several kinds."""
    from arviz_stats.base import array_stats

    names = run_cell("04", "def split_rhat")
    (solution,) = [one.code for one in exercises(CELLS) if one.number == "4.6"]
    exec(solution, names)
    rng = np.random.default_rng(7)
    for phi in (0.3, 0.9, 0.98):
        x = np.zeros((4, 2000))
        for t in range(1, 2000):
            x[:, t] = phi * x[:, t - 1] + rng.standard_normal(4)
        size = names["answer_4_6"](x)
        assert size == pytest.approx(float(array_stats.ess(x, method="mean")), rel=1e-10)
        error = x.std(ddof=1) / size**0.5
        assert error == pytest.approx(float(array_stats.mcse(x, method="mean")), rel=1e-10)


def test_the_first_thousand_sweeps_are_thrown_away(page, run_cell, grid):
    """What the first 1,000 sweeps hold cannot be seen in what is printed."""
    from arviz_stats.base import array_stats

    path = np.random.default_rng(42).standard_normal((4, 3000))
    path[:, :1000] = np.nan
    given = {"log_size_path": path, "grid": grid}
    given |= {"stats": stats, "array_stats": array_stats, "pd": pytest.importorskip("pandas")}
    given["two_digits"] = two_digits
    split = run_cell("04", "def split_rhat")["split_rhat"]
    names = run_cell("04", "scores = stats.norm.ppf", split_rhat=split, **given)
    assert names["own"].size == 8000 and np.isfinite(names["ours"]).all()
    says("our four chains, without their first 1,000 sweeps", "these 8,000 draws")


def test_diagnostics_on_the_page(page):
    told = printed(page, "scores = stats.norm.ppf")
    ours, library = (
        re.search(rf"^{who} (.*)$", told, re.M)[1].split() for who in ("ours", "library")
    )
    assert len(ours) == 3 and ours == library
    rhat = [float(x) for x in re.findall(r"R-hat +(\d\.\d+)", printed(page, "stuck = "))]
    assert len(rhat) == 4 and min(rhat[:3]) > 1.5 and rhat[3] > 1.01
    assert rhat[0] > rhat[1] > rhat[2]  # the short run is the worse one; more sweeps lower it
    off = float(re.search(r"off by (\d\.\d) errors", told)[1])
    assert off < 1
    says("our mean is off by less than one Monte Carlo error")
    assert 24 < float(ours[1]) < 100  # "some dozens"


def test_the_table_of_samplers(page, grid):
    told = printed(page, "fast = collapsed(")
    rows = re.findall(r"(log_odds|log_size|theta\[70\])((?: +-?[\d.]+){6})", told)
    assert len(rows) == 6
    numbers = {i: [float(x) for x in row[1].split()] for i, row in enumerate(rows)}
    assert all(abs(row[2]) < 4.5 for row in numbers.values())  # z
    assert numbers[4][3] > 20 * numbers[1][3]  # ESS of log_size, collapsed against Gibbs
    exact = [row[5] for row in numbers.values()]
    wanted = [grid.mean(lambda a, b: np.log(a / b)), grid.mean(lambda a, b: np.log(a + b)), 0.2109]
    assert exact == pytest.approx(wanted * 2, abs=1e-3)


# --- section 9


def test_all_answers_side_by_side(rats, page):
    """Who is in the fit is told by the name: 70 without the current experiment, 71 with it."""
    y, n = rats
    told = dict(re.findall(r"^(\S.*?) {2,}(0\.\d+)$", printed(page, "grid70 = "), re.M))
    assert len(told) == 6
    for J in (70, 71):
        kept = y[:J], n[:J]
        full = posterior_grid(*kept).mean(lambda a, b: (a + 4) / (a + b + 14))
        assert told[f"full, {J}"] == f"{full:.4f}"
        fit = fit_marginal_likelihood(*kept).posterior(4, 14).mean()
        assert told[f"empirical, {J}: maximum likelihood"] == f"{fit:.4f}"
    assert told["full, 70"] != told["full, 71"]
    says("**The bet:** c. About 21%, between 4 of 14 and the rest")


def test_chance_of_four_or_more(rats, grid):
    rng = np.random.default_rng(9)
    alpha, beta = grid.sample(400_000, rng=rng)
    drawn = np.mean(rng.binomial(14, rng.beta(alpha, beta)) >= 4)
    assert drawn == pytest.approx(0.186, abs=0.003)
    says("P(4 or more of 14) = 0.186")


def test_seventy_and_seventy_one(rats):
    y, n = (x[:-1] for x in rats)
    full = posterior_grid(y, n).mean(lambda a, b: (a + 4) / (a + b + 14))
    assert full == pytest.approx(0.2102, abs=5e-5)


def covered(cell, J, repeats, seed):
    """Share of the intervals of empirical and of full Bayes that hold a known truth."""
    intervals, rng = cell("def intervals(")["intervals"], np.random.default_rng(seed)
    n, truth = np.full(J, 20), rng.beta(2.3, 14.1, (repeats, J))
    y = rng.binomial(n, truth)
    some = y.any(axis=1)
    told = intervals(y[some], n, rng)
    held = ((low <= truth[some]) & (truth[some] <= high) for low, high in told.values())
    return [share.mean() for share in held]


@pytest.mark.parametrize("J, repeats", [(3, 300), (8, 200), (70, 40)])
def test_coverage(J, repeats, cell):
    empirical, full = covered(cell, J, repeats, 91)
    assert 0.90 < full < 0.98
    assert {3: 0.3 < empirical < 0.5, 8: 0.5 < empirical < 0.8, 70: 0.9 < empirical < 0.97}[J]
    says("less than half of the time", "wider intervals and is near 95%")


def test_the_table_of_coverages(page):
    told = printed(page, 'rows[f"{J} experiments", method]')
    shares = [float(x) for x in re.findall(r" Bayes +(\d\.\d+) +\d\.\d+$", told, re.M)]
    assert len(shares) == 6 and shares[0] < 0.5 and min(shares[1::2]) > 0.9


@pytest.mark.long
def test_coverage_large(cell):
    """2,000, 1,000 and 150 data sets: the figures that the page rounds."""
    told = {J: covered(cell, J, repeats, 92) for J, repeats in ((3, 2000), (8, 1000), (70, 150))}
    assert told[3][0] < 0.5
    assert told[8][0] < 0.75
    assert told[70][0] == pytest.approx(0.94, abs=0.015)
    for _, full in told.values():
        assert full == pytest.approx(0.94, abs=0.02)


# --- sections 10 to 14


def test_partial_pooling_wins_and_loses(cell):
    score = cell("def score_poolings")["score_poolings"]
    rng, n = np.random.default_rng(10), np.full(20, 20)
    data = simulate.beta_binomial(n, alpha=2.3, beta=14.1, rng=rng, replications=200)
    wins = score(data, n).T
    assert wins["partial pooling"].mse < min(wins["no pooling"].mse, wins["complete pooling"].mse)
    sizes, risk = np.repeat([5, 200], 10), np.repeat([0.5, 0.1], 10)
    data = simulate.beta_binomial(sizes, truth=risk, rng=rng, replications=200)
    loses = score(data, sizes).T
    assert loses["partial pooling"].mse > 1.1 * loses["no pooling"].mse
    assert loses["complete pooling"].bias == pytest.approx(-0.19, abs=0.005)
    says("Its bias is the problem: −0.19 where size tells risk")
    pooled = wins["complete pooling"]
    assert abs(pooled.bias) < 0.01 < 0.06 < pooled.variance**0.5


@pytest.mark.long
@pytest.mark.parametrize("rats_each, better", [(4, False), (200, True)])
def test_both_forms_agree_with_the_grid_and_each_wins_once(cell, rats_each, better):
    """Weak data favour the non-centred form, strong data the centred one, threefold or more."""
    from arviz_stats.base import array_stats

    names = cell("def log_density")
    given = {"log_density": names["log_density"], "metropolis": metropolis}
    walk = cell("def walk(", **given)["walk"]
    steps = {(4, True): 0.5, (4, False): 0.8, (200, True): 0.5, (200, False): 0.15}
    gain, z = [], []
    for seed in (431, 432, 433, 434, 435):
        rng = np.random.default_rng(seed)
        y = rng.binomial(rats_each, rng.beta(2.3, 14.1, 20))
        exact = posterior_grid(y, np.full(20, rats_each), log_prior=names["proper"])
        ess = {}
        for centred in (True, False):
            path = walk(y, rats_each, centred, steps[rats_each, centred], rng)
            ess[centred] = np.mean([array_stats.ess(path[:, i].T) for i in (0, 1)])
            if centred == better:
                for i, f in enumerate((lambda a, b: np.log(a / b), lambda a, b: np.log(a + b))):
                    off = path[:, i].mean() - exact.mean(f)
                    z.append(off / array_stats.mcse(path[:, i].T))
        gain.append(ess[better] / ess[not better])
    assert np.median(gain) > 3, gain
    assert np.abs(z).max() < 4, z


def test_each_form_wins_once_on_the_page(page):
    told = printed(page, "ess[rats, centred] = ")
    few, many = re.findall(r"^(?:4|200) +(\d+)\.0 +(\d+)\.0$", told, re.M)
    assert int(few[0]) > 2 * int(few[1]) and int(many[1]) > 2 * int(many[0])


def test_size_is_informative(rats, page):
    """Likelihood ratio of a slope in log size: 10.3, p = 0.0013; current risk 17%, not 21%."""
    y, n = rats

    def loss(p):
        mean, kappa = special.expit(p[0] + p[1] * np.log(n / 20)), np.exp(p[2])
        return -stats.betabinom(n, kappa * mean, kappa * (1 - mean)).logpmf(y).sum()

    free = optimize.minimize(loss, [-1.8, 0, 2.7], method="Nelder-Mead", options={"maxiter": 2000})
    fixed = fit_marginal_likelihood(y, n)
    ratio = 2 * (-free.fun - log_marginal_likelihood(fixed.alpha, fixed.beta, y, n))
    assert ratio == pytest.approx(10.29, abs=0.02)
    assert stats.chi2.sf(ratio, 1) == pytest.approx(0.0013, abs=1e-4)
    mean, kappa = special.expit(free.x[0] + free.x[1] * np.log(0.7)), np.exp(free.x[2])
    assert (4 + kappa * mean) / (14 + kappa) == pytest.approx(0.169, abs=1e-3)
    told = printed(page, "ratio = 2 * (-search.fun")
    assert "likelihood ratio statistic 10.3, p = 0.0013" in told
    assert "current risk: 0.169 instead of 0.208" in told
    says("falls from 21% to 17%", "with it the answer is 17%", "c, 21%, if the experiments")


@pytest.mark.long
def test_size_is_informative_without_the_chi_square(rats):
    """Counts drawn with no slope: a ratio as large comes up about as often as chi-square says."""
    _, n = rats
    fit = fit_marginal_likelihood(*rats)
    rng = np.random.default_rng(13)
    large = 0
    for _ in range(400):
        y = rng.binomial(n, rng.beta(fit.alpha, fit.beta, n.size))

        def loss(p, y=y):
            slope = p[0] + p[1] * np.log(n / 20)
            a, b = (np.exp(p[2]) * special.expit(sign * slope) for sign in (1, -1))
            return -log_beta_binomial(y, n, a, b).sum()

        free = optimize.minimize(loss, [-1.8, 0, 2.7])
        best = fit_marginal_likelihood(y, n)
        null = (
            stats.binom(n, best.mean).logpmf(y).sum()
            if np.isinf(best.alpha)
            else log_marginal_likelihood(best.alpha, best.beta, y, n)
        )
        large += 2 * (-free.fun - null) > 10.29
    assert large <= 5  # 0.5 expected


def test_hyperpriors(rats):
    """Six priors: 20 to 21% with 71 experiments; 16 to 26% with three."""
    priors = {
        "textbook": bda3_prior,
        "shrinkage": lambda a, b: -2 * np.log1p(a + b) - np.log(a + b),
        "log-normal": lambda a, b: -((np.log(a + b) - 3) ** 2) / 2 - 2 * np.log(a + b),
        "uniform": lambda a, b: np.where(a + b <= 1000, -np.log(a + b), -np.inf),
        "exponential": lambda a, b: -(a + b) / 10,
    }
    risk, middle = {}, {}
    for name, prior in priors.items():
        for J, rows in ((71, rats), (3, FEW)):
            g = posterior_grid(*rows, log_prior=prior, points=50)
            risk[J, name] = g.mean(lambda a, b: (a + 4) / (a + b + 14))
            middle[J, name] = g.quantile(lambda a, b: a + b, 0.5)
    assert {round(value, 2) for (J, _), value in risk.items() if J == 71} == {0.20, 0.21}
    three = [value for (J, _), value in risk.items() if J == 3]
    assert round(min(three), 2) in (0.15, 0.16) and round(max(three), 2) == 0.26
    assert middle[3, "uniform"] > 400 and round(middle[3, "shrinkage"]) in (4, 5)
    says(r"the median of $\kappa$ is 5 under one prior and above 400 under another")
    says("the current risk goes from 16% to 26%", "With all 71 the six priors give 20% or 21%")
    says(r"half of the posterior above $\kappa=400$")


def test_each_prior_has_its_line_in_both_pictures(rats, grid, cell):
    """Section 12: where the density is a tenth of its top, in the look that the key gives it."""
    few, names = posterior_grid(*FEW, points=50), list("abcdef")
    given = {"with_71": dict.fromkeys(names, grid), "with_3": dict.fromkeys(names, few)}
    given["with_71"]["b"], given["with_3"]["b"] = few, grid
    (figure,) = cell("one.mass", **given)["shown"]
    for ax, posteriors in zip(figure.axes, given.values(), strict=True):
        assert [line.get_label() for line in ax.lines] == names
        for line, drawn, g in zip(ax.lines, ax.collections, posteriors.values(), strict=True):
            assert list(drawn.levels) == [0.1] and rings(drawn, g.mode) == [True]
            high = np.ptp(g.log_size[g.mass.max(axis=1) > 0.1 * g.mass.max()])
            assert np.ptp(drawn.get_paths()[0].vertices[:, 1]) == pytest.approx(high, rel=0.15)
            np.testing.assert_array_equal(drawn.get_edgecolor()[0], to_rgba(line.get_color()))
        assert len({line.get_color() for line in ax.lines}) == 6
        assert len({str(drawn.get_linestyle()) for drawn in ax.collections}) == 6
    key = figure.axes[0].get_legend()
    assert [text.get_text() for text in key.get_texts()] == names


def test_labs_are_recovered(cell):
    """Three levels fitted to many labs find the truth."""
    rng = np.random.default_rng(14)
    lab, n = rng.beta(2, 8, (150, 1)), np.full((150, 6), 20)
    counts = rng.binomial(n, rng.beta(40 * lab, 40 * (1 - lab), n.shape))
    best, known = cell("def fit_labs")["fit_labs"](counts)
    assert special.expit(best[0]) == pytest.approx(0.2, abs=0.03)
    assert np.exp(best[1]) == pytest.approx(10, rel=0.35)
    assert np.exp(best[2]) == pytest.approx(40, rel=0.5)
    assert np.corrcoef(known, lab[:, 0])[0, 1] > 0.9


def test_labs_known_beat_labs_ignored(page):
    told = printed(page, "best, known = fit_labs(counts)")
    known, ignored = map(float, re.search(r"ignored: (0\.\d+) (0\.\d+)$", told, re.M).groups())
    assert known < 0.5 * ignored


def test_histograms_have_our_own_data_on_them(rats, grid, cell):
    y, n = rats
    population = SimpleNamespace(sd=0.083)
    hyperpriors = {"textbook": bda3_prior} | dict.fromkeys("abcde", lambda a, b: -(a + b) / 10)
    (figure,) = cell("weight = np.exp(hyper", hyperpriors=hyperpriors, population=population)[
        "shown"
    ]
    assert [list(ax.get_lines()[0].get_xdata()) for ax in figure.axes] == [[0.083] * 2] * 5
    assert [ax.get_title() for ax in figure.axes] == list("abcde")
    (figure,) = cell("grid.sample((2000, 1)", y=y, n=n, grid=grid)["shown"]
    ours = [ax.get_lines()[0].get_xdata()[0] for ax in figure.axes]
    assert ours == pytest.approx([14, np.corrcoef(y / n, np.log(n))[0, 1]])
    left = figure.axes[0]
    above = sum(bar.get_height() for bar in left.patches if bar.get_x() > 13) / 2000
    told = float(re.fullmatch(r"as large as ours: (.*)%", left.get_title())[1]) / 100
    assert told == pytest.approx(above, abs=0.002)


def test_predictive_check(rats, grid):
    y, n = rats
    rng = np.random.default_rng(15)
    alpha, beta = grid.sample((20_000, 1), rng=rng)
    new = rng.binomial(n, rng.beta(alpha, beta, (20_000, 71)))
    log_n = (np.log(n) - np.log(n).mean()) / np.log(n).std()

    def related(c):
        return (c / n * log_n).mean(axis=-1) / (c / n).std(axis=-1)

    assert related(y) == pytest.approx(np.corrcoef(y / n, np.log(n))[0, 1])
    assert np.mean(related(new) >= related(y)) < 0.005
    assert 0.1 < np.mean((new == 0).sum(axis=1) >= 14) < 0.17


# --- exercises


def test_the_current_experiment_is_no_part_of_the_moments(rats, capsys):
    """Exercise 4.1 by the formula: right with the 70 earlier experiments, wrong with all 71."""
    for last, verdict in ((70, "right."), (71, "not yet")):
        y, n = (x[:last] for x in rats)
        m, h = np.mean(y / n), np.mean(1 / n)
        tau2 = (np.var(y / n, ddof=1) - h * m * (1 - m)) / (1 - h)
        check("4.1", m * (1 - m) / tau2 - 1)
        assert verdict in capsys.readouterr().out


def test_collapsed_on_the_page_beats_gibbs_fairly(rats):
    """Acceptance near the target and no divergence from the grid, with another seed."""
    draws = collapsed(*rats, draws=800, warmup=300, rng=np.random.default_rng(77), progress=False)
    assert (np.abs(draws.acceptance - 0.44) < 0.15).all()
