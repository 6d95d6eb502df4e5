"""`helpers.multilevel` against R's lme4, against definitions written out, and on bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arviz_stats.base import array_stats
from scipy.special import gammaln

from helpers import multilevel, multilevel_bayes
from helpers.datasets import load_radon
from helpers.multilevel import GroupSums, complete_pooling, group_sums, no_pooling, partial_pooling

HERE = Path(__file__).parent
PREDICTORS = {"sleepstudy": ["days"], "Penicillin": ["sample_B", "sample_C"]}


def lme4_table(name, **options):
    return pd.read_csv(HERE / name, comment="#", keep_default_na=False, na_values="NA", **options)


@pytest.fixture(scope="module")
def tables():
    data = lme4_table("lme4_data.csv", dtype={"group": str})
    found = {}
    for name, rows in data.groupby("data"):
        names = dict(zip(["x1", "x2"], PREDICTORS.get(name, []), strict=False))
        found[name] = rows.rename(columns=names).reset_index(drop=True)
    radon = load_radon()
    found["radon"] = radon.assign(group=radon["county"], y=radon["log_radon"])
    return found


REFERENCE = lme4_table("lme4_reference.csv", dtype={"name": str, "predictors": str})
CASES = list(REFERENCE.groupby(["data", "predictors", "method"]).groups)


@pytest.fixture(scope="module")
def small(tables):
    """Return 60 rows in 7 groups of unequal size with two predictors and one of the groups."""
    rng = np.random.default_rng(70)
    group = np.repeat(list("abcdefg"), [1, 2, 4, 8, 11, 14, 20])
    X = rng.normal(size=(60, 2)) + 3
    level = dict(zip("abcdefg", rng.normal(size=7), strict=True))
    u = pd.Series(level) * 0.5 + 1
    y = 5 + X @ [1, -2] + pd.Series(group).map(level).to_numpy() + rng.normal(size=60)
    return y, group, X, u.rename("u")


def fit_case(tables, data, predictors, method):
    rows = tables[data]
    names = predictors.split()
    columns = [name for name in names if name != "log_uranium"]
    return partial_pooling(
        rows["y"],
        rows["group"],
        rows[columns] if columns else None,
        group_predictors=rows[["log_uranium"]] if "log_uranium" in names else None,
        method=method,
    )


# ------------------------------------------------------------------------------- against lme4


@pytest.mark.parametrize(("data", "predictors", "method"), CASES)
def test_fit_equals_lme4_within_a_ten_thousandth_of_a_standard_error(
    tables, data, predictors, method
):
    """Reference: lme4 1.1-31 under R 4.2.2, written by tests/lme4_reference.R."""
    fit = fit_case(tables, data, predictors, method)
    case = REFERENCE[
        (REFERENCE["data"] == data)
        & (REFERENCE["predictors"] == predictors)
        & (REFERENCE["method"] == method)
    ]
    lme4 = {
        quantity: rows.set_index("name")["value"] for quantity, rows in case.groupby("quantity")
    }
    assert list(lme4["coefficient"].index) == list(fit.names)
    error = lme4["standard_error"].to_numpy()
    np.testing.assert_array_less(np.abs(fit.coefficients - lme4["coefficient"]), 1e-4 * error)
    np.testing.assert_array_less(np.abs(fit.standard_errors - error), 1e-4 * error)
    sigma_error = fit.sigma_y / np.sqrt(2 * fit.n.sum())  # what sigma_y is known to, about
    assert abs(fit.sigma_y - lme4["sigma_y"].item()) < 1e-4 * sigma_error
    assert abs(fit.sigma_alpha - lme4["sigma_alpha"].item()) < 1e-4 * sigma_error
    assert abs(fit.deviance - lme4["deviance"].item()) < 1e-6
    sd = lme4["intercept_sd"]
    assert set(sd.index) == set(fit.intercepts.index)
    assert (np.abs(fit.intercepts[sd.index] - lme4["intercept"]) < 1e-4 * sd).all()
    assert (np.abs(fit.intercept_sd[sd.index] - sd) < 1e-4 * sd).all()


def test_reference_holds_a_fit_whose_sigma_alpha_is_exactly_zero(tables):
    zero = REFERENCE[(REFERENCE["data"] == "Dyestuff2") & (REFERENCE["quantity"] == "sigma_alpha")]
    assert (zero["value"] == 0).all() and len(zero) == 2
    fit = fit_case(tables, "Dyestuff2", "", "reml")
    assert fit.sigma_alpha == 0.0
    assert fit.prior_sample_size == np.inf
    assert (fit.weight([0, 5, 1e6]) == 0).all()
    pooled = complete_pooling(tables["Dyestuff2"]["y"])
    np.testing.assert_allclose(fit.intercepts, pooled.coefficients[0], rtol=1e-12)
    np.testing.assert_allclose(fit.intercept_sd, pooled.standard_errors[0], rtol=1e-12)
    assert fit.sigma_y == pytest.approx(pooled.sigma_y, rel=1e-12)


def test_the_extremes_of_the_ratio_are_complete_and_no_pooling(tables):
    radon = tables["radon"]
    summary = group_sums(radon["y"], radon["county"], radon[["floor"]])
    pooled = complete_pooling(radon["y"], radon[["floor"]])
    at_zero = multilevel.fit_at(0, summary)
    np.testing.assert_allclose(at_zero.coefficients, pooled.coefficients, rtol=1e-10)
    np.testing.assert_allclose(at_zero.standard_errors, pooled.standard_errors, rtol=1e-10)
    assert multilevel.fit_at(0, summary, method="ml").deviance == pytest.approx(pooled.deviance)
    alone = no_pooling(radon["y"], radon["county"], radon[["floor"]])
    limit = multilevel.fit_at(1e5, summary)
    np.testing.assert_allclose(limit.intercepts, alone.intercepts, atol=1e-6)
    np.testing.assert_allclose(limit.coefficients[1], alone.coefficients[0], atol=1e-6)


# ---------------------------------------------------------------------- against definitions


def definitions(y, Z, codes, ratio):
    """Return the fit at a variance ratio, with the N x N covariance written out."""
    V = np.eye(y.size) + ratio * (codes[:, None] == codes)
    inverse = np.linalg.inv(V)
    A = Z.T @ inverse @ Z
    gamma = np.linalg.solve(A, Z.T @ inverse @ y)
    residual = y - Z @ gamma
    rss = residual @ inverse @ residual
    return V, inverse, A, gamma, residual, rss


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_deviance_and_its_slope_are_what_they_are_called(small, method):
    y, group, X, u = small
    summary = group_sums(y, group, X)
    codes = np.unique(group, return_inverse=True)[1]
    Z = np.column_stack([np.ones(60), X, u[group]])
    profile = multilevel.Profile(summary, u, method)
    for ratio in (0.0, 0.1, 3.0):
        V, _, A, _, _, rss = definitions(y, Z, codes, ratio)
        freedom = 60 - (4 if method == "reml" else 0)
        wanted = freedom * (1 + np.log(2 * np.pi * rss / freedom)) + np.linalg.slogdet(V)[1]
        wanted += np.linalg.slogdet(A)[1] if method == "reml" else 0
        value = profile.deviance(np.array([ratio]))
        slope = profile.slope(np.array([ratio]))
        assert value[0] == pytest.approx(wanted, rel=1e-12)
        step = profile.deviance(np.array([ratio + 1e-6, ratio + 2e-6]))
        numeric = (-3 * value[0] + 4 * step[0] - step[1]) / 2e-6
        assert slope[0] == pytest.approx(numeric, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize(
    ("n", "means", "at_zero"),
    [
        ([6, 945, 4, 6, 927], [0.445, 0.029, 1.762, -3.814, -0.025], False),
        ([729, 6, 109, 8, 3], [0.005, -0.29, -0.157, -0.354, -1.428], True),
    ],
)
def test_the_deeper_of_two_valleys_is_found(n, means, at_zero):
    """Very unequal groups: the deviance has a valley at 0 and another one beyond."""
    n = np.array(n, float)
    means = np.array(means)
    within = np.append(n.sum() - 5, np.zeros(4))  # its share by group does not matter
    table = pd.DataFrame({"n": n, "y": n * means, "y*y": n * means**2 + within})
    summary = GroupSums.from_table(table)
    ratios = np.append(0.0, np.geomspace(1e-3, 1e3, 400))
    curve = multilevel.profile_deviance(ratios, summary, method="ml")
    assert (np.diff(np.sign(np.diff(curve))) != 0).sum() == 2 and curve[1] > curve[0]
    fit = multilevel.fit_sums(summary, method="ml")
    assert fit.deviance <= curve.min() + 1e-9
    assert (fit.sigma_alpha == 0) == at_zero


def test_intercept_sd_and_prediction_by_simulating_the_model(small):
    """Henderson's formula against the joint normal of y and the intercepts, conditioned by hand."""
    y, group, X, u = small
    fit = partial_pooling(y, group, X, group_predictors=u)
    codes = np.unique(group, return_inverse=True)[1]
    Z = np.column_stack([np.ones(60), X, u[group]])
    ratio = (fit.sigma_alpha / fit.sigma_y) ** 2
    _, inverse, A, gamma, residual, _ = definitions(y, Z, codes, ratio)
    np.testing.assert_allclose(fit.coefficients, gamma, rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, fit.sigma_y**2 * np.linalg.inv(A), rtol=1e-9)
    member = (codes[:, None] == np.arange(7)).astype(float)
    at = np.column_stack([np.ones(7), np.zeros((7, 2)), u.to_numpy()])
    np.testing.assert_allclose(
        fit.intercepts, at @ gamma + ratio * member.T @ inverse @ residual, rtol=1e-9
    )
    # error = at'(gamma_hat - gamma) + (b_hat - b), a linear map of (errors of y, b)
    gain = np.linalg.solve(A, Z.T @ inverse)
    lift = at @ gain + ratio * member.T @ inverse @ (np.eye(60) - Z @ gain)
    noise = lift @ lift.T
    level = lift @ member - np.eye(7)
    sd = fit.sigma_y * np.sqrt(np.diag(noise + ratio * level @ level.T))
    np.testing.assert_allclose(fit.intercept_sd, sd, rtol=1e-9)
    seen = fit.predict([[0.0, 0.0]], group="c")
    assert seen.mean[0] == pytest.approx(fit.intercepts["c"], rel=1e-12)
    assert seen.parameter_sd[0] == pytest.approx(fit.intercept_sd["c"], rel=1e-12)
    assert seen.observation_sd[0] == pytest.approx(np.hypot(sd[2], fit.sigma_y), rel=1e-9)


