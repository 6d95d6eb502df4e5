"""The two-level model against R's lme4, against definitions written out, and on any valid data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arviz_stats.base import array_stats
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from helpers import multilevel, multilevel_bayes
from helpers.datasets import load_radon
from helpers.multilevel import GroupSums, complete_pooling, group_sums, no_pooling, partial_pooling
from tests.strategies import grouped, orders

same = np.testing.assert_allclose

HERE, LME4 = Path(__file__).parent, {"comment": "#", "keep_default_na": False, "na_values": "NA"}
DATA = pd.read_csv(HERE / "lme4_data.csv", dtype={"group": str}, **LME4)
REFERENCE = pd.read_csv(HERE / "lme4_reference.csv", dtype={"name": str, "predictors": str}, **LME4)
RADON = load_radon().assign(group=lambda table: table["county"], y=lambda table: table["log_radon"])
LEVELS = REFERENCE[REFERENCE["data"] != "radon slopes"]  # those: tests/test_03_radon.py
CASES = dict(list(LEVELS.groupby(["data", "predictors", "method"])))


@pytest.fixture(scope="module")
def small():
    """Return 60 rows in 7 groups of unequal size with two predictors and one of the groups."""
    rng = np.random.default_rng(70)
    group = np.repeat(list("abcdefg"), [1, 2, 4, 8, 11, 14, 20])
    X = rng.normal(size=(60, 2)) + 3
    level = pd.Series(rng.normal(size=7), index=list("abcdefg"))
    y = 5 + X @ [1, -2] + level[group].to_numpy() + rng.normal(size=60)
    return y, group, X, (level * 0.5 + 1).rename("u")


class WrittenOut:
    """The small data's fit at a variance ratio, with every matrix written out."""

    def __init__(self, small, ratio):
        y, group, X, u = small
        self.member = (group[:, None] == u.index.to_numpy()).astype(float)
        self.Z = np.column_stack([np.ones(60), X, u[group]])
        self.at = np.column_stack([np.ones(7), np.zeros((7, 2)), u])  # the groups, at X = 0
        self.V = np.eye(60) + ratio * self.member @ self.member.T
        self.inverse = np.linalg.inv(self.V)
        self.A = self.Z.T @ self.inverse @ self.Z
        self.gain = np.linalg.solve(self.A, self.Z.T @ self.inverse)
        self.coefficients = self.gain @ y
        residual = y - self.Z @ self.coefficients
        self.rss = residual @ self.inverse @ residual
        self.levels = self.at @ self.coefficients + ratio * self.member.T @ self.inverse @ residual


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_fit_equals_lme4_within_a_ten_thousandth_of_a_standard_error(case):
    """Reference: lme4 1.1-31 under R 4.2.2, written by tests/lme4_reference.R."""
    name, names, method = case[0], case[1].split(), case[2]
    named = dict(zip(["x1", "x2"], names, strict=False))
    rows = RADON if name == "radon" else DATA[DATA["data"] == name].rename(columns=named)
    soil = rows[["log_uranium"]] if "log_uranium" in names else None
    columns = [each for each in names if each != "log_uranium"]
    data = rows["y"], rows["group"], rows[columns] if columns else None
    fit = partial_pooling(*data, group_predictors=soil, method=method)
    lme4 = {what: part.set_index("name")["value"] for what, part in CASES[case].groupby("quantity")}
    assert list(lme4["coefficient"].index) == list(fit.names)
    error, sd = lme4["standard_error"].to_numpy(), lme4["intercept_sd"]
    sigma_error = fit.sigma_y / np.sqrt(2 * fit.n.sum())  # what sigma_y is known to, about
    for quantity, value, least in (
        ("coefficient", fit.coefficients, 1e-4 * error),
        ("standard_error", fit.standard_errors, 1e-4 * error),
        ("sigma_y", fit.sigma_y, 1e-4 * sigma_error),
        ("sigma_alpha", fit.sigma_alpha, 1e-4 * sigma_error),
        ("deviance", fit.deviance, 1e-6),
        ("intercept", fit.intercepts[sd.index], 1e-4 * sd),
        ("intercept_sd", fit.intercept_sd[sd.index], 1e-4 * sd),
    ):
        assert (np.abs(lme4[quantity] - value) < least).all(), quantity
    assert (fit.sigma_alpha == 0) == (lme4["sigma_alpha"].item() == 0)  # as in Dyestuff2


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("ratio", [0.0, 0.1, 3.0])
def test_a_fit_is_the_joint_normal_of_rows_and_groups_conditioned_on_the_rows(small, ratio, method):
    y, group, X, u = small
    sums, options = group_sums(y, group, X), {"group_predictors": u, "method": method}
    fit = multilevel.fit_sums(sums, sigma_ratio=np.sqrt(ratio), **options)
    by_hand, freedom = WrittenOut(small, ratio), 60 - 4 * (method == "reml")
    deviance = freedom * (1 + np.log(2 * np.pi * by_hand.rss / freedom))
    deviance += np.linalg.slogdet(by_hand.V)[1]
    deviance += np.linalg.slogdet(by_hand.A)[1] if method == "reml" else 0
    assert fit.deviance == pytest.approx(deviance, rel=1e-12)
    same(multilevel.profile_deviance(sums, np.sqrt(ratio), **options), deviance, 1e-12)
    assert fit.intraclass_correlation == pytest.approx(by_hand.V[-1, -2] / by_hand.V[-1, -1])
    covariance = by_hand.rss / freedom * np.linalg.inv(by_hand.A)
    same(fit.coefficients, by_hand.coefficients, rtol=1e-9)
    same(fit.standard_errors, np.sqrt(np.diag(covariance)), rtol=1e-9)
    same(fit.intercepts, by_hand.levels, rtol=1e-9)
    # error = at'(gamma_hat - gamma) + (b_hat - b), a linear map of (errors of y, b)
    rest = np.eye(60) - by_hand.Z @ by_hand.gain
    lift = by_hand.at @ by_hand.gain + ratio * by_hand.member.T @ by_hand.inverse @ rest
    off = lift @ by_hand.member - np.eye(7)
    sd = fit.sigma_y * np.sqrt(np.diag(lift @ lift.T + ratio * off @ off.T))
    same(fit.intercept_sd, sd, rtol=1e-9)
    row = np.array([1, 1, 2, 0.5])
    spread = np.sqrt(row @ covariance @ row + fit.sigma_alpha**2)
    for found, mean, doubt in (
        (fit.predict([[0, 0]], group="c"), by_hand.levels[2], sd[2]),
        (fit.predict([[1, 2]], group_predictors=[[0.5]]), row @ fit.coefficients, spread),
    ):
        told = [found.mean[0], found.parameter_sd[0], found.observation_sd[0]]
        same(told, [mean, doubt, np.hypot(doubt, fit.sigma_y)], rtol=1e-9)


