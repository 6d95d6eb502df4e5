"""Notebook 03: the book's numbers, the numbers in the prose, and what the exercises accept."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, halfcauchy, halfnorm, invgamma, norm

from helpers import multilevel, multilevel_bayes, simulate
from helpers.check import exercise_of, verdict
from helpers.datasets import load_radon
from helpers.multilevel import complete_pooling, no_pooling, partial_pooling

PAGE = nbformat.read(Path(__file__).resolve().parent.parent / "notebooks/03_radon.ipynb", 4)
TEXT = " ".join(" ".join(c.source for c in PAGE.cells if c.cell_type == "markdown").split())
PRINTED = "".join(
    output.get("text", "") for c in PAGE.cells if c.cell_type == "code" for output in c.outputs
)


def says(*phrases: str) -> None:
    """Assert that the text says this, so that a figure and its sentence change together."""
    for phrase in phrases:
        assert phrase in TEXT, phrase


def prints(*lines: str) -> None:
    """Assert that the page's code found this too; runs of spaces count as one."""
    for line in lines:
        assert line in " ".join(PRINTED.split()), line


def row(start: str) -> list[float]:
    """Return the numbers of the first printed line that begins with `start`."""
    line = re.search(rf"^ *{re.escape(start)}(.*)$", PRINTED, flags=re.MULTILINE)[1]
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", line)]


@pytest.fixture(scope="module")
def radon():
    return load_radon()


@pytest.fixture(scope="module")
def counties(radon):
    return radon.groupby("county")["log_radon"].agg(n="size", mean="mean")


def fitted(radon, predictors=("floor",), soil=False, method="reml", outcome=None):
    return partial_pooling(
        radon["log_radon"] if outcome is None else outcome,
        radon["county"],
        radon[list(predictors)] if predictors else None,
        group_predictors=radon["log_uranium"] if soil else None,
        method=method,
    )


@pytest.fixture(scope="module")
def fit(radon):
    return fitted(radon)


@pytest.fixture(scope="module")
def means_fit(radon):
    return fitted(radon, ())


def at_printed_precision(value, printed: str):
    """Whether `value` rounds to the figure as printed."""
    digits = len(printed.split(".")[1])
    assert f"{value:.{digits}f}" == printed


def cell_source(part: str) -> str:
    """Return the code of the one cell that holds `part`."""
    (source,) = [c.source for c in PAGE.cells if c.cell_type == "code" and part in c.source]
    return source


# ------------------------------------------------------------------------------ published values


def test_published_fit_without_predictors(means_fit):
    """Gelman and Hill (2007), section 12.2 and 12.4 (M0): 1.31, 0.31 and 0.80."""
    at_printed_precision(means_fit.coefficients[0], "1.31")
    at_printed_precision(means_fit.sigma_alpha, "0.31")
    at_printed_precision(means_fit.sigma_y, "0.80")


def test_published_fit_with_floor(fit):
    """Gelman and Hill (2007), section 12.4 (M1): 1.46, -0.69, 0.33, 0.76; county 1 at 1.19."""
    at_printed_precision(fit.coefficients[0], "1.46")
    at_printed_precision(fit.coefficients[1], "-0.69")
    at_printed_precision(fit.sigma_alpha, "0.33")
    at_printed_precision(fit.sigma_y, "0.76")
    at_printed_precision(fit.intercepts.iloc[0], "1.19")
    assert fit.intercepts.index[0] == "Aitkin"


def test_published_fit_with_uranium(radon):
    """Gelman and Hill (2007), section 12.6 (M2): 1.47, -0.67, 0.72, 0.16, 0.76."""
    with_soil = fitted(radon, soil=True)
    for value, printed in zip(with_soil.coefficients, ("1.47", "-0.67", "0.72"), strict=True):
        at_printed_precision(value, printed)
    at_printed_precision(with_soil.sigma_alpha, "0.16")
    at_printed_precision(with_soil.sigma_y, "0.76")


def test_published_deviances_are_those_of_maximum_likelihood(radon, fit):
    """Gelman and Hill (2007), sections 12.4 and 12.6: 2163.7 (floor), 2122.8 (with uranium)."""
    by_ml = fitted(radon, method="ml")
    at_printed_precision(by_ml.deviance, "2163.7")
    at_printed_precision(fitted(radon, soil=True, method="ml").deviance, "2122.8")
    assert by_ml.sigma_alpha < fit.sigma_alpha
    assert fit.deviance > 2170