def test_prediction_for_a_new_group_adds_the_spread_between_groups(small):
    y, group, X, u = small
    fit = partial_pooling(y, group, X, group_predictors=u)
    new = fit.predict([[1.0, 2.0], [3.0, 0.0]], group_predictors=[[0.5], [1.5]])
    for row, at in enumerate(([1, 1, 2, 0.5], [1, 3, 0, 1.5])):
        assert new.mean[row] == pytest.approx(at @ fit.coefficients)
        sd = np.sqrt(at @ fit.covariance @ at + fit.sigma_alpha**2)
        assert new.parameter_sd[row] == pytest.approx(sd)
    assert (new.observation_sd > new.parameter_sd).all()


def test_predictors_to_predict_at_come_flat_or_as_frames_by_name(small):
    y, group, X, u = small
    level = partial_pooling(y, group, group_predictors=u)
    new = level.predict(group_predictors=[0.5, 1.5])
    np.testing.assert_allclose(new.mean, level.coefficients @ [[1, 1], [0.5, 1.5]])
    frame = level.predict(group_predictors=pd.DataFrame({"other": [9, 9], "u": [0.5, 1.5]}))
    np.testing.assert_array_equal(new.mean, frame.mean)
    both = partial_pooling(y, group, X)
    one = both.predict([1.0, 2.0])  # two numbers for two columns: one row
    assert one.mean == pytest.approx([both.coefficients @ [1, 1, 2]])
    many = both.predict([[1.0, 2.0]], group=["a", "g"])  # one row for many groups
    turned = both.predict(pd.DataFrame({"x2": [2.0], "x1": [1.0]}), group=["a", "g"])
    np.testing.assert_array_equal(many.mean, turned.mean)
    assert many.mean.shape == (2,)


