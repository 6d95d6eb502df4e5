"""Explorables as characters, and the bundle: built from the committed scripts, with licences."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from helpers import datasets, explore, maps, plots


def held(html) -> list:
    told = re.search(r"currentScript\.parentElement,\.\.\.(\[.*\])\]\);</script>", html.data)
    return json.loads(told[1])


def test_the_output_is_small_the_same_every_time_and_asks_for_nothing():
    first, second = explore.weight(), explore.weight()
    assert first.data == second.data
    assert len(first.data.encode()) < explore.LARGEST
    assert len(explore.weight(code=False).data) < 1500
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\s*\(|\bsrc=|url\(", first.data)


def test_numbers_and_colours_are_handed_over():
    name, data = held(explore.weight(n=7, prior_sample_size=2, own=10, everyone=1, code=False))
    assert name == "weight"
    assert (data["n"], data["n0"], data["own"], data["all"]) == (7, 2, 10, 1)
    assert data["colors"] == {
        "none": plots.NO_POOLING.color,
        "complete": plots.COMPLETE_POOLING.color,
        "partial": plots.PARTIAL_POOLING.color,
        "high": maps.HIGH,
        "low": maps.LOW,
        "mine": maps.MINE,
    }


def test_a_sentence_with_the_right_numbers_stands_where_no_script_runs():
    told = explore.weight(n=3, prior_sample_size=11, own=50, everyone=30)
    bare = re.sub(r"<script>.*?</script>", "", told.data, flags=re.DOTALL)
    assert re.sub(r"<[^>]+>", "", bare).strip() == repr(told)
    assert "3 / 14: its estimate is 34.3 minutes" in repr(told)


@pytest.fixture(scope="module")
def counties():
    return datasets._read("kidney_twin.csv")


def test_the_twin_is_handed_over_whole(counties):
    told = explore.twin()
    assert told.data == explore.twin().data
    name, data = held(told)
    assert name == "twin"
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
    sizes = [len(explore.twin(small=small, code=False).data.encode()) for small in (False, True)]
    assert sizes[0] < 100_000 and sizes[1] < 70_000


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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"n": 0}, "n: a whole number from 1 to 1000 is wanted; got 0"),
        ({"n": 1001}, "n: a whole number from 1 to 1000 is wanted; got 1001"),
        ({"prior_sample_size": 2.5}, "prior_sample_size: a whole number from 0 to 1000"),
        ({"own": 30}, "own: must differ from everyone"),
    ],
)
def test_bad_input_is_refused(change, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        explore.weight(**change)


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