def test_published_regressions(radon):
    """Gelman and Hill (2007), section 12.3: 1.327 (0.030), -0.613 (0.073); -0.721 (0.074)."""
    pooled = complete_pooling(radon["log_radon"], radon[["floor"]])
    for value, printed in zip(pooled.coefficients, ("1.327", "-0.613"), strict=True):
        at_printed_precision(value, printed)
    for value, printed in zip(pooled.standard_errors, ("0.030", "0.073"), strict=True):
        at_printed_precision(value, printed)
    own = no_pooling(radon["log_radon"], radon["county"], radon[["floor"]])
    at_printed_precision(own.coefficients[0], "-0.721")
    at_printed_precision(own.standard_errors[0], "0.074")


# -------------------------------------------------------------------- numbers in the page's prose


def test_the_bet(radon, counties, means_fit):
    here = radon.loc[radon["county"] == "Lac qui Parle", "activity"]
    assert sorted(here) == [11.3, 16.0]
    assert np.exp(counties["mean"]["Lac qui Parle"]) == pytest.approx(13.4, abs=0.1)
    assert counties["mean"].idxmax() == "Lac qui Parle"
    at_printed_precision(np.exp(radon["log_radon"].mean()), "3.4")
    at_printed_precision(np.exp(means_fit.intercepts["Lac qui Parle"]), "5.0")
    assert means_fit.weight(2) < 0.25
    at_printed_precision(means_fit.intercepts["Lac qui Parle"], "1.61")
    says("11.3 and 16.0 pCi/L (", "Their typical level is about 13", "**a)** 13, what its own")
    says("all 919 houses is about 3.4.", "**d)** 3.4, what all", r"{11.3\times16.0}\approx13.4$")
    says("**c)** 5, much nearer", "**The bet:** c. Two houses of 11.3 and 16.0 pCi/L make about 5")
    says("*is* at 5 pCi/L", "less than a quarter of the weight", "is nearly seven houses")
    prints("Lac qui Parle: 1.61 on the log scale, 5.0 pCi/L")


def test_section_3_by_hand_with_the_book_s_spreads(radon, counties):
    own, others = 0.80**2 / 2, 0.31**2  # variances
    weight = others / (own + others)
    level = weight * counties["mean"]["Lac qui Parle"] + (1 - weight) * radon["log_radon"].mean()
    prints(f"its own weight {weight:.2f}; log radon {level:.2f}; {np.exp(level):.1f} pCi/L")
    says(f"not quite the {level:.2f} that we got by hand", "The helper's 1.61 is")
    says(rf"$0.80^2/2={own:.2f}$ and the second $0.31^2\approx{others:.2f}$")


def test_section_1_on_sizes_and_zeros(radon, counties):
    assert (len(radon), len(counties)) == (919, 85)
    assert counties["n"].agg(["min", "median", "max"]).tolist() == [1, 5, 116]
    assert (radon["activity"] == 0).sum() == 3
    assert (radon.loc[radon["activity"] == 0, "log_radon"] == np.log(0.1)).all()
    assert np.exp(0.7) == pytest.approx(2, abs=0.02)
    says("919 houses of Minnesota, in 85 counties", "919 houses in 85 counties", "0.7 more means")
    says("three as 0.1 pCi/L", "add 0.1 to *every* house")
    prints("919 houses in 85 counties; largest 116 houses", "at most 5 houses")
    high = (radon["log_radon"].max(), radon["activity"].max())
    assert np.exp(high[0]) == pytest.approx(high[1]), "natural logarithms"