def test_the_population_is_a_prior_with_known_mean_and_sd(small):
    """Precisions add up; a further row has its own noise."""
    y, group, *_ = small
    fit = multilevel.fit_sums(group_sums(y, group), sigma_ratio=0.7)
    assert (fit.mean, fit.sd) == (fit.coefficients[0], fit.sigma_alpha)
    same(fit.estimate(no_pooling(y, group).intercepts, fit.n), fit.intercepts, rtol=1e-9)
    prior, data = 1 / fit.sd**2, 4 / fit.sigma_y**2
    mean, sd = (prior * fit.mean + data * 8) / (prior + data), (prior + data) ** -0.5
    assert fit.estimate(8, 4) == pytest.approx(mean)
    same(fit.interval(8, 4, 0.9), [mean - 1.644853627 * sd, mean + 1.644853627 * sd])
    further = fit.predictive(8, 4, 9)
    same([further.mean(), further.std()], [mean, np.hypot(sd, fit.sigma_y / 3)])


def test_the_deeper_of_two_valleys_is_found():
    """Very unequal groups: the deviance has a valley at 0 and another one beyond."""
    ratios = np.r_[0, np.geomspace(1e-3, 1e3, 400)]
    for n, means, at_zero in (
        ([6, 945, 4, 6, 927], [0.445, 0.029, 1.762, -3.814, -0.025], False),
        ([729, 6, 109, 8, 3], [0.005, -0.29, -0.157, -0.354, -1.428], True),
    ):
        table = pd.DataFrame({"n": n, "y": np.multiply(n, means)}, dtype=float)
        table["y*y"] = table["y"] * means + (sum(n) - 5) * np.eye(5)[0]  # in whatever group
        sums = GroupSums.from_table(table)
        curve = multilevel.profile_deviance(sums, ratios, method="ml")
        assert (np.diff(np.sign(np.diff(curve))) != 0).sum() == 2 and curve[1] > curve[0]
        fit = multilevel.fit_sums(sums, method="ml")
        assert fit.deviance <= curve.min() + 1e-9 and (fit.sigma_alpha == 0) == at_zero


