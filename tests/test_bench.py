"""The benchmark's own code, without the other programs: lists agree, and every writer writes.

Nothing here looks at a clock: speed is measured by `make bench`, never tested.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
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
    for name in ("bench", "clock", "course", "fits", "rats", "scale"):
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

    found = {name: {"error": "not here"} for name in rats.SAMPLERS}
    found["exact"] = {"mean": rats.exact()}
    for name in ("collapsed", "gibbs", "grid", "floor"):
        small = {"chains": 4, "draws": 200}
        small |= {"warmup": 200} if name in ("collapsed", "gibbs") else {}
        found[name] = rats.run(name, 1, small)
        assert len(found[name]["rate"]) == 2 and min(found[name]["rate"]) > 0
    found["pymc"] = found["grid"]
    assert rats.warm("grid", found) > 0 and rats.warm("nutpie", found) == 0
    text = rats.write(found)
    assert text.count("\n") == len(rats.SAMPLERS) + 1 and "did not run: not here" in text
    found["exact"] = {"mean": [x + 1 for x in rats.exact()]}
    assert rats.warm("grid", found) == 0 and "**no**" in rats.write(found)


def test_fits_are_measured_compared_and_written(bench):
    import fits

    for ours, peer in (("radon", "lme4"), ("kidney", "scipy")):
        found = {}
        for groups in (200, 400):
            own = fits.PROGRAMS[ours](groups, 2)
            wrong = {**own, "estimates": (np.array(own["estimates"]) * 1.01).tolist()}
            held = fits.PROGRAMS[f"{ours}-memory"](groups, 1)
            assert held["peak"] >= held["input"]
            found[groups] = {ours: own, peer: own if groups == 200 else wrong}
            found[groups][f"{ours}-memory"] = held
        text = fits.write(found, ours, [peer], str)
        right, wrong = text.splitlines()[2:4]
        assert "| 1× | yes (0e+00) |" in right and "| none | **no** (1e-02) |" in wrong


@pytest.fixture
def few(bench, tmp_path, monkeypatch):
    """The page's programs beside 20,000 of its rows; without pyarrow the files are pickles."""
    import scale

    programs = scale.programs()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", pd.DataFrame.to_pickle)
    read = lambda folder: pd.concat(map(pd.read_pickle, sorted(Path(folder).iterdir())))  # noqa: E731
    monkeypatch.setattr(pd, "read_parquet", read)
    exec(programs["make_rows"].replace("50_000", "200"), {})
    return programs


def run(program):
    space = {"__name__": "__main__"}
    exec(program, space)
    return space["fit"]


def test_the_page_on_large_tables_gives_the_fit_of_the_rows(few):
    """In SQLite, to 1e-10; the other programs are run by `make bench`, in their environment."""
    import scale

    whole = run(few["from_rows"])
    assert (whole.n == 1).any() and len(list(Path("rows").iterdir())) == 8
    assert scale.off_by(run(few["with_sqlite"]), whole) < 1e-10
    in_files = few["with_duckdb"].split('"""')[1].replace("'rows/*.parquet'", "rows")
    assert in_files == few["with_sqlite"].split('"""')[1]


def test_a_program_that_fails_or_differs_is_written_as_such(bench):
    import scale

    ran = [{"seconds": 2.0, "peak": 3e8}]
    found = {"rows": 10, "groups": 3, "alone": 1, "off": {"from_rows": 0, "a": 1e-12, "b": 1e-3}}
    found["programs"] = {"from_rows": ran, "a": ran, "b": ran, "c": [{"error": "not here"}]}
    a, b, c = scale.write(found).splitlines()[3:6]
    assert "| 1× | yes (1e-12) |" in a and "**no** (1e-03)" in b and "failed: not here" in c


def test_the_traps_on_the_page_on_large_tables(few):
    """About 0, six digits are lost at a mean of 1000; at a million there is an error instead."""
    import scale

    whole = run(few["from_rows"])
    about_0 = few["with_sqlite"].replace("x - 3", "x").replace("y - 1000", "y")
    about_0 = about_0.replace(", centre=centre", "")
    assert 1e-13 < scale.off_by(run(about_0), whole) < 1e-7
    with pytest.raises(ValueError, match="y: it lies too far from its centre"):
        run(about_0.replace("SELECT county, x AS x, y AS y", "SELECT county, x, y + 1e6 AS y"))
    with pytest.raises(ValueError, match=re.escape("y*y: no rows have these sums")):
        run(few["with_sqlite"].replace("SUM(y*y)", "SUM(y*y) % 64"))
    with pytest.raises(ValueError, match="centre: 'Y' is neither y nor in X"):
        run(few["with_sqlite"].replace('{"x": 3, "y": 1000}', '{"x": 3, "Y": 1000}'))
    halves = few["with_sqlite"].replace("GROUP BY county", "GROUP BY county, x > 3")
    assert scale.off_by(run(halves), whole) < 1e-10