def test_section_2_on_noise(radon, counties):
    within = radon["log_radon"] - radon["county"].map(counties["mean"])
    spread = np.sqrt((within**2).sum() / (919 - 85))
    observed, noise = counties["mean"].var(), (spread**2 / counties["n"]).mean()
    assert noise > observed / 2
    at_printed_precision(np.sqrt(observed), "0.49")
    at_printed_precision(np.sqrt(observed - noise), "0.30")
    rest = observed - noise
    prints(f"complete pooling {radon['log_radon'].mean():.2f}; sd of houses")
    prints(f"sd of houses within a county {spread:.2f}")
    prints(f"variance of the county means {observed:.3f} = noise {noise:.3f} + rest {rest:.3f}")
    prints(f"sd of the county means {observed**0.5:.2f}; of the true levels {rest**0.5:.2f}")
    says("here 919 − 85", "estimates have sd 0.49, the true levels only about 0.30")
    says("found both spreads roughly, 0.80 and 0.30", "| 0.49 against 0.30: the rest is noise")


def test_section_3_only_the_estimated_centre_reproduces_the_fit(radon, counties, means_fit):
    weight = means_fit.weight(counties["n"])

    def off(centre):
        by_hand = weight * counties["mean"] + (1 - weight) * centre
        return np.abs(by_hand - means_fit.intercepts).max()

    variance = means_fit.sigma_alpha**2 + means_fit.sigma_y**2 / counties["n"]
    weighted = np.average(counties["mean"], weights=1 / variance)
    assert weighted == pytest.approx(means_fit.coefficients[0], abs=1e-12)
    assert off(weighted) < 1e-12
    assert off(radon["log_radon"].mean()) > 0.05
    assert off(counties["mean"].mean()) > 0.02
    assert counties["mean"]["St. Louis"] < 0.8 and counties["n"]["St. Louis"] == 116
    at_printed_precision(radon["log_radon"].mean(), "1.22")
    at_printed_precision(means_fit.prior_sample_size, "6.6")
    for name, centre in (
        ("all houses", radon["log_radon"].mean()),
        ("county means", counties["mean"].mean()),
        ("precision-weighted", weighted),
    ):
        prints(f"{name} {centre:.3f} largest difference from the fit {off(centre):.4f}")
    says("its 116 houses are low", "keeps the centre at 1.31", "completely to 1.22, the mean")
    says(r"To $\hat\mu_\alpha=1.31$, not to 1.22", "At the fitted $n_0$, 6.6 houses")
    says("1.31 for the centre, which the helper calls `intercept`, 0.31 and 0.80")
    prints("sigma_alpha 0.310, sigma_y 0.798, prior sample size 6.6")


def test_section_3_one_single_house_county_hardly_moves(counties, means_fit):
    move = (means_fit.intercepts - counties["mean"]).abs()[counties["n"] == 1]
    assert len(move) == 3
    assert (move < 0.05).sum() == 1
    says("One of the three one-house counties hardly moves")
    everywhere = (means_fit.intercepts - counties["mean"]).abs()
    says(f"largest of all: {everywhere.idxmax()} (1 house), {everywhere.max():.2f}")
    far = (counties["mean"] - means_fit.coefficients[0]).abs().idxmax()
    assert far != everywhere.idxmax() and counties["n"][far] == 2
    says(f"{far} lies farthest from the centre", "than Murray with one")


def test_section_2_houses_are_compared_with_their_own_county(radon, counties, run_cell):
    given = {"radon": radon, "county": radon["county"], "counties": counties.copy()}
    found = run_cell("03", "sigma_within = ", **given)
    own = radon.groupby("county")["log_radon"].transform("mean")
    np.testing.assert_allclose(found["deviation"], radon["log_radon"] - own)
    np.testing.assert_array_equal(found["y"], radon["log_radon"])


def test_section_4_and_5_print_the_book_s_lines(radon, fit):
    says("lower by 0.61, which is a factor of $e^{-0.61}$", "The slope is now −0.72")
    assert 0.5 < np.exp(-0.61) < 0.6, "a little over one half"
    prints("by hand: [ 1.327 -0.613]", "floor -0.613 (se 0.073)", "slope by hand: -0.721")
    says("As in the book: 1.46, −0.69, 0.33, 0.76, and 1.19 for county 1", "$y=1.46-0.69x$")
    says(r"$\hat\sigma_y=0.76$ and $\hat\sigma_\alpha=0.33$")
    prints("sigma_alpha 0.328, sigma_y 0.756, prior sample size 5.3", "Aitkin: intercept 1.19")
    for name, held in (("0.001", 0.001), ("1000.000", 1000)):
        assert row(f"ratio {name:>8}:")[held == 1000] == 0, "a tiny, a huge ratio: an extreme"