def test_least_squares_fits_and_the_three_poolings_are_numpys(small):
    y, group, X, _ = small
    one, alone = complete_pooling(y, X), no_pooling(y, group, X)
    for found, errors, Z in (
        (one.coefficients, one.standard_errors, np.column_stack([np.ones(60), X])),
        (
            np.r_[alone.intercepts, alone.coefficients],
            np.r_[alone.intercept_sd, alone.standard_errors],
            np.column_stack([WrittenOut(small, 0).member, X]),
        ),
    ):
        beta, rss, rank, _ = np.linalg.lstsq(Z, y)
        same(found, beta, rtol=1e-9)
        sd = np.sqrt(rss[0] / (60 - rank) * np.diag(np.linalg.inv(Z.T @ Z)))
        same(errors, sd, rtol=1e-9)
    assert complete_pooling([2.0, 2.0, 2.0]).deviance == -np.inf  # no spread, no bound
    fits = {"no pooling": no_pooling(y, group), "partial pooling": partial_pooling(y, group)}
    expected = {name: (fit.intercepts, fit.intercept_sd) for name, fit in fits.items()}
    expected["complete pooling"] = np.ones(7) * y.mean(), y.std(ddof=1) / np.sqrt(60)
    for name, found in multilevel.three_poolings(y, group).items():
        at, sd = expected.pop(name)
        same(found, [at, at - 1.959964 * sd, at + 1.959964 * sd], rtol=1e-6)
    assert not expected


@pytest.mark.parametrize("ratio", [0.0, 0.4, 5.0])
@pytest.mark.parametrize("slopes", [True, False])
def test_leave_out_errors_are_those_of_refitting_without_the_rows(small, ratio, slopes):
    y, group, X, u = small
    options = {"sigma_ratio": ratio, "group_predictors": u if slopes else None}
    X = X if slopes else np.empty((60, 0))
    by_row = multilevel.leave_out_errors(y, group, X, **options)
    by_group = multilevel.leave_out_errors(y, group, X, **options, whole_groups=True)
    for row in (3, 20, 59):  # groups that stay when a row goes
        keep, soil = np.arange(60) != row, u[group[row]] if slopes else None
        fit = multilevel.fit_sums(group_sums(y[keep], group[keep], X[keep]), **options)
        expected = fit.predict(X[[row]], group=group[row]).mean[0]
        assert by_row[row] == pytest.approx(y[row] - expected, rel=1e-9)
        keep = group != group[row]
        fit = multilevel.fit_sums(group_sums(y[keep], group[keep], X[keep]), **options)
        expected = fit.predict(X[[row]], group_predictors=soil).mean[0]
        assert by_group[row] == pytest.approx(y[row] - expected, rel=1e-9)
    assert by_row[0] == pytest.approx(by_group[0], rel=1e-9)  # the only row of its group