def test_three_poolings_side_by_side(small):
    y, group, _, _ = small
    found = multilevel.three_poolings(y, group)
    for name, fit in (("no", no_pooling(y, group)), ("partial", partial_pooling(y, group))):
        estimate, lower, upper = found[f"{name} pooling"]
        np.testing.assert_array_equal(estimate, fit.intercepts)
        np.testing.assert_allclose([estimate - lower, upper - estimate],
                                   [1.959964 * fit.intercept_sd] * 2, rtol=1e-6)  # fmt: skip
    estimate, lower, upper = found["complete pooling"]
    np.testing.assert_allclose([estimate, (lower + upper) / 2], y.mean())
    np.testing.assert_allclose(upper - lower, 3.919928 * y.std(ddof=1) / np.sqrt(60), rtol=1e-6)


def test_least_squares_fits_equal_numpys(small):
    y, group, X, _ = small
    Z = np.column_stack([np.ones(60), X])
    fit = complete_pooling(y, X)
    beta, rss = np.linalg.lstsq(Z, y)[:2]
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-10)
    error = np.sqrt(rss[0] / 57 * np.diag(np.linalg.inv(Z.T @ Z)))
    np.testing.assert_allclose(fit.standard_errors, error, rtol=1e-9)
    groups, codes = np.unique(group, return_inverse=True)
    Z = np.column_stack([codes[:, None] == np.arange(7), X]).astype(float)
    alone = no_pooling(y, group, X)
    beta, rss = np.linalg.lstsq(Z, y)[:2]
    np.testing.assert_allclose([*alone.intercepts[groups], *alone.coefficients], beta, rtol=1e-9)
    error = np.sqrt(rss[0] / 51 * np.diag(np.linalg.inv(Z.T @ Z)))
    np.testing.assert_allclose(
        [*alone.intercept_sd[groups], *alone.standard_errors], error, rtol=1e-9
    )