def test_section_5_soft_constraint(radon, fit):
    summary = multilevel.group_sums(radon["log_radon"], radon["county"], radon[["floor"]])
    pooled = complete_pooling(radon["log_radon"], radon[["floor"]])
    own = no_pooling(radon["log_radon"], radon["county"], radon[["floor"]])
    stiff = multilevel.fit_sums(summary, sigma_ratio=0.001).intercepts
    loose = multilevel.fit_sums(summary, sigma_ratio=1000).intercepts
    assert np.abs(stiff - pooled.coefficients[0]).max() < 0.001
    assert np.abs(loose - own.intercepts).max() < 0.001


def test_section_6_likelihood_ratio_and_its_boundary(radon):
    pooled = complete_pooling(radon["log_radon"], radon[["floor"]])
    assert pooled.deviance - fitted(radon, method="ml").deviance == pytest.approx(83.4, abs=0.1)
    rng = np.random.default_rng(6)
    group = radon["county"].factorize()[0]
    null = simulate.two_level(
        group, mean=1.3, between_sd=0, within_sd=0.8, rng=rng, replications=400
    )
    ratio = [
        complete_pooling(y).deviance - partial_pooling(y, group, method="ml").deviance
        for y in null.y
    ]
    assert 0.5 < np.isclose(ratio, 0, atol=1e-6).mean() < 0.75
    assert np.quantile(ratio, 0.95) < 3.84
    bar = chi2.ppf(0.95, 1)
    says(f"95% lie below {bar:.1f}. But", f"So {bar:.1f} is too strict a bar", "83 is beyond any")
    prints(f"chi-square would say {bar:.1f}")


def test_section_6_deviances(radon, fit):
    """REML by hand: the log density of all contrasts of the data that the design leaves alone."""
    by_ml = fitted(radon, method="ml")
    says(f"deviance of ML, {by_ml.deviance:.1f}", "*likelihood ratio statistic*, 83.4 above")
    prints("likelihood ratio statistic 83.4")
    for result in (fit, by_ml):
        spreads = f"sigma_alpha {result.sigma_alpha:.4f} sigma_y {result.sigma_y:.4f}"
        prints(f"{result.method} {spreads} deviance {result.deviance:.1f}")
    design = np.column_stack([np.ones(919), radon["floor"]])
    county = pd.get_dummies(radon["county"]).to_numpy(float)
    contrasts = np.linalg.qr(design, mode="complete")[0][:, 2:]
    left = contrasts.T @ radon["log_radon"].to_numpy()
    sizes = np.linalg.slogdet(design.T @ design)[1]
    for ratio in (fit.sigma_alpha / fit.sigma_y, 1.0):
        shape = contrasts.T @ (np.eye(919) + ratio**2 * county @ county.T) @ contrasts
        variance = left @ np.linalg.solve(shape, left) / 917
        value = 917 * (1 + np.log(2 * np.pi * variance)) + np.linalg.slogdet(shape)[1] + sizes
        prints(f"ratio {ratio:.3f}: by hand {value:.2f}, by helper {value:.2f}")


def test_section_7_five_houses(fit):
    at_printed_precision(fit.sigma_alpha**2 / fit.sigma_y**2, "0.19")
    at_printed_precision(fit.prior_sample_size, "5.3")
    at_printed_precision(fit.intraclass_correlation, "0.16")
    at_printed_precision(fit.sigma_y**2, "0.57")
    assert fit.sigma_y / np.sqrt(5) == pytest.approx(fit.sigma_alpha, rel=0.05)
    prints("variance ratio 0.19; its inverse, n0 = 5.3 houses", "intraclass correlation 0.16")
    says("$0.33^2/0.76^2=0.19$", "houses of one county: 0.16", "five *measurements* is 0.57")
    says(f"What matches the {fit.sigma_alpha**2:.2f} between counties")
    for n in (1, 2, 5, 6, 20):
        noise = fit.sigma_y**2 / n
        prints(f"mean of {n} houses: variance {noise:.3f}, sd {noise**0.5:.3f}")