def test_posterior_grid_equals_one_dimensional_integration(small):
    """Second route: r = sigma_alpha / sigma_y is the only integral; N x N matrices written out.

    With p(sigma_alpha) flat and p(sigma_y^2) ~ 1/sigma_y^2, p(r | y) ~ |V|^-1/2 |A|^-1/2
    rss^(-(N-p-1)/2), and sigma_y^2 given r is rss / chi-square with N - p - 1 degrees of freedom.
    """
    y, group, X, u = small
    grid = multilevel_bayes.posterior_grid(y, group, X, group_predictors=u)
    t, width = np.polynomial.legendre.leggauss(80)
    t, nu, log_density, values = (t + 1) / 2, 60 - 4 - 1, [], []
    for share, part in zip(t, width, strict=True):
        r = share / (1 - share)
        given_r = WrittenOut(small, r**2)
        sizes = np.linalg.slogdet(given_r.V)[1] + np.linalg.slogdet(given_r.A)[1]
        density = -(sizes + nu * np.log(given_r.rss)) / 2
        log_density.append(density + np.log(part / (1 - share) ** 2))
        sigma_y = np.sqrt(given_r.rss / 2) * np.exp(gammaln((nu - 1) / 2) - gammaln(nu / 2))
        values.append(np.r_[r * sigma_y, sigma_y, given_r.coefficients, given_r.levels])
    mass = np.exp(np.array(log_density) - max(log_density))
    found = [grid.mean(lambda a, b: a), grid.mean(lambda a, b: b), *grid.coefficient_means]
    same([*found, *grid.intercepts], mass @ np.array(values) / mass.sum(), 2e-5)
    at, mass = grid.sigma_alpha, grid.sigma_alpha_density * grid.width
    same(mass.sum(), 1)
    log_prior = lambda spread: -((spread / 0.1) ** 2) / 2  # noqa: E731
    tight = multilevel_bayes.posterior_grid(y, group, X, group_predictors=u, log_prior=log_prior)
    mass *= np.exp(log_prior(at))
    assert tight.mean(lambda a, b: a) == pytest.approx(mass @ at / mass.sum(), rel=1e-6)


def test_gibbs_agrees_with_exact_integration():
    """Largest |z| < 4.5 and RMS within 0.7 to 1.3 over mu, beta, both sigmas and 85 intercepts."""
    data = RADON["y"], RADON["county"], RADON[["floor"]]
    grid = multilevel_bayes.posterior_grid(*data)
    draws = multilevel_bayes.gibbs(*data, chains=8, draws=4000, rng=np.random.default_rng(72))
    exact = dict(zip(grid.names, grid.coefficient_means, strict=True))
    exact["sigma_alpha"], exact["sigma_y"] = grid.mean(lambda a, b: a), grid.mean(lambda a, b: b)
    z = []
    for name, truth in {**exact, "intercepts": grid.intercepts.to_numpy()}.items():
        sample = draws[name].reshape(8, 4000, -1)
        ess = array_stats.ess(sample, chain_axis=0, draw_axis=1, method="mean")
        z += list((sample.mean((0, 1)) - truth) / (sample.std((0, 1)) / np.sqrt(ess)))
    assert len(z) == 89 and np.max(np.abs(z)) < 4.5
    assert 0.7 < np.sqrt(np.mean(np.square(z))) < 1.3
    spread, shares = draws["sigma_alpha"], [0.1, 0.5, 0.9]
    same(np.quantile(spread, shares), grid.sigma_alpha_quantile(shares), 0.02)
    same(spread.var(), grid.mean(lambda a, b: a**2) - exact["sigma_alpha"] ** 2, 0.06)
    assert list(draws.summary().index) == ["intercept", "floor", "sigma_y", "sigma_alpha"]


def test_gibbs_follows_the_unit_of_y_and_the_origin_of_x(small):
    y, group, X, _ = small
    X = X @ [[1, 1], [0, 0.3]]  # two slopes that lean on each other
    one = multilevel_bayes.gibbs(y, group, X, draws=500, rng=np.random.default_rng(73))
    two = multilevel_bayes.gibbs(9 * y, group, X + 100, draws=500, rng=np.random.default_rng(73))
    found = np.cov(one["x1"].ravel(), one["x2"].ravel())
    same(found, partial_pooling(y, group, X).covariance[1:3, 1:3], 0.2)
    shift = 100 * (one["x1"] + one["x2"])
    moved = {**one, "intercept": one["intercept"] - shift}
    moved["intercepts"] = one["intercepts"] - shift[..., None]
    for name, draws in two.items():
        same(draws, 9 * moved[name], 1e-6, 1e-6, err_msg=name)