def test_rows_without_any_spread_have_a_likelihood_without_bound():
    fit = complete_pooling([2.0, 2.0, 2.0])
    assert fit.sigma_y == 0 and fit.deviance == -np.inf


@pytest.mark.parametrize("sigma_ratio", [0.0, 0.4, 5.0])
def test_leave_out_errors_are_those_of_refitting_without_the_rows(small, sigma_ratio):
    y, group, X, u = small
    given = {"sigma_ratio": sigma_ratio, "group_predictors": u}
    by_row = multilevel.leave_out_errors(y, group, X, **given)
    by_group = multilevel.leave_out_errors(y, group, X, **given, whole_groups=True)
    for row in (3, 20, 59):  # groups that stay when a row goes
        keep = np.arange(60) != row
        summary = group_sums(y[keep], group[keep], X[keep])
        fit = multilevel.fit_at(sigma_ratio, summary, group_predictors=u)
        expected = fit.predict(X[[row]], group=group[row]).mean[0]
        assert by_row[row] == pytest.approx(y[row] - expected, rel=1e-9)
        keep = group != group[row]
        summary = group_sums(y[keep], group[keep], X[keep])
        fit = multilevel.fit_at(sigma_ratio, summary, group_predictors=u)
        expected = fit.predict(X[[row]], group_predictors=u[group[row]]).mean[0]
        assert by_group[row] == pytest.approx(y[row] - expected, rel=1e-9)
    # the only row of its group: leaving out the row or the group is the same
    assert by_row[0] == pytest.approx(by_group[0], rel=1e-9)


# ------------------------------------------------------------------------------------ full Bayes


def test_posterior_grid_equals_one_dimensional_integration(small):
    """Second route: r = sigma_alpha / sigma_y is the only integral; N x N matrices written out.

    With p(sigma_alpha) flat and p(sigma_y^2) ~ 1/sigma_y^2, p(r | y) ~ |V|^-1/2 |A|^-1/2
    rss^(-(N-p-1)/2), and sigma_y^2 given r is rss / chi-square with N - p - 1 degrees of freedom.
    """
    y, group, X, u = small
    grid = multilevel_bayes.posterior_grid(y, group, X, group_predictors=u)
    codes = np.unique(group, return_inverse=True)[1]
    Z = np.column_stack([np.ones(60), X, u[group]])
    member = (codes[:, None] == np.arange(7)).astype(float)
    at = np.column_stack([np.ones(7), np.zeros((7, 2)), u.to_numpy()])
    t, width = np.polynomial.legendre.leggauss(80)
    t = (t + 1) / 2
    nu = 60 - 4 - 1
    rows = []
    for share, part in zip(t, width, strict=True):
        r = share / (1 - share)
        V, inverse, A, gamma, residual, rss = definitions(y, Z, codes, r**2)
        log_density = -0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1] + nu * np.log(rss))
        sigma_y = np.sqrt(rss / 2) * np.exp(gammaln((nu - 1) / 2) - gammaln(nu / 2))
        level = at @ gamma + r**2 * member.T @ inverse @ residual
        rows.append([log_density + np.log(part / (1 - share) ** 2), r * sigma_y, sigma_y, *gamma])
        rows[-1] += list(level)
    rows = np.array(rows)
    mass = np.exp(rows[:, 0] - rows[:, 0].max())
    exact = mass @ rows[:, 1:] / mass.sum()
    found = [grid.mean(lambda a, b: a), grid.mean(lambda a, b: b), *grid.coefficient_means]
    np.testing.assert_allclose([*found, *grid.intercepts], exact, rtol=2e-5)


