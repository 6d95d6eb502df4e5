"""The tables of the course: what is in them, where they come from, and what is refused."""

from __future__ import annotations

import hashlib
import re
import runpy
import socket
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pooch
import pytest

from helpers import datasets
from helpers.datasets import load_county_shapes, load_kidney_cancer, load_radon

# Invented rows in the shape of the real file, in its order of columns; one code stands twice.
INVENTED = b"""# a
# b
# c
# d
"","state","Location","fips","dc","dcV","pop","aadc","dc.2","pop.2","aadc.2"
"9","NEW.YORK","Somewhere County, New York",36001,4,"VALID",1000,3.3,0,2000,0
"3","VIRGINIA","Bedford County, Virginia",51019,3,"VALID",3000,4.0,1,6000,1.0
"4","VIRGINIA","Bedford County, Virginia",51019,1,"VALID",1000,2.0,2,2000,4.0
"7","ALABAMA","Elsewhere, with comma County, Alabama",1001,0,"VALID",500,0,1,700,9.9
"""


def test_sids_schools_and_baseball():
    """README: 205 of 636 in Billy Williams' season, 195 of 591 in the rest of it."""
    sids, schools = datasets.load_sids(), datasets.load_schools()
    assert sids.shape == (100, 8) and sids["births_1974_78"].sum() == 329962
    assert schools.shape == (8, 5) and schools["not_coached"].sum() == 320
    players = datasets.load_baseball().set_index("player")
    assert players.shape == (18, 4) and players["hits"].sum() == 215
    assert players.loc["Billy Williams"].tolist() == [45, 205 - 195, 636 - 45, 195]


def test_rat_tumors():
    """Mean and variance of the raw rates as the source of notebook 04 prints them."""
    rats = datasets.load_rat_tumors()
    assert len(rats) == 71 and tuple(rats.iloc[-1]) == (4, 14)
    assert tuple(rats.iloc[:-1].sum()) == (263, 1725)
    rate = (rats["tumors"] / rats["rats"])[:-1]
    assert rate.mean() == pytest.approx(0.13600653889043893, rel=1e-12)
    assert rate.var(ddof=0) == pytest.approx(0.010557640623609196, rel=1e-12)


def test_radon():
    radon = load_radon()
    wanted = ["county", "fips", "floor", "activity", "log_radon", "uppm", "log_uranium"]
    assert list(radon.columns) == wanted and len(radon) == 919
    assert not radon.isna().any(axis=None)
    assert len(radon[["county", "fips", "uppm"]].drop_duplicates()) == 85
    assert set(radon["fips"]) <= set(load_county_shapes().rings)
    assert radon["floor"].value_counts().to_dict() == {0: 766, 1: 153}
    zero = radon["activity"] == 0
    assert zero.sum() == 3 and radon.loc[~zero, "activity"].min() == 0.1
    np.testing.assert_allclose(radon.loc[zero, "log_radon"], np.log(0.1))
    np.testing.assert_allclose(np.exp(radon["log_radon"])[~zero], radon["activity"][~zero])
    np.testing.assert_allclose(np.exp(radon["log_uranium"]), radon["uppm"])


def area(rings) -> float:
    """Area by the shoelace formula; a hole runs the other way and is taken off."""
    lines = [ring @ [1, 1j] for ring in rings]
    return abs(sum((z[:-1].conj() * z[1:]).imag.sum() / 2 for z in lines))


def test_county_shapes():
    """An equal-area projection: land areas in square miles from the US Census Bureau, 2010."""
    shapes = load_county_shapes()
    rings = shapes.rings
    assert len(rings) == 3142
    assert all((ring[0] == ring[-1]).all() for county in rings.values() for ring in county)
    scale = 20_057 / area(rings["06071"])  # San Bernardino, California
    for code, square_miles in {"04005": 18_619, "48301": 669, "27137": 6_247 + 613}.items():
        assert area(rings[code]) * scale == pytest.approx(square_miles, rel=0.03), code
    # y points downwards: Cook in Minnesota stands above Miami-Dade in Florida.
    assert rings["27031"][0][:, 1].max() < rings["12086"][0][:, 1].min()
    maui, inland = shapes.paths(["15009", "06071"])  # Maui is several islands
    assert len(maui.to_polygons()) == len(rings["15009"]) > 1
    np.testing.assert_array_equal(inland.to_polygons()[0], rings["06071"][0])