def test_a_table_made_by_group_by_gives_the_fit_of_the_rows(small):
    """Also with a group that has no rows: its intercept is the population's mean."""
    y, group, X, _ = small
    rows = pd.DataFrame({"y": y - 5, "a": X[:, 0] - 3, "b": X[:, 1] - 3, "n": 1.0})
    for left, right in (("y", "y"), ("a", "y"), ("b", "y"), ("a", "a"), ("a", "b"), ("b", "b")):
        rows[f"{left}*{right}"] = rows[left] * rows[right]
    parts = [part.groupby(group[part.index]).sum() for part in (rows[:31], rows[31:])]
    table = pd.concat(parts).groupby(level=0).sum()
    table.loc["z"] = 0.0
    sums = GroupSums.from_table(table, X=("a", "b"), centre={"y": 5, "a": 3, "b": 3})
    found, wanted = multilevel.fit_sums(sums), partial_pooling(y, group, X)
    for name in ("coefficients", "standard_errors", "sigma_alpha", "sigma_y", "deviance"):
        same(getattr(found, name), getattr(wanted, name), rtol=1e-9)
    same(found.intercepts, [*wanted.intercepts, wanted.mean], rtol=1e-9)


def test_labels_and_predictors_come_in_every_form(small):
    y, group, X, u = small
    fit = partial_pooling(y, group, X, group_predictors=u[::-1])  # by its index
    assert fit.names == ("intercept", "x1", "x2", "u")
    for by_row in (u[group], u[group].to_numpy(), pd.DataFrame({"soil": u[group].to_numpy()})):
        again = partial_pooling(y, group, X, group_predictors=by_row)
        same(fit.coefficients, again.coefficients, rtol=1e-12)
    assert partial_pooling(y, group, pd.Series(X[:, 0], name="first")).names[1] == "first"
    for relabel in (lambda name: (name, 1), ord, lambda name: name if name < "d" else ord(name)):
        again = partial_pooling(y, [relabel(name) for name in group], X, group_predictors=u[group])
        for name, level in fit.intercepts.items():
            assert again.intercepts.loc[[relabel(name)]].iloc[0] == pytest.approx(level)
            assert again.predict([[0, 0]], group=relabel(name)).mean == pytest.approx([level])
    frame = pd.DataFrame({"x2": [2.0], "x1": [1.0], "y": [9.0]})  # one row for many groups
    many = fit.intercepts[["a", "g"]] + fit.coefficients[1:3] @ [1, 2]
    assert fit.predict(frame, group=["a", "g"]).mean == pytest.approx(many)
    same(fit.predict([1.0, 2.0], group_predictors=[3.0]).mean, fit.coefficients @ [1, 1, 2, 3])
    again = partial_pooling(y, pd.Categorical(group), X, group_predictors=u)
    same(again.intercepts[u.index], fit.intercepts, rtol=1e-9)


