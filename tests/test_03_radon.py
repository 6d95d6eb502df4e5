"""Page 03 and its further page: published values, and what they print and draw by other routes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba_array
from scipy import stats

from helpers.check import exercise_of
from helpers.datasets import load_county_shapes
from tests import houses as h
from tests import pages

close = np.testing.assert_allclose
E = np.exp


@pytest.fixture(scope="module")
def page():
    return pages.solved("03_radon")


@pytest.fixture(scope="module")
def further():
    return pages.solved("further/radon")


def figure(page, start: str):
    """Return the axes of one figure, and the names at its time."""
    ((drawn, _, names),) = [one for one in page.figures if one[1].startswith(start)]
    return [*drawn.axes, names]


def test_published_values_and_what_else_page_03_prints(page):
    """Gelman and Hill (2007): 12.2, 12.3 (regressions), 12.4 (M0, M1), 12.6 (M2)."""
    told = " ".join("\n".join(page.printed).split())
    noise, seen = h.within**2 * np.mean(1 / h.size), np.var(list(h.mean.values()), ddof=1)
    n0, slopes = (0.80 / 0.31) ** 2, h.slopes().values()
    murray = E(np.log(12.1) / (1 + n0) + n0 / (1 + n0) * h.y.mean())
    stiff = abs(h.OWN[0][:85] - h.LINE[0][0]).max()
    for line in (
        *("1.327 (se 0.030) floor -0.613 (se 0.073)", "floor -0.721 (se 0.074)", "Aitkin: 1.19"),
        *("intercept 1.31", "intercept 1.46", "floor -0.69", "intercept 1.466", "floor -0.668"),
        *("log_uranium 0.720", "sigma_alpha 0.310, sigma_y 0.798", "2163.7"),
        *("sigma_alpha 0.328, sigma_y 0.756", "sigma_alpha 0.156, sigma_y 0.758"),
        f"all houses {h.y.mean():.2f}, sd within a county {h.within:.2f}",
        f"variance {seen:.3f} = noise {noise:.3f} + rest {seen - noise:.3f}",
        f"sd of means {seen**0.5:.2f}, of levels {(seen - noise) ** 0.5:.2f}",
        f"n0 {n0:.1f}, weight {1 / (1 + n0):.2f}, {murray:.1f} pCi/L",
        f"{85 - len(slopes)} counties have no slope; the others' run",
        f"from {min(slopes):.1f} to {max(slopes):.1f}",
        f"0.001: complete 0.00, no {stiff:.2f}",
        f"1000.000: complete {stiff:.2f}, no 0.00",
        *(f"mean of {k} houses: sd {h.FLOOR.sigma_y / k**0.5:.2f}" for k in (1, 2, 5, 20)),
        f"{h.LAC}: {h.chances()[h.LAC]:.2f}",
        f"expected beyond 3 sd on each side {stats.norm.sf(3) * 919:.1f} above 3, below 6",
        "[True, True, True, True, True]",
    ):
        assert line in told, line


def test_maps_give_each_county_its_shade_and_fill_two_in(page):
    """Grant and Red Lake: 1.47959 and 1.03105 ppm in cty.dat of pymc3 3.8 (see data/rebuild.py)."""
    *axes, _ = figure(page, "Three maps")
    shapes, soil = load_county_shapes(), h.lme4("log_uranium")
    line = soil.coefficient["intercept"], soil.coefficient["log_uranium"]
    filled = [line[0] + line[1] * np.log(ppm) for ppm in (1.47959, 1.03105)]
    by_name = dict(zip(h.county, (row["fips"] for row in h.ROWS), strict=True))
    fips, pooled = [by_name[name] for name in h.names] + ["27051", "27125"], h.MEANS.intercept
    levels = [[h.mean[name] for name in h.names]]
    levels += [[*(pooled[k] for k in h.names), *[h.MEANS.coefficient["intercept"]] * 2]]
    levels += [[*(soil.intercept[k] for k in h.names), *filled]]
    shades = ["#EBD8A6", "#CFAB6E", "#9F7C9C", "#7A4A98", "#4A1C6E"]
    light = np.sort(to_rgba_array(shades)[:, :3] @ [0.299, 0.587, 0.114])
    assert np.diff([*light, 1]).min() > 0.14, "shades and white differ in grey"
    for ax, level in zip(axes, levels, strict=True):
        step = [sum(E(each) > edge for edge in (2, 3, 4, 6)) for each in level]
        close(ax.collections[0].get_facecolors(), to_rgba_array([shades[k] for k in step]))
        outlines = shapes.paths(fips[: len(level)])
        for found, wanted in zip(ax.collections[0].get_paths(), outlines, strict=True):
            np.testing.assert_array_equal(found.vertices, wanted.vertices)
            (x0, y0), (x1, y1) = wanted.vertices.min(axis=0), wanted.vertices.max(axis=0)
            assert ax.get_xlim()[0] < x0 < x1 < ax.get_xlim()[1]
            assert ax.get_ylim()[1] < y0 < y1 < ax.get_ylim()[0]
        ring = ax.lines[0].get_xydata()[0]
        assert shapes.paths(["27073"])[0].contains_point(ring), "Lac qui Parle"
    (legend,) = axes[0].figure.legends
    told = [text.get_text() for text in legend.get_texts()]
    assert told == ["below 2", "2 to 3", "3 to 4", "4 to 6", "above 6"]


def test_names_stand_by_what_they_name(page, further):
    ax, _ = figure(page, "Two curves")
    for line, text in zip(ax.lines, ax.texts, strict=True):
        x, y = text.get_position()
        off = [abs(np.interp(x, *each.get_data()) - y) for each in ax.lines]
        assert off[ax.lines.index(line)] == min(off) and 0 < y < 55, "within the axes"
    assert [t.get_text() for t in ax.texts] == ["Minnesota", "equal counties"]
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--"]
    lowest = [line.get_xdata()[line.get_ydata().argmin()] for line in ax.lines]
    assert lowest == pytest.approx([0.43, 0], abs=0.001)
    ax, _ = figure(page, "Chance above")
    for text in ax.texts[1:]:
        x, y = text.get_position()
        assert x == h.n[text.get_text()]
        assert y == pytest.approx(h.chances()[text.get_text()] + 0.04, abs=1e-5)
    logs = [figure(further, start)[0] for start in ("Four panels", "Four counties", "Lines")]
    for axis in [ax.yaxis for ax in logs] + [logs[2].xaxis]:
        for place, text in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True):
            assert E(place) == pytest.approx(float(text.get_text())), "ticks are in pCi/L"


def test_a_known_state_by_formulas(page):
    """Mean squared errors with the spreads known are a lower bound, and nearly reached."""
    squared = {how: each.mean(axis=0) for how, each in page.names["squared"].items()}
    raw, spread = 0.8**2 / h.size, 0.31**2
    close(squared["no pooling"], raw, rtol=0.45)
    close(np.mean(squared["no pooling"] / raw), 1, atol=0.05)
    close(np.mean(squared["complete pooling"]), spread, rtol=0.05)
    close(np.mean(squared["partial pooling"] * (1 / raw + 1 / spread)), 1.04, atol=0.05)
    assert (squared["partial pooling"] < 1.01 * squared["no pooling"]).all(), "or nearly"
    equal = page.names["rows"]["are equal"]["mean"]
    assert equal["complete pooling"] < equal["partial pooling"] < equal["no pooling"]
    assert equal["complete pooling"] == pytest.approx(0.8**2 / 919, rel=0.2)
    error = page.names["rows"]["are equal"]["sem"]["complete pooling"]  # of 200 states
    assert error == pytest.approx(np.sqrt(2 / 200) * 0.8**2 / 919, rel=0.3)


def test_slopes_that_vary_equal_lme4(further):
    """Reference: lme4 1.1-31 under R 4.2.2, written by tests/lme4_reference.R."""
    p, lme4 = further.names, h.lme4("floor", data="radon slopes")
    close(p["line"], list(lme4.coefficient.values()), rtol=1e-5)
    found = [*p["sd"], p["correlation"], p["variance"] ** 0.5]
    close(found, [lme4.sigma_alpha, lme4.sigma_beta, lme4.correlation, lme4.sigma_y], rtol=1e-5)
    assert p["best"].fun == pytest.approx(lme4.deviance, abs=1e-6)
    wanted = [(lme4.intercept[name], lme4.slope[name]) for name in h.names]
    close(p["pairs"], wanted, atol=1e-5)
    assert [f"{x:.2f}" for x in found] == ["0.35", "0.34", "-0.34", "0.75"]  # the book's 13.1


def test_left_out_houses_and_their_clustered_errors(further):
    """Errors from the full matrix; their errors by a sandwich and by a bootstrap of counties."""
    _, _, p = figure(further, "Error of a left-out house")
    r, known = h.FLOOR.sigma_alpha / h.FLOOR.sigma_y, np.array([h.n[k] > 1 for k in h.county])
    for k in (0, 14, 59):
        error = h.left_out(p["grid"][k] / h.FLOOR.sigma_y)[known]
        assert p["curve"][k] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-6)
    squares = [h.left_out(ratio) ** 2 for ratio in (0, r, 1e4)]
    whole = [h.left_out(ratio, True) ** 2 for ratio in (0, r)]
    once = np.array([[s[h.county == name].mean() for name in h.names] for s in whole])
    wanted = [
        ((squares[2] - squares[1])[known], h.county[known]),
        (squares[0] - squares[1], h.county),
        (whole[0] - whole[1], h.county),
        (once[0] - once[1], np.array(h.names)),
    ]
    rng = np.random.default_rng(17)
    for (d, group), found in zip(wanted, p["differences"].values(), strict=True):
        close(found, d, atol=1e-6)
        names = group if isinstance(group, np.ndarray) else np.array(group)
        mean, error = p["clustered"](found, names)
        close((mean, error), h.clustered(d, group), rtol=1e-5)
        sums = np.array([(d[group == one].sum(), (group == one).sum()) for one in set(group)])
        drawn = sums[rng.integers(0, len(sums), (4000, len(sums)))].sum(axis=1)
        bootstrap = (drawn[:, 0] / drawn[:, 1]).std()
        assert error == pytest.approx(bootstrap, rel=0.15)
        assert p["jackknife"](found, names) == pytest.approx(bootstrap, rel=0.2)
    assert not exercise_of("3.5").fault((0.0210, 0.0072))


def test_how_many_counties_by_analysis_of_variance(further):
    """With equal sizes the estimate is 0 where the F ratio is below 1."""
    told = "\n".join(further.printed)
    for J, k in ((3, 10), (8, 10), (20, 10), (85, 10), (85, 2), (425, 2)):
        noise = 0.76**2
        share = stats.f.cdf(noise / (noise + k * 0.33**2), J - 1, J * (k - 1))
        (line,) = [one for one in told.splitlines() if one.startswith(f"{J} counties x {k} ")]
        found, _, high = map(float, line.split()[-3:])
        assert found == pytest.approx(share, abs=4 * np.sqrt(share / 1000 + 1e-5))
        ratio = stats.f.ppf(0.95, J - 1, J * (k - 1)) * (noise + k * 0.33**2) / noise
        assert high == pytest.approx(np.sqrt((ratio - 1) * noise / k), rel=0.08)


def test_samples_by_other_routes(further):
    """The chain by hand, the likelihood ratio at the edge, the odd county, three counties."""
    p, told = further.names, "\n".join(further.printed)
    grid, mass = h.posterior()
    wanted = [*h.FLOOR.coefficient.values(), 0.757, mass @ grid]
    close(p["gibbs"], wanted, atol=0.012)
    close(p["gibbs"], np.mean(p["chain"][100:1000], axis=0))  # the first hundred thrown away
    density = np.interp(grid, p["exact"].sigma_alpha, p["exact"].sigma_alpha_density)
    close(density / density.sum(), mass, atol=5e-4)  # at most 0.021
    assert "zero in 64%; 95% below 2.0 (error 0.1)" in told
    y = np.random.default_rng(14).normal(size=(300, 919))
    ratios = np.r_[0, np.linspace(0.02, 0.3, 15)]
    gain = [h.demeaned(0, one) - min(h.demeaned(r, one) for r in ratios) for one in y]
    assert np.mean(np.array(gain) < 1e-9) == pytest.approx(0.64, abs=0.09)
    assert np.quantile(gain, 0.95) == pytest.approx(2.0, abs=0.6)
    truth, odd = p["truth"], p["odd"]
    says = h.size / (h.size + 0.8**2 / 0.31**2)  # how much a county says about the population
    centre, var = np.average(truth, weights=says), np.cov(truth, aweights=says)
    off, weight = truth[odd] - centre, 2 / (2 + 0.8**2 / var)
    bias = p["off"]["partial pooling"][:, odd].mean()
    assert off > 3.5 * 0.31 and h.size[odd] == 2
    assert bias == pytest.approx(-(1 - weight) * off, abs=0.05)
    assert p["held"]["partial pooling"][:, odd].mean() < 0.05
    assert p["loss"].mean() > 3 * p["error"], "three counties"
