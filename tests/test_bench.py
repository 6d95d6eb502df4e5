"""The benchmark's own code, without the other programs: lists agree, and every writer writes.

Nothing here looks at a clock: speed is measured by `make bench`, never tested.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "tests" / "bench"


@pytest.fixture
def bench(monkeypatch):
    """The scripts, importable as when they run."""
    monkeypatch.syspath_prepend(str(BENCH))
    import bench

    yield bench
    for name in ("bench", "clock", "kidney", "radon", "rats"):
        sys.modules.pop(name, None)


def requirements(name):
    text = (BENCH / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if re.match("[a-zA-Z]", line)]


def pins(path):
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ \\]+)", text, flags=re.MULTILINE))


def test_lock_is_hashed_names_no_index_and_pins_what_is_asked_for():
    text = (BENCH / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]
    locked = pins(BENCH / "requirements.lock")
    for wanted in map(Requirement, requirements("requirements.in")):
        assert wanted.specifier.contains(locked[wanted.name]), wanted.name


def test_the_extra_for_large_tables_is_what_the_benchmark_uses():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]["scale"]) <= set(requirements("requirements.in"))


def test_the_course_is_measured_with_its_own_versions():
    course, locked = pins(ROOT / "requirements.lock"), pins(BENCH / "requirements.lock")
    for name in ("numpy", "scipy", "pandas", "arviz-stats"):
        assert locked[name] == course[name], f"{name}: run `make lock`"


def test_rats_measures_and_recognises_a_wrong_answer(bench):
    import rats

    exact = rats.exact()
    found = {}
    for name in ("collapsed", "gibbs", "grid", "floor"):
        small = {"chains": 4, "draws": 200}
        small |= {"warmup": 200} if name in ("collapsed", "gibbs") else {}
        found[name] = rats.measure(name, 1, small)
        assert len(found[name]["rate"]) == 2 and min(found[name]["rate"]) > 0
    assert bench.agrees(found["grid"], exact)[0]
    assert bench.warm(found["grid"], exact) > 0
    assert bench.warm(found["grid"], [x + 1 for x in exact]) == 0
    others = {name: {"error": "not here", "name": name} for name in rats.SAMPLERS}
    others["pymc"] = {**found["grid"], "name": "pymc"}
    text = bench.write_rats({"exact": {"mean": exact}, **others, **found})
    assert text.count("\n") == len(rats.SAMPLERS) + 1 and "did not run: not here" in text


def test_fits_are_measured_compared_and_written(bench):
    import kidney
    import radon

    for module, peer in ((radon, "lme4"), (kidney, "scipy")):
        found = {}
        for size in ("200", "400"):
            ours = module.ours(int(size), 2)
            wrong = {**ours, "estimates": (np.array(ours["estimates"]) * 1.01).tolist()}
            found[size] = {
                "ours": ours,
                peer: ours if size == "200" else wrong,
                "memory": module.memory(int(size), 1),
            }
        text = bench.write_fits(found, "groups", {peer: 1e-4}, "the table", 1)
        assert text.count("\n") == 3 and "yes" in text and "**no**" in text
        assert np.isfinite(bench.slope(found))
        assert found["400"]["memory"]["peak"] >= found["400"]["memory"]["input"]


def test_the_page_on_large_tables_gives_the_fit_of_the_whole(tmp_path):
    """Its code without Dask, on pieces of rows in random order: to 1e-10."""
    import re

    import pandas as pd

    from helpers.multilevel import partial_pooling

    text = (ROOT / "site" / "large_tables.md").read_text(encoding="utf-8")
    once, dask = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert "summarise" in once and "delayed(summarise)" in dask
    rng = np.random.default_rng(8)
    group = rng.integers(0, 50, 2000)
    x = rng.standard_normal(2000)
    y = 3 + 0.5 * x + rng.standard_normal(50)[group] + rng.standard_normal(2000)
    rows = pd.DataFrame({"group": group, "x": x, "y": y})
    space = {"pieces": [rows.iloc[at] for at in np.array_split(rng.permutation(2000), 7)]}
    exec(once, space)
    spread, whole = space["fit"], partial_pooling(y, group, x)
    for name in ("coefficients", "standard_errors", "intercepts", "intercept_sd"):
        np.testing.assert_allclose(getattr(spread, name), getattr(whole, name), rtol=1e-10)
    for name in ("sigma_y", "sigma_alpha", "deviance"):
        assert getattr(spread, name) == pytest.approx(getattr(whole, name), rel=1e-10)