def test_posterior_grid_does_not_depend_on_its_nodes(tables):
    radon = tables["radon"]
    few = multilevel_bayes.posterior_grid(radon["y"], radon["county"], radon[["floor"]], nodes=120)
    many = multilevel_bayes.posterior_grid(radon["y"], radon["county"], radon[["floor"]], nodes=300)
    np.testing.assert_allclose(few.intercepts, many.intercepts, rtol=1e-9)
    np.testing.assert_allclose(few.coefficient_means, many.coefficient_means, rtol=1e-9)
    assert (few.sigma_alpha_density * few.width).sum() == pytest.approx(1)
    shares = [0.025, 0.5, 0.975]
    np.testing.assert_allclose(few.quantile(shares), many.quantile(shares), rtol=2e-4)


def test_quantiles_of_sigma_alpha_are_those_of_its_running_sum(small):
    """Second route: with many nodes, half of a node's own mass lies below it."""
    y, group, X, u = small
    grid = multilevel_bayes.posterior_grid(y, group, X, group_predictors=u, nodes=400)
    below = np.cumsum(grid.sigma_alpha_mass) - grid.sigma_alpha_mass / 2
    shares = [0.025, 0.2, 0.5, 0.8, 0.975]
    expected = np.interp(shares, below, grid.sigma_alpha)
    np.testing.assert_allclose(grid.quantile(shares), expected, rtol=2e-3)
    few = multilevel_bayes.posterior_grid(y, group, X, group_predictors=u, nodes=80)
    np.testing.assert_allclose(few.quantile(shares), expected, rtol=2e-3)


def test_a_prior_for_sigma_alpha_is_used(small):
    y, group, X, _ = small
    flat = multilevel_bayes.posterior_grid(y, group, X)
    tight = multilevel_bayes.posterior_grid(y, group, X, log_prior=lambda s: -((s / 0.1) ** 2) / 2)
    assert tight.mean(lambda a, b: a) < 0.3 * flat.mean(lambda a, b: a)
    at = flat.sigma_alpha
    weighed = flat.sigma_alpha_mass * np.exp(-((at / 0.1) ** 2) / 2)
    assert tight.mean(lambda a, b: a) == pytest.approx(weighed @ at / weighed.sum(), rel=1e-6)


def test_gibbs_agrees_with_exact_integration(tables):
    """Largest |z| < 4.5 and RMS within 0.7 to 1.3 over mu, beta, both sigmas and 85 intercepts."""
    radon = tables["radon"]
    data = (radon["y"], radon["county"], radon[["floor"]])
    grid = multilevel_bayes.posterior_grid(*data)
    draws = multilevel_bayes.gibbs(*data, chains=8, draws=4000, rng=np.random.default_rng(72))
    exact = {
        "intercept": grid.coefficient_means[0],
        "floor": grid.coefficient_means[1],
        "sigma_alpha": grid.mean(lambda a, b: a),
        "sigma_y": grid.mean(lambda a, b: b),
        "intercepts": grid.intercepts.to_numpy(),
    }
    z = []
    for name, truth in exact.items():
        sample = draws[name].reshape(8, 4000, -1)
        ess = array_stats.ess(sample, chain_axis=0, draw_axis=1, method="mean")
        z += list((sample.mean((0, 1)) - truth) / (sample.std((0, 1)) / np.sqrt(ess)))
    assert len(z) == 89
    assert np.max(np.abs(z)) < 4.5
    assert 0.7 < np.sqrt(np.mean(np.square(z))) < 1.3
    variance = grid.mean(lambda a, b: a**2) - grid.mean(lambda a, b: a) ** 2
    np.testing.assert_allclose(draws["sigma_alpha"].std(), np.sqrt(variance), rtol=0.03)
    np.testing.assert_allclose(
        np.quantile(draws["sigma_alpha"], [0.1, 0.5, 0.9]),
        grid.quantile([0.1, 0.5, 0.9]),
        rtol=0.02,
    )