def test_what_a_learner_mistypes_is_refused_by_name(small):
    y, group, X, u = small
    fit, few = partial_pooling(y, group, X, group_predictors=u), np.isin(group, ["f", "g"])
    broken, hole, frame = y.copy(), list(group), pd.DataFrame(X, columns=["first", "second"])
    broken[4], hole[2], frame["third"] = np.nan, None, 1 + X @ [1, -2]
    for message, function, rows, options in (
        ("y: every entry must be finite; entry 4", partial_pooling, (broken, group), {}),
        ("y has 60, group has 59", no_pooling, (y, group[1:]), {}),
        ("label is missing at entry 2", partial_pooling, (y, hole), {}),
        ('method: "reml" or "ml"', partial_pooling, (y, group), {"method": "mle"}),
        ("deficient: column 'third' is a comb", partial_pooling, (y, group, frame), {}),
        ("'x1' is a combination of the groups' i", no_pooling, (y, group, u[group].array), {}),
        ("several values", partial_pooling, (y, group), {"group_predictors": X[:, 0]}),
        ("one value a row", partial_pooling, (y, group), {"group_predictors": list(u)}),
        ("tell sigma_y from sigma_alpha", partial_pooling, (y, np.arange(60)), {}),
        ("does not vary within groups", partial_pooling, (u[group], group), {}),
        ("more than 1 groups", partial_pooling, (y, np.zeros(60)), {}),
        ("group: 'q' is not in the fit", fit.predict, ([[0, 0]],), {"group": ["a", "q"]}),
        ("at least 3 groups", multilevel_bayes.posterior_grid, (y[few], group[few]), {}),
        ("rng: a numpy.random.Generator", multilevel_bayes.gibbs, (y, group), {"rng": 1}),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            function(*rows, **options)


@given(
    grouped(),
    st.sampled_from(["reml", "ml"]),
    st.one_of(st.floats(1e-6, 1e6), st.floats(-1e6, -1e-6), st.sampled_from([1e-99, 1e99])),
    st.floats(-1e6, 1e6),
    st.floats(1e-6, 1e6),
    st.data(),
)
def test_order_labels_and_units_change_nothing_else(data, method, scale, shift, unit, more):
    y, group, x = data
    one = partial_pooling(y, group, x, method=method)
    rows, labels = orders(more.draw, y.size), orders(more.draw, one.n.size)
    moved = scale * (y[rows] + shift), labels[group[rows]], unit * x[rows]
    two = partial_pooling(*moved, method=method)
    size, small = abs(scale), 1e-5 * one.sigma_y + 1e-9 * abs(shift)
    assert two.sigma_y / size == pytest.approx(one.sigma_y, rel=1e-5)
    # sigma_alpha near 0 is known to no more than its effect on the deviance
    same(two.sigma_alpha / size, one.sigma_alpha, rtol=1e-4, atol=1e-4 * one.sigma_y)
    same(two.coefficients[1] * unit / scale, one.coefficients[1], rtol=1e-4, atol=1e-6)
    levels, errors = two.intercepts[labels] / scale - shift, two.intercept_sd[labels] / size
    same(levels, one.intercepts, rtol=1e-5, atol=10 * small)
    same(errors, one.intercept_sd, rtol=1e-3, atol=small)


@given(grouped())
def test_between_complete_and_no_pooling_lies_the_best_fit(data):
    y, group, x = data
    sums, one, alone = group_sums(y, group, x), complete_pooling(y, x), no_pooling(y, group, x)
    best, none = partial_pooling(y, group, x), multilevel.fit_sums(sums, sigma_ratio=0)
    assert (none.weight(none.n) == 0).all() and none.prior_sample_size == np.inf
    for name in ("coefficients", "standard_errors"):
        same(getattr(none, name), getattr(one, name), atol=1e-8)
    same(multilevel.fit_sums(sums, sigma_ratio=0, method="ml").deviance, one.deviance, 1e-6)
    same(multilevel.fit_sums(sums, sigma_ratio=1e5).intercepts, alone.intercepts, 1e-6, 1e-6)
    curve = multilevel.profile_deviance(sums, np.append(np.geomspace(1e-3, 1e3, 40), 0.0))
    assert (curve >= best.deviance - 1e-7 * (1 + abs(best.deviance))).all()
    # without slopes each intercept lies between the group's mean and the centre
    level, raw = partial_pooling(y, group), no_pooling(y, group).intercepts
    off = 1e-9 * (1 + abs(y).max())
    assert (np.minimum(raw, level.mean) - off <= level.intercepts).all()
    assert (level.intercepts <= np.maximum(raw, level.mean) + off).all()


@given(st.integers(2, 6), st.integers(2, 8), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_groups_that_are_copies_or_far_apart(groups, rows, middle, sd):
    once, group = middle + sd * np.linspace(-1, 1, rows), np.repeat(np.arange(groups), rows)
    copies = partial_pooling(np.tile(once, groups), group)
    assert copies.sigma_alpha == 0
    assert copies.intercepts.array == pytest.approx(middle, rel=1e-9, abs=1e-9 * sd)
    far = partial_pooling(np.tile(once, groups) + 100 * sd * group, group)
    assert far.sigma_y == pytest.approx(once.std(ddof=1), rel=1e-6)
    between = np.var(100 * sd * np.arange(groups), ddof=1)  # balanced: the analysis of variance
    assert far.sigma_alpha == pytest.approx(np.sqrt(between - once.var(ddof=1) / rows), rel=1e-6)