def test_borders_are_county_lines_of_two_states_or_of_a_coast():
    """By a second route: every step of every ring, with the counties that walk it."""

    def steps(line):
        return [tuple(sorted(step)) for step in pairwise(map(tuple, line.tolist()))]

    shapes, who = load_county_shapes(), defaultdict(list)
    for code, rings in shapes.rings.items():
        for step in (step for ring in rings for step in steps(ring)):
            who[step].append(code)
    wanted = {s for s, codes in who.items() if len(codes) == 1 or len({c[:2] for c in codes}) > 1}
    drawn = {step for line in shapes.borders for step in steps(line)}
    assert wanted <= drawn
    # The rest are cracks at a coast, where one county comes back the way it went.
    assert all(len(who[step]) > len(set(who[step])) for step in drawn - wanted)


def test_real_kidney_table(real_kidney):
    """Totals as published with the design of the course; 49 states (no Alaska) and the District."""
    deaths = real_kidney.filter(like="deaths").sum(axis=1)
    person_years = real_kidney.filter(like="person_years").sum(axis=1)
    assert (deaths.sum(), person_years.sum(), (deaths == 0).sum()) == (49_409, 981_733_050, 249)
    assert len(real_kidney) == 3109 and real_kidney["fips"].is_monotonic_increasing
    assert real_kidney["state"].nunique() == 50 and not real_kidney.isna().any(axis=None)


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """Neither mirror nor cache: whatever the machine has is out of sight. Returns the cache."""
    monkeypatch.delenv(datasets.MIRROR, raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda _: tmp_path / "cache")
    return tmp_path / "cache"


def test_twin_has_the_real_counties(real_kidney, nowhere):
    twin = load_kidney_cancer()
    assert [*real_kidney.columns, "true_rate"] == list(twin.columns)
    assert (real_kidney.dtypes == twin.dtypes[:-1]).all()
    assert real_kidney.iloc[:, :3].equals(twin.iloc[:, :3])
    assert (twin.filter(like="person").sum() == real_kidney.filter(like="person").sum()).all()


def test_twin_is_one_gamma_poisson_sample(nowhere):
    """Rates Gamma(20, 430000), deaths Poisson given the rates; four standard errors allowed."""
    twin = load_kidney_cancer()
    assert twin.attrs["source"] == "twin" and not nowhere.exists(), "loading writes nothing"
    assert twin.filter(like="deaths").sum().tolist() == [22621, 23599], "as drawn first"
    rate, sd = twin["true_rate"], np.sqrt(20) / 430_000
    assert abs(rate.mean() - 20 / 430_000) < 4 * sd / np.sqrt(len(twin))
    # Var(s²) is about sd⁴ (2 + excess kurtosis) / J, and the excess kurtosis is 6/20.
    assert abs(rate.var() / sd**2 - 1) < 4 * np.sqrt(2.3 / len(twin))
    for period in ("1980_84", "1985_89"):
        deaths, expected = twin[f"deaths_{period}"], twin[f"person_years_{period}"] * rate
        dispersion = ((deaths - expected) ** 2 / expected).mean()
        assert abs(dispersion - 1) < 4 * np.sqrt((2 + 1 / expected).mean() / len(twin))


def write(folder: Path, content: bytes = INVENTED) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / datasets.KIDNEY_FILE
    path.write_bytes(content)
    return path


@pytest.fixture
def download(nowhere, monkeypatch):
    """Take the invented rows for the pinned file; stand in for the network, by what is returned."""
    monkeypatch.setattr(datasets, "KIDNEY_SHA256", hashlib.sha256(INVENTED).hexdigest())

    def fetch(url, output_file, _):
        fetch.calls += 1
        Path(output_file).write_bytes(fetch.content)
        if fetch.error:
            raise fetch.error

    fetch.calls, fetch.content, fetch.error = 0, INVENTED, None
    monkeypatch.setattr(pooch.core, "choose_downloader", lambda *_, **__: fetch)
    return fetch