def test_section_8_mean_over_median_on_the_original_scale(fit):
    sd = fit.predict(0).observation_sd[0]
    assert 1.3 < np.exp(sd**2 / 2) < 1.5
    level = fit.predict(0, group="Lac qui Parle")
    assert level.observation_sd[0] > 2.5 * level.parameter_sd[0]
    says("Why 6.5 for Lac qui Parle, when section 3 said 5.0?", "about 40% larger than the medians")
    for name, place in (("Lac qui Parle", level), ("new county", fit.predict(0))):
        mean, doubt, noise = place.mean[0], place.parameter_sd[0], place.observation_sd[0]
        told = row(f"{name:13} sd of the level")  # of 100,000 draws
        wanted = [doubt, noise, np.exp(mean), np.exp(mean + noise**2 / 2)]
        assert told == pytest.approx(wanted, rel=0.02), name
    prints("Lac qui Parle sd of the level 0.28, of a house 0.81; median 6.5")


def scores(size, spread, seed, truth=None, replications=400):
    group = np.repeat(np.arange(len(size)), size)
    data = simulate.two_level(
        group,
        mean=1.3,
        between_sd=spread,
        within_sd=0.8,
        rng=np.random.default_rng(seed),
        truth=truth,
        replications=replications,
    )
    fits = [multilevel.three_poolings(y, group) for y in data.y]
    names = {"none": "no pooling", "complete": "complete pooling", "partial": "partial pooling"}
    return data.truth, {how: np.array([f[name] for f in fits]) for how, name in names.items()}


def mse(found, truth):
    return {how: np.mean((each[:, 0] - truth) ** 2) for how, each in found.items()}


def inside(found, truth):
    return (found[:, 1] < truth) & (truth < found[:, 2])


def test_section_9_partial_pooling_wins_where_counties_differ_a_little(counties):
    truth, found = scores(counties["n"].to_numpy(), 0.31, 91)
    error = mse(found, truth)
    assert 0.3 < error["partial"] / error["none"] < 0.42
    assert 0.45 < error["partial"] / error["complete"] < 0.6
    assert 0.1 < np.mean(inside(found["complete"], truth)) < 0.2
    says("a third of the mean squared error of no pooling and about half")
    told = {how: row(f"   {how:10}") for how in ("none", "complete", "partial")}
    for how, (_, _, printed, covered) in told.items():  # the first of three states
        assert printed == pytest.approx(error[how], rel=0.04), how
        share = inside(found[how], truth).mean()
        assert covered == pytest.approx(100 * share, abs=2.5), how


def test_section_9_partial_pooling_loses(counties):
    truth, found = scores(counties["n"].to_numpy(), 0.0, 92)
    error = mse(found, truth)
    assert error["complete"] < error["partial"] < error["none"]
    truth, found = scores([4, 5, 10], 1.5, 93, replications=3000)
    partial, none = found["partial"][:, 0], found["none"][:, 0]
    lost = (partial - truth) ** 2 - (none - truth) ** 2
    each = lost.mean(axis=1)
    assert each.mean() > 3 * each.std() / np.sqrt(each.size)


def test_section_9_an_odd_county_is_hidden(counties):
    size = counties["n"].to_numpy()
    truth = 1.3 + 0.31 * np.random.default_rng(94).standard_normal(85)
    odd = int(np.argmax(size == 2))
    truth[odd] = 1.3 + 4 * 0.31
    _, found = scores(size, 0.31, 95, truth)
    covers = inside(found["partial"], truth)
    assert covers.mean() > 0.92
    assert covers[:, odd].mean() < 0.1
    *_, covered, bias, covered_odd = row("partial  all counties:")
    assert covered > 92 and covered_odd < 10 and bias == pytest.approx(-0.92, abs=0.05)