def test_gibbs_with_predictors_far_from_zero(small):
    y, group, X, _ = small
    data = (y, group, X + 100)
    grid = multilevel_bayes.posterior_grid(*data)
    draws = multilevel_bayes.gibbs(*data, chains=4, draws=4000, rng=np.random.default_rng(73))
    for name, mean in zip(grid.names, grid.coefficient_means, strict=True):
        assert abs(draws[name].mean() - mean) < 0.1 * draws[name].std(), name
    for name in (*grid.names, "sigma_alpha", "sigma_y"):  # no chain follows another
        assert np.abs(np.corrcoef(draws[name])[np.triu_indices(4, 1)]).max() < 0.15, name
    assert draws["intercepts"].shape == (4, 4000, 7)
    table = draws.summary()
    assert list(table.index) == ["intercept", "x1", "x2", "sigma_y", "sigma_alpha"]
    assert table.loc["x1", "mean"] == pytest.approx(draws["x1"].mean())
    assert (table["r_hat"] < 1.01).all()


def test_the_bayesian_fits_refuse_what_has_no_posterior(small):
    y, group, X, _ = small
    few = np.isin(group, ["f", "g"])
    with pytest.raises(ValueError, match="at least 3 groups"):
        multilevel_bayes.gibbs(y[few], group[few], X[few], rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="at least 3 groups"):
        multilevel_bayes.posterior_grid(y[few], group[few], X[few])
    with_prior = multilevel_bayes.posterior_grid(y[few], group[few], log_prior=lambda s: -(s**2))
    assert np.isfinite(with_prior.intercepts).all()
    with pytest.raises(TypeError, match=r"rng: a numpy.random.Generator"):
        multilevel_bayes.gibbs(y, group, X, rng=1)
    with pytest.raises(ValueError, match="draws: must be >= 1"):
        multilevel_bayes.gibbs(y, group, X, draws=0, rng=np.random.default_rng(1))


# ------------------------------------------------------------------------ summaries and labels


def test_a_table_made_by_group_by_gives_the_fit_of_the_rows(small):
    y, group, X, u = small
    rows = pd.DataFrame({"y": y - 5, "a": X[:, 0] - 3, "b": X[:, 1] - 3, "n": 1.0})
    for left, right in (("y", "y"), ("a", "y"), ("b", "y"), ("a", "a"), ("a", "b"), ("b", "b")):
        rows[f"{left}*{right}"] = rows[left] * rows[right]
    parts = [part.groupby(group[part.index]).sum() for part in (rows[:31], rows[31:])]
    table = pd.concat(parts).groupby(level=0).sum()
    sums = GroupSums.from_table(table, X=("a", "b"), centre={"y": 5, "a": 3, "b": 3})
    found = multilevel.fit_sums(sums, group_predictors=u)
    wanted = partial_pooling(y, group, X, group_predictors=u)
    np.testing.assert_allclose(found.coefficients, wanted.coefficients, rtol=1e-10)
    np.testing.assert_allclose(found.intercepts, wanted.intercepts, rtol=1e-10)
    np.testing.assert_allclose(found.intercept_sd, wanted.intercept_sd, rtol=1e-10)
    assert found.sigma_alpha == pytest.approx(wanted.sigma_alpha, rel=1e-9)


def test_shifting_the_data_far_from_zero_moves_the_intercepts_only(small):
    y, group, X, u = small
    fit = partial_pooling(y, group, X, group_predictors=u)
    far = partial_pooling(y + 1e6, group, X - 1e5, group_predictors=u)
    np.testing.assert_allclose(far.coefficients[1:], fit.coefficients[1:], rtol=1e-6)
    assert far.sigma_alpha == pytest.approx(fit.sigma_alpha, rel=1e-6)


