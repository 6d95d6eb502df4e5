"""`helpers.multilevel` against R's lme4, against definitions written out, and on bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers import multilevel
from helpers.datasets import load_radon
from helpers.multilevel import GroupSummary, complete_pooling, no_pooling, partial_pooling

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


def test_complete_pooling_is_the_multilevel_fit_with_sigma_alpha_zero(tables):
    radon = tables["radon"]
    summary = GroupSummary.from_rows(radon["y"], radon["county"], radon[["floor"]])
    pooled = complete_pooling(radon["y"], radon[["floor"]])
    at_zero = multilevel.fit_at(0, summary)
    np.testing.assert_allclose(at_zero.coefficients, pooled.coefficients, rtol=1e-10)
    np.testing.assert_allclose(at_zero.standard_errors, pooled.standard_errors, rtol=1e-10)
    assert multilevel.fit_at(0, summary, method="ml").deviance == pytest.approx(pooled.deviance)


def test_no_pooling_is_the_multilevel_fit_with_sigma_alpha_without_bound(tables):
    radon = tables["radon"]
    summary = GroupSummary.from_rows(radon["y"], radon["county"], radon[["floor"]])
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
    summary = GroupSummary.from_rows(y, group, X)
    codes = np.unique(group, return_inverse=True)[1]
    Z = np.column_stack([np.ones(60), X, u[group]])
    profile = multilevel._Profile(summary, u)
    for ratio in (0.0, 0.1, 3.0):
        V, _, A, _, _, rss = definitions(y, Z, codes, ratio)
        freedom = 60 - (4 if method == "reml" else 0)
        wanted = freedom * (1 + np.log(2 * np.pi * rss / freedom)) + np.linalg.slogdet(V)[1]
        wanted += np.linalg.slogdet(A)[1] if method == "reml" else 0
        value, slope = profile.deviance(np.array([ratio]), method)
        assert value[0] == pytest.approx(wanted, rel=1e-12)
        step = profile.deviance(np.array([ratio + 1e-6, ratio + 2e-6]), method)[0]
        numeric = (-3 * value[0] + 4 * step[0] - step[1]) / 2e-6
        assert slope[0] == pytest.approx(numeric, rel=1e-5, abs=1e-4)


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


def test_prediction_takes_one_row_for_many_groups_and_frames_by_name(small):
    y, group, X, u = small
    frame = pd.DataFrame(X, columns=["first", "second"])
    fit = partial_pooling(y, group, frame, group_predictors=u)
    many = fit.predict([[1.0, 2.0]], group=["a", "g"])
    turned = fit.predict(pd.DataFrame({"second": [2.0], "first": [1.0]}), group=["a", "g"])
    np.testing.assert_array_equal(many.mean, turned.mean)
    assert many.mean.shape == (2,)


def test_least_squares_fits_equal_numpys(small):
    y, group, X, _ = small
    Z = np.column_stack([np.ones(60), X])
    fit = complete_pooling(y, X)
    beta, rss = np.linalg.lstsq(Z, y)[:2]
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-10)
    covariance = rss[0] / 57 * np.linalg.inv(Z.T @ Z)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-9)
    groups, codes = np.unique(group, return_inverse=True)
    Z = np.column_stack([codes[:, None] == np.arange(7), X]).astype(float)
    alone = no_pooling(y, group, X)
    beta, rss = np.linalg.lstsq(Z, y)[:2]
    np.testing.assert_allclose([*alone.intercepts[groups], *alone.coefficients], beta, rtol=1e-9)
    error = np.sqrt(rss[0] / 51 * np.diag(np.linalg.inv(Z.T @ Z)))
    np.testing.assert_allclose(
        [*alone.intercept_sd[groups], *alone.standard_errors], error, rtol=1e-9
    )


# ------------------------------------------------------------------------ summaries and labels


def test_summaries_of_parts_add_up_to_the_summary_of_all(small):
    y, group, X, u = small
    parts = [
        GroupSummary.from_rows(y[at], group[at], X[at]) for at in np.split(np.arange(60), [3, 31])
    ]
    added = parts[0] + parts[1] + parts[2]
    whole = GroupSummary.from_rows(y, group, X)
    np.testing.assert_array_equal(added.groups, whole.groups)
    np.testing.assert_allclose(added.n, whole.n)
    np.testing.assert_allclose(added.means, whole.means, rtol=1e-12)
    np.testing.assert_allclose(added.within, whole.within, rtol=1e-10)
    fit = multilevel.fit_summary(added, group_predictors=u)
    rows = partial_pooling(y, group, X, group_predictors=u)
    np.testing.assert_allclose(fit.coefficients, rows.coefficients, rtol=1e-10)


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
    for label, name in zip(labels, group, strict=True):
        assert fit.intercepts.loc[[label]].iloc[0] == pytest.approx(again.intercepts[name])
        assert fit.predict([[0, 0]], group=label).mean[0] == pytest.approx(again.intercepts[name])


def test_group_predictors_by_row_or_by_group_are_the_same(small):
    y, group, X, u = small
    by_group = partial_pooling(y, group, X, group_predictors=u)
    by_row = partial_pooling(y, group, X, group_predictors=u[group].to_numpy())
    np.testing.assert_allclose(by_group.coefficients, by_row.coefficients, rtol=1e-12)
    assert by_group.names == ("intercept", "x1", "x2", "u")


def test_a_group_without_rows_gets_the_populations_estimate(small):
    y, group, X, _ = small
    summary = GroupSummary.from_rows(y, group, X)
    more = GroupSummary(
        np.append(summary.groups, "z"),
        np.append(summary.n, 0.0),
        np.vstack([summary.means, np.zeros(3)]),
        summary.within,
        summary.names,
    )
    fit, plain = multilevel.fit_summary(more), multilevel.fit_summary(summary)
    np.testing.assert_allclose(fit.coefficients, plain.coefficients, rtol=1e-12)
    assert fit.intercepts["z"] == pytest.approx(fit.coefficients[0])
    assert fit.weight(0) == 0


# ------------------------------------------------------------------------------------ bad input


def test_bad_input_is_refused_by_name(small):
    y, group, X, _ = small
    broken = y.copy()
    broken[4] = np.nan
    with pytest.raises(ValueError, match="y: every entry must be finite; entry 4 is nan"):
        partial_pooling(broken, group, X)
    with pytest.raises(ValueError, match=r"X\['x2'\]: every entry must be finite; entry 7"):
        partial_pooling(y, group, np.where(np.arange(120).reshape(60, 2) == 15, np.inf, X))
    with pytest.raises(ValueError, match="y has 60, group has 59"):
        partial_pooling(y, group[1:], X)
    with pytest.raises(ValueError, match=r"y has 60, .* has 59"):
        partial_pooling(y, group, X[1:])
    with pytest.raises(ValueError, match="at least one entry"):
        partial_pooling([], [])
    with pytest.raises(TypeError, match=r"X\['where'\]: real numbers"):
        partial_pooling(y, group, pd.DataFrame({"where": group}))
    with pytest.raises(ValueError, match="label is missing at entry 2"):
        partial_pooling(y, [None if at == 2 else label for at, label in enumerate(group)])
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


def test_predictions_must_match_the_fit(small):
    y, group, X, u = small
    fit = partial_pooling(y, group, X, group_predictors=u)
    with pytest.raises(ValueError, match="entry 1 is 'q', which the fit has not seen"):
        fit.predict([[0, 0]], group=["a", "q"])
    with pytest.raises(ValueError, match="X: the fit had 2 column"):
        fit.predict(group="a")
    with pytest.raises(ValueError, match="group_predictors: the fit had 1 column"):
        fit.predict([[0, 0]])
    with pytest.raises(ValueError, match="group_predictors: a seen group has its own"):
        fit.predict([[0, 0]], group="a", group_predictors=[1])
    with pytest.raises(ValueError, match="n: sizes must be finite"):
        fit.weight(-1)


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