def test_section_11_uranium(radon, fit):
    with_soil = fitted(radon, soil=True)
    assert 22 < with_soil.prior_sample_size < 25
    assert with_soil.sigma_alpha / fit.sigma_alpha == pytest.approx(0.5, abs=0.03)
    t = with_soil.coefficients / with_soil.standard_errors
    assert -10 < t[1] < -9.5 and 7.5 < t[2] < 8
    share = with_soil.predict(0, group_predictors=[[0.0]])
    assert share.mean[0] == pytest.approx(with_soil.coefficients[0])
    says("The spread that is left, 0.16, is half", "worth some 24 houses instead of five")
    says("Floor is ten standard errors from zero and uranium almost eight")
    for name, value, error in zip(
        ("intercept", "floor", "log_uranium"),
        with_soil.coefficients,
        with_soil.standard_errors,
        strict=True,
    ):
        prints(f"{name} {value:.3f} (se {error:.3f})")
    prints(f"prior sample size {with_soil.prior_sample_size:.1f}; reml", "0.146, deviance 2122.8")


def test_section_12_posterior_of_the_spread(radon, fit):
    exact = multilevel_bayes.posterior_grid(radon["log_radon"], radon["county"], radon[["floor"]])
    low, high = exact.sigma_alpha_quantile([0.025, 0.975])
    at_printed_precision(low, "0.25")
    at_printed_precision(high, "0.43")
    assert exact.mean(lambda a, s: a) == pytest.approx(fit.sigma_alpha, abs=0.01)
    says("could be as small as 0.25 or as large as 0.43", "comes from the flat prior")
    prints("sigma_alpha, 95%: [0.25 0.43]")


def test_section_12_the_first_sweeps_are_thrown_away(radon, counties, fit, run_cell, capsys):
    """Even from a start far off, the draws that are kept lie where the fit is."""
    given = {
        "x": radon["floor"],
        "floor": radon[["floor"]],
        "y": radon["log_radon"],
        "county": radon["county"],
        "counties": counties,
        "size": counties["n"].to_numpy(),
        "code": np.unique(radon["county"], return_inverse=True)[1],
    }
    names = run_cell("03", "def sweep(mu, beta", **given)
    kept = re.search(r"np\.mean\(chain(\[.*?\])?, axis=0\)", cell_source("def sweep(mu, beta"))[1]
    state, chain, rng = (1e5, 0.0, 1.0, 1.0), [], np.random.default_rng(31)
    for _ in range(1000):
        state = names["sweep"](*state, rng)
        chain.append(state)
    wanted = [*fit.coefficients, fit.sigma_y, 0.335]
    found = np.mean(eval(f"chain{kept or ''}", {"chain": chain}), axis=0)
    np.testing.assert_allclose(found, wanted, atol=0.03)
    drawn = np.mean(eval(f"chain{kept or ''}", {"chain": names["chain"]}), axis=0)
    assert drawn == pytest.approx(wanted, abs=0.015)
    told = re.findall(r"-?\d\.\d+", capsys.readouterr().out)
    assert told == [f"{x:.2g}" for x in drawn]


def test_section_13_who_wins_when_a_house_or_a_county_is_left_out(radon, counties, fit):
    known = (radon["county"].map(counties["n"]) > 1).to_numpy()

    def rms(ratio, whole):
        errors = multilevel.leave_out_errors(
            radon["log_radon"],
            radon["county"],
            radon[["floor"]],
            sigma_ratio=ratio,
            whole_groups=whole,
        )
        return np.sqrt(np.mean(errors[known] ** 2))

    best = fit.sigma_alpha / fit.sigma_y
    assert rms(best, False) < rms(1e4, False) < rms(0, False)
    assert rms(0, True) < rms(best, True) < rms(0, True) + 0.01
    for name, ratio in (("complete", 0), ("partial", best)):
        prints(f"{name} house out {rms(ratio, False):.3f} county out {rms(ratio, True):.3f}")
    prints(f"none house out {rms(1e4, False):.3f} county out: no answer")
    along = [rms(s / fit.sigma_y, False) for s in np.linspace(0.05, 1, 60)]
    assert 0.25 < np.linspace(0.05, 1, 60)[np.argmin(along)] < 0.43
    # not only for the one ratio: without a house, the fit and its prediction move as claimed
    at = 417
    keep = np.arange(919) != at
    without = partial_pooling(
        radon["log_radon"][keep], radon["county"][keep], radon[["floor"]][keep]
    )
    guess = without.predict(radon["floor"][at], group=radon["county"][at]).mean[0]
    errors = multilevel.leave_out_errors(
        radon["log_radon"], radon["county"], radon[["floor"]], sigma_ratio=best
    )
    assert radon["log_radon"][at] - guess == pytest.approx(errors[at], abs=0.02)


