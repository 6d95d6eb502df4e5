"""Explorables as characters, and the bundle: built from the committed scripts, with licences."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from helpers import datasets, explore, maps, plots
from tests import town, tumors
from tests.explorables import EXPLORABLES
from tests.town import estimates, exact


def held(html) -> list:
    told = re.search(r"currentScript\.parentElement,\.\.\.(\[.*\])\]\);</script>", html.data)
    return json.loads(told[1])


@pytest.mark.parametrize("name", EXPLORABLES)
def test_the_output_is_small_the_same_every_time_and_asks_for_nothing(name):
    told, bare = getattr(explore, name)(), getattr(explore, name)(code=False)
    assert told.data == getattr(explore, name)().data
    assert len(told.data.encode()) < explore.LARGEST
    assert len(bare.data.encode()) < EXPLORABLES[name].most
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\s*\(|\bsrc=|url\(", told.data)
    assert held(bare)[0] == name
    assert held(bare)[1]["colors"] == {
        "none": plots.NO_POOLING.color,
        "complete": plots.COMPLETE_POOLING.color,
        "partial": plots.PARTIAL_POOLING.color,
        "high": maps.HIGH,
        "low": maps.LOW,
        "mine": maps.MINE,
    }
    text = re.sub(r"<script>.*?</script>", "", told.data, flags=re.DOTALL)
    assert re.sub(r"<[^>]+>", "", text).strip() == repr(told), "where no script runs"


def test_the_sentences_of_the_garages_have_the_right_numbers():
    _, data = held(explore.weight())
    n, n0, own, everyone = (data[name] for name in ("n", "n0", "own", "all"))
    assert data["mark"]["value"] == n0 == round(10**2 / 3**2)
    estimate = np.average([own, everyone], weights=[n, n0])
    assert f"{n} / {n + n0}: its estimate is {estimate:.1f} minutes" in repr(explore.weight())

    _, data = held(explore.town())
    assert (data["mean"], data["sigma"], data["seed"]) == (town.MEAN, town.SIGMA, town.SEED)
    none, complete, naive, _, known = exact(data["tau"], data["n"], data["J"])
    told = re.findall(r"\d+\.\d", repr(explore.town()))
    assert told == [f"{error:.1f}" for error in (none, complete, naive, known)]
    assert told == ["33.3", "11.4", "15.3", "9.7"]


@pytest.mark.parametrize("tau, n, J", [(3, 3, 10), (0, 1, 3), (1, 10, 40), (6, 2, 5)])
def test_the_exact_errors_of_the_town_are_those_of_a_long_run(tau, n, J):
    drawn = np.random.default_rng(217).standard_normal((2, 50_000, J))
    truth, _, five = estimates(drawn, tau, n, J)
    each = ((five - truth) ** 2).mean(axis=2)
    z = (each.mean(axis=1) - exact(tau, n, J)) / (each.std(axis=1) / np.sqrt(each.shape[1]))
    assert np.all(np.abs(z) < 4)


@pytest.fixture(scope="module")
def counties():
    return datasets._read("kidney_twin.csv")


def test_the_twin_is_handed_over_whole(counties):
    told = explore.twin()
    _, data = held(told)
    assert data["n"] == counties["person_years_1980_84"].tolist()
    assert data["deaths"] == counties["deaths_1980_84"].tolist()
    np.testing.assert_allclose(np.divide(data["rate"], 1e8), counties["true_rate"], atol=5.001e-9)
    names = [
        f"{county}, {state}"
        for state, joined in data["names"].items()
        for county in joined.replace("~", " County").split(";")
    ]
    assert names == (counties["county"] + ", " + counties["state"]).tolist()
    shapes = datasets.load_county_shapes()
    for code, *centre in zip(counties["fips"], data["x"], data["y"], strict=True):
        points = np.concatenate(shapes.rings[code])
        assert np.all((points.min(axis=0) - 1 < centre) & (centre < points.max(axis=0) + 1)), code


def test_the_twin_in_small_says_the_same_without_names():
    (_, whole), (_, small) = held(explore.twin()), held(explore.twin(small=True))
    assert small == {name: part for name, part in whole.items() if name != "names"} | {
        "small": True
    }
    assert repr(explore.twin()) == repr(explore.twin(small=True))
    assert len(explore.twin(small=True, code=False).data.encode()) < 70_000


def test_the_experiment_has_the_fitted_population_and_the_sentence_its_posterior():
    from scipy import optimize, stats

    table = datasets.load_rat_tumors()
    y, n = table["tumors"][:-1], table["rats"][:-1]

    def loss(x):
        return -stats.betabinom.logpmf(y, n, *np.exp(x)).sum()

    alpha, beta = np.exp(optimize.minimize(loss, [0, 2], method="Nelder-Mead", tol=1e-9).x)
    mean, n0 = alpha / (alpha + beta), alpha + beta
    _, data = held(explore.tumors())
    assert (data["mean"], data["n0"]) == (tumors.MEAN, tumors.N0)
    np.testing.assert_allclose([tumors.MEAN, tumors.N0], [100 * mean, n0], rtol=5e-6)
    assert [data["y"], data["n"]] == table.iloc[-1].tolist() == [4, 14]
    post = stats.beta(alpha + 4, beta + 10)
    told = re.findall(r"\d+\.\d%", repr(explore.tumors()))
    assert told == [f"{p:.1%}" for p in (mean, post.mean(), *post.interval(0.95), 4 / 14)]
    assert told == ["14.1%", "20.7%", "8.6%", "36.6%", "28.6%"]


def test_minnesota_is_handed_over_whole():
    told, radon, shapes = explore.minnesota(), datasets.load_radon(), datasets.load_county_shapes()
    _, data = held(told)
    codes = sorted(code for code in shapes.rings if code.startswith("27"))
    names = dict(zip(radon["fips"], radon["county"], strict=True))
    empty = set(codes) - set(names)
    assert [data["names"][codes.index(code)] for code in sorted(empty)] == ["Grant", "Red Lake"]
    assert data["names"][data["home"]] == "Lac qui Parle" and sum(data["n"]) == len(radon)
    corner = np.concatenate([shapes.rings[code][0] for code in codes]).min(axis=0)
    for code, path, name, n in zip(codes, data["shapes"], data["names"], data["n"], strict=True):
        assert (name, n) == (names.get(code, name), (radon["fips"] == code).sum())
        steps = np.reshape(re.findall(r"-?\d+", path), (-1, 2)).astype(int).cumsum(axis=0) / 10
        (ring,) = shapes.rings[code]
        away = np.abs(steps[:, None] - (ring - corner)).max(axis=2)
        assert away.min(axis=0).max() < 0.11 and away.min(axis=1).max() < 0.11, code
    two = radon.query("county == 'Lac qui Parle'")["log_radon"].mean()
    n0 = data["fitted"][0]
    means = radon.groupby("fips")["log_radon"].agg(["mean", "size"])
    centre = np.average(means["mean"], weights=1 / (1 / n0 + 1 / means["size"]))
    pooled = (2 * two + n0 * centre) / (2 + n0)
    told = re.findall(r"\d+\.\d+", repr(told))
    assert told == [f"{np.exp(two):.1f}", f"{n0}", f"{np.exp(pooled):.1f}", f"{np.exp(centre):.1f}"]


def test_the_fitted_n0_and_the_errors_are_those_of_the_counties(counties):
    from scipy.optimize import minimize
    from scipy.stats import nbinom

    y, n = counties["deaths_1980_84"], counties["person_years_1980_84"]

    def loss(x):  # negative binomial counts: Gamma rates, integrated out
        mean, n0 = np.exp(x)
        return -nbinom.logpmf(y, mean * n0, n0 / (n0 + n)).sum()

    fitted = np.exp(minimize(loss, np.log([5e-5, 1e5]), method="Nelder-Mead").x[1])
    n0 = held(explore.twin())[1]["n0"]
    np.testing.assert_allclose(n0, fitted, rtol=0.005)
    mean = sum(y) / sum(n)
    weight = n / (n + n0)
    told = [
        f"{1e5 * np.sqrt(np.mean((rate - counties['true_rate']) ** 2)):.2f}"
        for rate in (y / n, mean, weight * y / n + (1 - weight) * mean)
    ]
    assert re.findall(r"\d+\.\d+", repr(explore.twin())) == told
    assert f"n0, {n0:,} person-years" in repr(explore.twin())


def test_data_cannot_break_out_of_the_script():
    told = explore.show("weight", {"group": "</script><b>"}, "A sentence.", code=False)
    assert told.data.count("</script>") == 1
    assert held(told)[1]["group"] == "</script><b>"


def test_too_much_data_is_refused():
    with pytest.raises(ValueError, match="at most 200,000 bytes"):
        explore.show("weight", {"values": list(range(50_000))}, "A sentence.")


def test_the_bundle_holds_its_licences():
    text = explore.BUNDLE.read_text("utf-8")
    for module in ("d3-axis", "d3-scale", "d3-selection", "internmap"):
        assert f"{module} " in text.split("*/")[0]
    assert "Permission to use, copy, modify, and/or distribute" in text


def test_the_lock_names_no_registry(root):
    assert "://" not in (root / "site/explorables/package-lock.json").read_text("utf-8")


@pytest.mark.long
def test_the_bundle_is_built_from_the_scripts(root, tmp_path):
    folder = root / "site" / "explorables"
    if not (folder / "node_modules").is_dir() or shutil.which("node") is None:
        pytest.skip("no node_modules (make explorables): the bundle was not compared")
    target = tmp_path / "bundle.js"
    subprocess.run(["node", "build.mjs", target], cwd=folder, check=True)
    assert target.read_bytes() == explore.BUNDLE.read_bytes()