@pytest.mark.parametrize(
    "relabel",
    [
        lambda group: [(label, 1) for label in group],
        lambda group: [ord(label) for label in group],
        lambda group: pd.Categorical(group),
        lambda group: [label if label < "d" else ord(label) for label in group],
    ],
    ids=["tuples", "integers", "categorical", "mixed"],
)
def test_any_hashable_labels_will_do(small, relabel):
    y, group, X, _ = small
    labels = relabel(group)
    fit = partial_pooling(y, labels, X)
    again = partial_pooling(y, group, X)
    for table, name in ((fit.intercepts, "intercept"), (fit.intercept_sd, "intercept_sd")):
        assert (table.name, table.index.name, table.index.nlevels) == (name, "group", 1)
    for label, name in zip(labels, group, strict=True):
        assert fit.intercepts.loc[[label]].iloc[0] == pytest.approx(again.intercepts[name])
        assert fit.predict([[0, 0]], group=label).mean[0] == pytest.approx(again.intercepts[name])


def test_predictors_are_named_and_read_in_every_form(small):
    y, group, X, u = small
    first = pd.Series(X[:, 0], name="first")
    assert partial_pooling(y, group, first).names == ("intercept", "first")
    assert partial_pooling(y, group, first.rename(None)).names == ("intercept", "x1")
    assert partial_pooling(y, group, np.empty((60, 0))).names == ("intercept",)
    by_group = partial_pooling(y, group, X, group_predictors=u[::-1])  # by its index
    assert by_group.names == ("intercept", "x1", "x2", "u")
    for by_row in (u[group], u[group].to_numpy(), pd.DataFrame({"soil": u[group].to_numpy()})):
        again = partial_pooling(y, group, X, group_predictors=by_row)
        np.testing.assert_allclose(by_group.coefficients, again.coefficients, rtol=1e-12)
    rows = np.column_stack([u[group], u[group] ** 2])
    both = partial_pooling(y, group, X, group_predictors=rows)
    assert both.names == ("intercept", "x1", "x2", "u1", "u2")


def test_a_group_without_rows_gets_the_populations_estimate(small):
    y, group, X, _ = small
    summary = group_sums(y, group, X)
    more = replace(
        summary,
        groups=np.append(summary.groups, "z"),
        n=np.append(summary.n, 0.0),
        means=np.vstack([summary.means, np.zeros(3)]),
    )
    fit, plain = multilevel.fit_sums(more), multilevel.fit_sums(summary)
    np.testing.assert_allclose(fit.coefficients, plain.coefficients, rtol=1e-12)
    assert fit.intercepts["z"] == pytest.approx(fit.coefficients[0])
    assert fit.weight(0) == 0


# ------------------------------------------------------------------------------------ bad input


def test_bad_input_is_refused_by_name(small):
    y, group, X, _ = small
    broken, far = y.copy(), X.copy()
    broken[4], far[7, 1] = np.nan, np.inf
    masked = np.ma.array(y, mask=np.arange(60) == 3)
    text = pd.DataFrame({"where": group})
    hole = [None if at == 2 else label for at, label in enumerate(group)]
    refused = [
        ("y: every entry must be finite; entry 4 is nan", (broken, group, X)),
        ("y: no entry may be masked; entry 3", (masked, group, X)),
        (r"X\['x2'\]: every entry must be finite; entry 7", (y, group, far)),
        (r"X\['where'\]: real numbers", (y, group, text)),
        ("y has 60, group has 59", (y, group[1:], X)),
        ("y has 60, X has 59", (y, group, X[1:])),
        ("at least one entry", ([], [])),
        ("label is missing at entry 2", (y, hole)),
    ]
    for message, rows in refused:
        with pytest.raises((TypeError, ValueError), match=message):
            partial_pooling(*rows)
    with pytest.raises(ValueError, match='method: "reml" or "ml"'):
        partial_pooling(y, group, X, method="mle")