def test_section_13_counting_counties_instead_of_houses_turns_the_order_round(radon, fit):
    found = []
    for ratio in (fit.sigma_alpha / fit.sigma_y, 0):
        errors = multilevel.leave_out_errors(
            radon["log_radon"],
            radon["county"],
            radon[["floor"]],
            sigma_ratio=ratio,
            whole_groups=True,
        )
        squares = radon.assign(square=errors**2).groupby("county")["square"]
        found.append(np.sqrt(squares.mean().mean()))
    at_printed_precision(found[0], "0.840")
    at_printed_precision(found[1], "0.852")
    for name, value in zip(("partial", "complete"), found, strict=True):
        prints(f"{name} county out, each county counted once {value:.3f}")


def test_misconceptions_residuals_and_the_error_of_complete_pooling(radon, fit):
    y, floor, county = radon["log_radon"], radon["floor"], radon["county"]
    at_printed_precision(complete_pooling(y).standard_errors[0], "0.03")
    one, own = complete_pooling(y, radon[["floor"]]), no_pooling(y, county, radon[["floor"]])
    for printed, level, slope in (
        ("0.82", one.coefficients[0], one.coefficients[1]),
        ("0.72", county.map(own.intercepts), own.coefficients[0]),
        ("0.74", county.map(fit.intercepts), fit.coefficients[1]),
    ):
        at_printed_precision(np.sqrt(((y - level - slope * floor) ** 2).mean()), printed)
    says("RMS residual 0.72, partial pooling 0.74, complete pooling 0.82")
    says("Its standard error is 0.03.", r"$0.8/\sqrt{919}\approx0.03$")


def test_section_13_brier_score_of_the_base_rate(radon):
    share = (radon["activity"] > 4).mean()
    at_printed_precision(share, "0.44")
    at_printed_precision(share * (1 - share), "0.247")
    says("To say 44% for every house, the share of houses above 4, scores 0.247")


def test_section_14_priors_matter_with_few_counties_only(radon, counties):
    """The page's printed intervals, from priors as SciPy has them."""

    def inverse_gamma(s):  # on the variance
        return invgamma(0.001, scale=0.001).logpdf(s**2) + np.log(s)

    priors = {
        "flat": None,
        "half-normal(0.5)": halfnorm(scale=0.5).logpdf,
        "half-Cauchy(0.5)": halfcauchy(scale=0.5).logpdf,
        "inverse-gamma(0.001)": inverse_gamma,
    }
    for names, differ in ((counties.index[:5], True), (counties.index, False)):
        keep = radon["county"].isin(names)
        data = (radon["log_radon"][keep], radon["county"][keep], radon[["floor"]][keep])
        highs = []
        for name, prior in priors.items():
            found = multilevel_bayes.posterior_grid(*data, log_prior=prior)
            low, middle, high = found.sigma_alpha_quantile([0.025, 0.5, 0.975])
            prints(f"{name} {middle:.2f} ({low:.2f} to {high:.2f})")
            highs.append(high)
        assert (np.ptp(highs) > 0.5) == differ
        assert differ or np.ptp(highs) < 0.02
    assert np.exp(1.46 - 2) == pytest.approx(0.6, abs=0.03)
    assert np.exp(1.46 + 2) == pytest.approx(32, abs=0.5)
    says(r"$e^{1.46-2}\approx0.6$ to $e^{1.46+2}\approx32$ pCi/L")


def test_section_15_adding_a_tenth_moves_every_number(radon, fit):
    other = fitted(radon, outcome=np.log(radon["activity"] + 0.1))
    for a, b in (
        *zip(fit.coefficients, other.coefficients, strict=True),
        (fit.sigma_alpha, other.sigma_alpha),
        (fit.sigma_y, other.sigma_y),
    ):
        assert 0.005 < abs(a - b) < 0.05
    by_ml = [
        fitted(radon, method="ml", outcome=y).deviance
        for y in (radon["log_radon"], np.log(radon["activity"] + 0.1))
    ]
    assert by_ml[0] - by_ml[1] > 70
    says("the deviance by over 70")
    for name, deviance in zip(("zeros become 0.1", "0.1 added to all"), by_ml, strict=True):
        line = re.search(rf"^{name}: .*ML deviance (.*)$", PRINTED, flags=re.MULTILINE)
        assert line[1] == f"{deviance:.1f}"