def test_the_table_is_fetched_once_and_read(download, nowhere, capsys):
    for _ in range(2):
        assert datasets.main("--fetch") == 0
        assert str(nowhere) in capsys.readouterr().out
    table = load_kidney_cancer()
    assert download.calls == 1 and table.attrs["source"] == "real"
    assert table["fips"].tolist() == ["01001", "36001", "51019"]
    assert table["state"].tolist() == ["Alabama", "New York", "Virginia"]
    assert table.loc[0, "county"] == "Elsewhere, with comma County"
    bedford = table.filter(like="_19").iloc[-1].tolist()  # (4 x 3000 + 2 x 1000) / 4000 = 3.5
    assert bedford == [4, 4000, 3.5, 3, 8000, 1.8]  # and 1.75, to one decimal as the others


def test_the_mirror_is_read_where_it_is(download, nowhere, monkeypatch, tmp_path):
    monkeypatch.setenv(datasets.MIRROR, str(tmp_path))
    write(tmp_path)
    assert load_kidney_cancer().attrs["source"] == "real"
    assert datasets.main("--fetch") == 0
    assert download.calls == 0 and not nowhere.exists(), "nothing is fetched or copied"


def test_a_mirror_without_the_file_warns_and_gives_the_twin(download, nowhere, monkeypatch, capsys):
    write(nowhere)  # the cache is not a second choice
    monkeypatch.setenv(datasets.MIRROR, "not there")
    with pytest.warns(UserWarning) as seen:
        assert load_kidney_cancer().attrs["source"] == "twin"
    assert [warning.filename for warning in seen] == [__file__]
    assert datasets.main("--fetch") == 1 and download.calls == 0
    told = capsys.readouterr().err
    for words in (datasets.MIRROR, "not there", datasets.KIDNEY_FILE, "simulated", "make data"):
        assert words in str(seen[0].message) and words in told


def test_a_wrong_file_is_refused_with_both_sums(nowhere):
    path = write(nowhere)
    with pytest.raises(ValueError) as refusal:
        load_kidney_cancer()
    for words in (str(path), hashlib.sha256(INVENTED).hexdigest(), datasets.KIDNEY_SHA256):
        assert words in str(refusal.value)


@pytest.mark.parametrize("old", [None, b"an older file"])
@pytest.mark.parametrize("error", [None, ConnectionError("nobody answers")])
def test_a_wrong_download_is_refused_and_nothing_lost(download, nowhere, capsys, error, old):
    download.content, download.error = INVENTED[:90], error
    if old:
        write(nowhere, old)
    assert datasets.main("--fetch") == 1
    told = capsys.readouterr().err
    for words in ("nobody answers" if error else "SHA256", "make data", datasets.MIRROR):
        assert words in told
    left = {path.name: path.read_bytes() for path in nowhere.iterdir()}
    assert left == ({datasets.KIDNEY_FILE: old} if old else {}), "and no temporary file"
    assert datasets.main("--fetch", "--if-possible") == 0
    if not old:
        assert load_kidney_cancer().attrs["source"] == "twin"


def test_loading_never_touches_the_network(nowhere, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(socket, "getaddrinfo", None)
    for name in filter(re.compile("load_").match, dir(datasets)):
        getattr(datasets, name)()


def shipped() -> dict[str, str]:
    """Return the sha256 of every file of the data folder that is not made by hand."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in datasets.DATA.iterdir()
        if path.is_file() and path.name not in {"README.md", "rebuild.py", ".gitattributes"}
    }


def test_files_are_those_of_the_readme():
    """The sums, what each table is, and the pinned address of the one that is fetched."""
    text = (datasets.DATA / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", text, flags=re.MULTILINE))
    assert listed == shipped()
    assert all(f"## {name}" in text or f"[{name}]({name})" in text for name in listed)
    assert datasets.KIDNEY_SHA256 in text and datasets.KIDNEY_URL.split("/")[-2] in text
    for path in datasets.DATA.iterdir():  # under whatever name
        assert path.is_dir() or b"VALID" not in path.read_bytes(), "rows of the real kidney table"


def test_rebuilding_gives_the_same_bytes(tmp_path):
    script = runpy.run_path(str(datasets.DATA / "rebuild.py"))
    if not script["FOLDER"].is_dir():
        pytest.skip("no sources are here (data/rebuild.py fetches them): nothing was rebuilt")
    assert script["rebuild"](script["FOLDER"], tmp_path) == shipped()