@pytest.mark.parametrize("fit", [complete_pooling, no_pooling, partial_pooling])
def test_a_rank_deficient_design_names_the_column(small, fit):
    y, group, X, _ = small
    rows = (y,) if fit is complete_pooling else (y, group)
    frame = pd.DataFrame(X, columns=["first", "second"])
    with pytest.raises(ValueError, match="rank-deficient: column 'third' is a combination"):
        fit(*rows, frame.assign(third=1 + frame["first"] - 2 * frame["second"]))
    with pytest.raises(ValueError, match="rank-deficient: column 'ones'"):
        fit(*rows, frame.assign(ones=0.1))
    with pytest.raises(ValueError, match="rank-deficient: column 'zeros'"):
        fit(*rows, frame.assign(zeros=0.0))


def test_a_column_constant_within_groups_cannot_have_a_no_pooling_slope(small):
    y, group, X, u = small
    with pytest.raises(ValueError, match="'x3' is a combination of the groups' intercepts"):
        no_pooling(y, group, np.column_stack([X, u[group]]))


def test_group_predictors_must_belong_to_the_groups(small):
    y, group, X, u = small
    with pytest.raises(ValueError, match=r"group_predictors.*constant within a group; group 'b'"):
        partial_pooling(y, group, group_predictors=X[:, 0])
    with pytest.raises(ValueError, match="group 'c' has no value"):
        partial_pooling(y, group, group_predictors=u.drop("c"))
    with pytest.raises(ValueError, match="more than 7 groups"):
        partial_pooling(y, group, group_predictors=pd.DataFrame(np.eye(7)[:, :6], index=u.index))
    for nonsense in (5, [], u.to_numpy()):
        with pytest.raises(ValueError, match="group_predictors"):
            partial_pooling(y, group, group_predictors=nonsense)


def test_what_is_asked_of_a_fit_must_match_it(small):
    y, group, X, u = small
    fit = partial_pooling(y, group, X, group_predictors=u)
    refused = [
        ("group: 'q' is not in the fit", ([[0, 0]],), {"group": ["a", "q"]}),
        ("X: 2 column", (), {"group": "a"}),
        ("X: 2 column", ([1.0, 2.0, 3.0],), {"group": "a"}),
        ("X: 2 column", ([[1.0], [2.0]],), {"group": "a"}),
        ("X: every entry must be finite", (pd.DataFrame({"x1": [1.0]}),), {"group": "a"}),
        ("group_predictors: 1 column", ([[0, 0]],), {}),
        ("a seen group has its own", ([[0, 0]],), {"group": "a", "group_predictors": [1]}),
        ("X and group: equal lengths", (np.ones((3, 2)),), {"group": ["a", "b"]}),
    ]
    for message, rows, options in refused:
        with pytest.raises(ValueError, match=message):
            fit.predict(*rows, **options)
    with pytest.raises(ValueError, match="n: must be finite and >= 0; entry 0 is -1"):
        fit.weight(-1)
    with pytest.raises(ValueError, match="sigma_ratio: must be >= 0"):
        multilevel.fit_at(-1, group_sums(y, group, X))
    with pytest.raises(ValueError, match="sigma_ratio: every entry must be finite"):
        multilevel.leave_out_errors(y, group, X, sigma_ratio=np.inf)


def test_groups_that_lie_hundreds_of_sds_apart_are_fitted():
    """The variance within is a hundred-thousandth of the whole: little, but not nothing."""
    within = np.tile([-1.0, 0, 1], 6)
    fit = partial_pooling(np.repeat(np.arange(6), 3) * 250.0 + within, np.repeat(np.arange(6), 3))
    assert fit.sigma_y == pytest.approx(1.0, rel=1e-9)
    between = np.var(250.0 * np.arange(6), ddof=1)  # balanced: REML is the analysis of variance
    assert fit.sigma_alpha == pytest.approx(np.sqrt(between - 1 / 3), rel=1e-6)


def test_where_there_is_no_answer_it_says_so():
    y = np.random.default_rng(71).normal(size=12)
    with pytest.raises(ValueError, match="tell sigma_y from sigma_alpha"):
        partial_pooling(y, np.arange(12))
    with pytest.raises(ValueError, match="does not vary within groups"):
        partial_pooling(np.repeat([1.0, 2, 3], 4), np.repeat([1, 2, 3], 4))
    with pytest.raises(ValueError, match="more than 1 groups"):
        partial_pooling(y, np.zeros(12))
    with pytest.raises(ValueError, match="too few rows"):
        no_pooling(y, np.arange(12))