# -------------------------------------------------------------------------------------- exercises


def test_right_answers_pass(counties, means_fit, fit, radon):
    weight = means_fit.weight(counties["n"]["Hennepin"])
    mean, centre = counties["mean"]["Hennepin"], means_fit.coefficients[0]
    says(f"With {counties['n']['Hennepin']} houses Hennepin speaks for itself")
    own = no_pooling(radon["log_radon"], radon["county"], radon[["floor"]])
    says(f"above its mean, by half of {-own.coefficients[0]:.2f}")
    says(f"pulls the county {1 - 1 / 1.64:.0%} of the way")
    guess, left = fit.predict(1), (fitted(radon, soil=True).sigma_alpha / fit.sigma_alpha) ** 2
    assert 1 - left == pytest.approx(0.77, abs=0.01)
    for number, answer in {
        "3.2": weight * mean + (1 - weight) * centre,
        "3.4": own.intercepts["Lac qui Parle"],
        "3.5": 1 / 1.64,
        "3.6": 4,
        "3.7": norm.sf(np.log(4), guess.mean[0], guess.observation_sd[0]),
        "3.8": 1 - left,
    }.items():
        assert verdict(exercise_of(number), answer).state == "right", number


def test_brier_scores_by_a_second_route(radon, fit):
    """Leave each of 60 houses out by refitting; the scores of the exercise are means of these."""
    outcome = radon["activity"] > 4
    rows = np.arange(0, 919, 16)
    ratio = fit.sigma_alpha / fit.sigma_y
    errors = multilevel.leave_out_errors(
        radon["log_radon"], radon["county"], radon[["floor"]], sigma_ratio=ratio
    )
    for row in rows:
        keep = np.arange(919) != row
        summary = multilevel.group_sums(
            radon["log_radon"][keep], radon["county"][keep], radon[["floor"]][keep]
        )
        part = multilevel.fit_sums(summary, sigma_ratio=ratio)
        seen = radon["county"][row] in part.intercepts.index
        where = {"group": radon["county"][row]} if seen else {}
        mean = part.predict(radon["floor"][row], **where).mean[0]
        assert radon["log_radon"][row] - mean == pytest.approx(errors[row], abs=1e-9)
    chance = norm.sf(np.log(4), radon["log_radon"] - errors, fit.sigma_y)
    score = np.mean((chance - outcome) ** 2)
    assert exercise_of("3.9").expected[1] == pytest.approx(score, rel=1e-9)


def test_brier_scores_differ_by_what_the_solution_says(radon, fit):
    """Differences of the scores, and their standard errors with a county's houses as one."""
    y, county, outcome = radon["log_radon"], radon["county"], radon["activity"] > 4
    squares = {}
    for name, ratio in (("complete", 0), ("partial", fit.sigma_alpha / fit.sigma_y), ("none", 1e4)):
        errors = multilevel.leave_out_errors(y, county, radon[["floor"]], sigma_ratio=ratio)
        squares[name] = (norm.sf(np.log(4), y - errors, fit.sigma_y) - outcome) ** 2
        says(f"{name} {squares[name].mean():.4f}")
    together = "its standard error (houses of one county counted together) is {:.3f}."
    for name, phrase in (
        ("none", "the difference is {:.4f}, and " + together),
        ("complete", "Complete pooling is worse by {:.4f}, with a standard error of {:.3f}."),
    ):
        lost = squares[name] - squares["partial"]
        of_counties = (lost - lost.mean()).groupby(county).sum()
        error = np.sqrt((of_counties**2).sum() * 85 / 84) / 919
        says(phrase.format(lost.mean(), error))


def test_page_table_of_counties_is_sorted_as_the_fits_are(radon, counties, fit):
    """The page lines up Series by county with arrays in the fits' order."""
    assert list(counties.index) == list(fit.intercepts.index)
    codes = np.unique(radon["county"], return_inverse=True)[1]
    assert (pd.Index(counties.index)[codes] == radon["county"]).all()
