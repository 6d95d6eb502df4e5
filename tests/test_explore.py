"""Explorables as characters, and the bundle: built from the committed scripts, with licences."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from helpers import explore, plots


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
    }


def test_a_sentence_with_the_right_numbers_stands_where_no_script_runs():
    told = explore.weight(n=3, prior_sample_size=11, own=50, everyone=30)
    bare = re.sub(r"<script>.*?</script>", "", told.data, flags=re.DOTALL)
    assert re.sub(r"<[^>]+>", "", bare).strip() == repr(told)
    assert "3 / 14: its estimate is 34.3 minutes" in repr(told)


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
