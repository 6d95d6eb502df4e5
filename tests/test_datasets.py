"""The tables of the course: what is in them, where they come from, and what is refused."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import re
import socket
import warnings
from pathlib import Path

import numpy as np
import pytest

from helpers import datasets

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared"
PERIODS = ("1980_84", "1985_89")
LOADERS = [getattr(datasets, name) for name in dir(datasets) if name.startswith("load_")]

TWIN_SHA256 = "c9bc69cfe2738f655c6dd10605968110f2ff422b5c82aa94e0af954ea4a7d020"

# Invented rows in the shape of the real file, in its order of columns; one code stands twice.
INVENTED = """# a
# b
# c
# d
"","state","Location","fips","dc","dcV","pop","aadc","dc.2","pop.2","aadc.2"
"9","NEW.YORK","Somewhere County, New York",36001,4,"VALID",1000,3.3,0,2000,0
"3","VIRGINIA","Bedford County, Virginia",51019,3,"VALID",3000,4.0,1,6000,1.0
"4","VIRGINIA","Bedford County, Virginia",51019,1,"VALID",1000,2.0,2,2000,4.0
"7","ALABAMA","Elsewhere, with comma County, Alabama",1001,0,"VALID",500,0,1,700,9.9
"""


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """Neither mirror nor cache: whatever the machine has is out of sight. Returns the cache."""
    monkeypatch.delenv(datasets.MIRROR, raising=False)
    cache = tmp_path / "cache"
    monkeypatch.setattr(datasets, "_cache", lambda: cache)
    return cache


@pytest.fixture
def invented(nowhere, monkeypatch):
    """Take the invented rows for the pinned file; returns their bytes."""
    content = INVENTED.encode()
    monkeypatch.setattr(datasets, "KIDNEY_SHA256", hashlib.sha256(content).hexdigest())
    return content


def write(folder: Path, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / datasets.KIDNEY_FILE
    path.write_bytes(content)
    return path


# The shipped tables


def test_rat_tumors():
    rats = datasets.load_rat_tumors()
    assert list(rats.columns) == ["tumors", "rats"] and len(rats) == 71
    assert tuple(rats.iloc[-1]) == (4, 14)
    assert tuple(rats.iloc[:-1].sum()) == (263, 1725)
    assert (rats.dtypes == np.int64).all()
    # Mean and variance of the raw rates, as the source of notebook 04 prints them.
    rate = (rats["tumors"] / rats["rats"])[:-1]
    assert rate.mean() == pytest.approx(0.13600653889043893, rel=1e-12)
    assert rate.var(ddof=0) == pytest.approx(0.010557640623609196, rel=1e-12)


def test_radon():
    radon = datasets.load_radon()
    wanted = ["county", "fips", "floor", "activity", "log_radon", "uppm", "log_uranium"]
    assert list(radon.columns) == wanted and len(radon) == 919
    assert radon["county"].nunique() == radon["fips"].nunique() == 85
    assert len(radon[["county", "fips", "uppm"]].drop_duplicates()) == 85
    assert radon["fips"].str.fullmatch(r"27\d{3}").all()
    assert radon["floor"].value_counts().to_dict() == {0: 766, 1: 153}
    zero = radon["activity"] == 0
    assert zero.sum() == 3 and radon.loc[~zero, "activity"].min() == 0.1
    np.testing.assert_allclose(radon.loc[zero, "log_radon"], np.log(0.1))
    np.testing.assert_allclose(np.exp(radon["log_radon"])[~zero], radon["activity"][~zero])
    np.testing.assert_allclose(np.exp(radon["log_uranium"]), radon["uppm"])
    names = set(radon["county"])
    assert {"St. Louis", "Lac qui Parle", "Lake of the Woods", "McLeod", "Hennepin"} <= names
    assert not radon.isna().any(axis=None)


def test_radon_counties_are_on_the_map():
    radon, shapes = datasets.load_radon(), datasets.load_county_shapes()
    assert radon["fips"].map(shapes.names).eq(radon["county"]).all()


@pytest.mark.parametrize(
    ("load", "shape", "sums"),
    [
        (datasets.load_sids, (100, 8), {"births_1974_78": 329962, "deaths_1974_78": 667}),
        (datasets.load_baseball, (18, 5), {"at_bats": 18 * 45, "hits": 215}),
        (datasets.load_surgical, (12, 3), {"deaths": 208, "operations": 2814}),
        (datasets.load_schools, (8, 5), {"coached": 239, "not_coached": 320}),
    ],
)
def test_small_tables(load, shape, sums):
    table = load()
    assert table.shape == shape and not table.isna().any(axis=None)
    assert {name: int(table[name].sum()) for name in sums} == sums


def test_counts_never_exceed_trials():
    sids, baseball = datasets.load_sids(), datasets.load_baseball()
    surgical = datasets.load_surgical()
    assert (sids["deaths_1979_84"] <= sids["births_1979_84"]).all()
    assert (sids["nonwhite_births_1974_78"] <= sids["births_1974_78"]).all()
    assert (baseball["remaining_hits"] < baseball["remaining_at_bats"]).all()
    assert (surgical["deaths"] < surgical["operations"]).all()


def test_baseball_row_that_disagrees_is_as_in_the_readme():
    """README: 205 of 636 in the season, 0.330 in the rest of it."""
    row = datasets.load_baseball().set_index("player").loc["Billy Williams"]
    assert row["hits"] + row["remaining_hits"] == 205
    assert row["at_bats"] + row["remaining_at_bats"] == 636
    assert round(205 / 636, 3) == 0.322
    assert round(row["remaining_hits"] / row["remaining_at_bats"], 3) == 0.330


def test_every_call_returns_a_table_of_its_own():
    first = datasets.load_rat_tumors()
    first.loc[0, "tumors"] = 99
    assert datasets.load_rat_tumors().loc[0, "tumors"] == 0


# The map


def area(rings) -> float:
    """Area by the shoelace formula; a hole runs the other way and is taken off."""
    return abs(
        sum(np.sum(r[:-1, 0] * np.diff(r[:, 1]) - r[:-1, 1] * np.diff(r[:, 0])) / 2 for r in rings)
    )


def test_county_shapes():
    shapes = datasets.load_county_shapes()
    assert len(shapes.rings) == len(shapes.names) == 3142
    assert shapes.names["27137"] == "St. Louis"
    rings = [ring for county in shapes.rings.values() for ring in county]
    assert all(ring.shape[1] == 2 and len(ring) >= 2 for ring in rings)
    # Three small cities of Virginia shrink to a line or a point at this precision.
    flat = {code for code, county in shapes.rings.items() if area(county) == 0}
    assert flat == {"51610", "51678", "51685"}
    assert all((ring[0] == ring[-1]).all() for ring in rings), "closed"
    points = np.concatenate(rings)
    x0, y0, x1, y1 = shapes.bounds
    np.testing.assert_allclose(points.min(axis=0), (x0, y0), atol=1e-6)
    np.testing.assert_allclose(points.max(axis=0), (x1, y1), atol=1e-6)
    assert x0 > -60 and x1 < 975 and y0 > 0 and y1 < 610
    # y points downwards: Cook in Minnesota stands above Miami-Dade in Florida.
    assert shapes.rings["27031"][0][:, 1].max() < shapes.rings["12086"][0][:, 1].min()


def test_county_areas_are_in_proportion():
    """An equal-area projection: land areas in square miles from the US Census Bureau, 2010."""
    rings = datasets.load_county_shapes().rings
    scale = 20_057 / area(rings["06071"])  # San Bernardino, California
    for code, square_miles in {"04005": 18_619, "48301": 669, "27137": 6_247 + 613}.items():
        assert area(rings[code]) * scale == pytest.approx(square_miles, rel=0.03), code


def test_paths_are_what_the_rings_say():
    shapes = datasets.load_county_shapes()
    codes = ["15009", "06071"]  # Maui is several islands
    maui, inland = shapes.paths(codes)
    assert len(shapes.rings["15009"]) > 1 and len(shapes.rings["06071"]) == 1
    assert len(maui.to_polygons()) == len(shapes.rings["15009"])
    np.testing.assert_array_equal(inland.to_polygons()[0], shapes.rings["06071"][0])
    assert len(shapes.paths()) == 3142


@pytest.mark.parametrize("bad", ["4012", 27137, "99999"])
def test_paths_refuse_unknown_codes(bad):
    with pytest.raises(ValueError, match=rf"fips.*five digits.*{bad}"):
        datasets.load_county_shapes().paths(["27137", bad])


# The kidney-cancer table


def test_real_totals(real_kidney):
    """Totals as published with the design of the course."""
    deaths = sum(real_kidney[f"deaths_{p}"] for p in PERIODS)
    person_years = sum(real_kidney[f"person_years_{p}"] for p in PERIODS)
    assert len(real_kidney) == real_kidney["fips"].nunique() == 3109
    assert deaths.sum() == 49_409
    assert person_years.sum() == 981_733_050
    assert (deaths == 0).sum() == 249
    assert tuple(real_kidney[f"person_years_{p}"].sum() for p in PERIODS) == datasets.PERSON_YEARS


def test_real_table_has_plain_names_and_codes(real_kidney):
    assert real_kidney["fips"].is_monotonic_increasing
    assert real_kidney["fips"].str.fullmatch(r"\d{5}").all()
    assert not real_kidney.isna().any(axis=None)
    assert "true_rate" not in real_kidney
    assert (
        real_kidney["state"].nunique() == 50
    )  # 49 states (no Alaska) and the District of Columbia
    for period in PERIODS:
        none = real_kidney[f"deaths_{period}"] == 0
        assert (real_kidney.loc[none, f"age_adjusted_rate_{period}"] == 0).all()


def test_twin_has_the_real_counties(real_kidney, nowhere):
    twin = datasets.load_kidney_cancer()
    assert [*real_kidney.columns, "true_rate"] == list(twin.columns)
    for name in ("fips", "county", "state"):
        assert real_kidney[name].tolist() == twin[name].tolist()
    assert (real_kidney.dtypes == twin.dtypes[:-1]).all()


@pytest.fixture
def twin(nowhere):
    return datasets.load_kidney_cancer()


def test_twin_says_so_and_is_complete(twin, nowhere):
    assert twin.attrs["source"] == "twin"
    assert len(twin) == twin["fips"].nunique() == 3109
    assert twin["fips"].str.fullmatch(r"\d{5}").all() and twin["fips"].is_monotonic_increasing
    assert not set(twin["fips"]) & {"04012", "08014", "35006", "51515", "46113"}
    assert not set(twin["fips"].str[:2]) & {"02", "72"}
    assert set(twin["fips"]) <= set(datasets.load_county_shapes().rings)
    rates = twin[[f"age_adjusted_rate_{period}" for period in PERIODS]]
    assert rates.isna().all(axis=None)
    assert not nowhere.exists(), "loading writes nothing"


def test_twin_has_the_real_person_years_in_total(twin):
    totals = [int(twin[f"person_years_{period}"].sum()) for period in PERIODS]
    assert sum(totals) == 981_733_050 and tuple(totals) == datasets.PERSON_YEARS
    ratio = twin["person_years_1980_84"] / twin["person_years_1985_89"]
    np.testing.assert_allclose(ratio, totals[0] / totals[1], rtol=0.01)


def test_twin_rates_are_a_gamma_sample(twin):
    """Mean 20 / 430000, standard deviation sqrt(20) / 430000; four standard errors allowed."""
    rate, number = twin["true_rate"], len(twin)
    sd = np.sqrt(20) / 430_000
    assert abs(rate.mean() - 20 / 430_000) < 4 * sd / np.sqrt(number)
    # Var(s²) is about sd⁴ (2 + excess kurtosis) / J, and the excess kurtosis is 6/20.
    assert abs(rate.var() / sd**2 - 1) < 4 * np.sqrt(2.3 / number)
    assert (rate > 0).all()


@pytest.mark.parametrize("period", PERIODS)
def test_twin_deaths_are_poisson_given_the_rates(twin, period):
    deaths = twin[f"deaths_{period}"]
    expected = twin[f"person_years_{period}"] * twin["true_rate"]
    assert abs(deaths.sum() - expected.sum()) < 4 * np.sqrt(expected.sum())
    dispersion = ((deaths - expected) ** 2 / expected).mean()
    spread = np.sqrt((2 + 1 / expected).mean() / len(twin))
    assert abs(dispersion - 1) < 4 * spread


def test_twin_is_the_same_everywhere(twin):
    """The whole numbers, bit for bit: the same under NumPy 1.26 and 2."""
    names = [f"{what}_{period}" for period in PERIODS for what in ("deaths", "person_years")]
    content = twin[names].to_numpy(dtype="<i8").tobytes()
    assert hashlib.sha256(content).hexdigest() == TWIN_SHA256
    again = datasets.load_kidney_cancer()
    assert (again["true_rate"] == twin["true_rate"]).all()


def check_invented(table):
    """The invented rows, as they should come out."""
    assert table.attrs["source"] == "real"
    assert table["fips"].tolist() == ["01001", "36001", "51019"]
    assert table["state"].tolist() == ["Alabama", "New York", "Virginia"]
    assert table["county"].tolist()[0] == "Elsewhere, with comma County"
    bedford = table.iloc[-1]
    assert (bedford["deaths_1980_84"], bedford["person_years_1980_84"]) == (4, 4000)
    assert (bedford["deaths_1985_89"], bedford["person_years_1985_89"]) == (3, 8000)
    assert bedford["age_adjusted_rate_1980_84"] == 3.5  # (4 x 3000 + 2 x 1000) / 4000
    assert bedford["age_adjusted_rate_1985_89"] == 1.8  # 1.75, to one decimal as the others
    assert table.loc[1, "age_adjusted_rate_1980_84"] == 3.3


def test_mirror_is_read_where_it_is(invented, nowhere, monkeypatch, tmp_path):
    mirror = write(tmp_path / "mirror", invented)
    monkeypatch.setenv(datasets.MIRROR, str(mirror.parent))
    check_invented(datasets.load_kidney_cancer())
    assert not nowhere.exists(), "nothing is copied"


def test_cache_is_read_without_a_mirror(invented, nowhere):
    write(nowhere, invented)
    check_invented(datasets.load_kidney_cancer())


def test_mirror_without_the_file_warns_once_and_gives_the_twin(
    invented, nowhere, monkeypatch, tmp_path
):
    write(nowhere, invented)  # the cache is not a second choice
    for folder in (tmp_path, tmp_path / "not there"):
        monkeypatch.setenv(datasets.MIRROR, str(folder))
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            table = datasets.load_kidney_cancer()
        assert table.attrs["source"] == "twin" and len(table) == 3109
        (warning,) = seen
        assert warning.category is UserWarning and warning.filename == __file__
        for words in (datasets.MIRROR, str(folder), datasets.KIDNEY_FILE, "simulated", "make data"):
            assert words in str(warning.message)


def test_empty_variable_is_as_unset(nowhere, monkeypatch):
    monkeypatch.setenv(datasets.MIRROR, "")
    assert datasets.load_kidney_cancer().attrs["source"] == "twin"


@pytest.mark.parametrize("where", ["mirror", "cache"])
@pytest.mark.parametrize("content", [b"", INVENTED.encode()])
def test_wrong_content_is_refused_with_both_sums(nowhere, monkeypatch, tmp_path, where, content):
    folder = nowhere if where == "cache" else tmp_path / "mirror"
    path = write(folder, content)
    if where == "mirror":
        monkeypatch.setenv(datasets.MIRROR, str(folder))
    with pytest.raises(ValueError) as refusal:
        datasets.load_kidney_cancer()
    for words in (str(path), hashlib.sha256(content).hexdigest(), datasets.KIDNEY_SHA256):
        assert words in str(refusal.value)


def test_loading_never_touches_the_network(nowhere, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a loader opened a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for load in LOADERS:
        load()


# Fetching it


def test_address_is_pinned():
    commit = "a9a59a25111243b49cb3ee2aa9da52fdb0a35fde"
    assert (
        f"https://raw.githubusercontent.com/robinryder/BDA-kidney/{commit}/KidneyCancerClean.csv"
    ) == datasets.KIDNEY_URL
    assert datasets.KIDNEY_SHA256 == (
        "e91233379946e949c0a7dcd3c7b0a662cf4db7b7784bcabcdd1dca385fb0b996"
    )


def server(content: bytes, error: Exception | None = None):
    """Stand in for the download: write `content`, then perhaps fail. Counts its calls."""

    def download(url, output_file, pooch):
        download.calls += 1
        assert url == datasets.KIDNEY_URL
        Path(output_file).write_bytes(content)
        if error:
            raise error

    download.calls = 0
    return download


def test_fetch_once(invented, nowhere):
    download = server(invented)
    path = datasets.fetch_kidney_cancer(downloader=download)
    assert path == nowhere / datasets.KIDNEY_FILE and path.read_bytes() == invented
    assert datasets.fetch_kidney_cancer(downloader=download) == path
    assert download.calls == 1
    check_invented(datasets.load_kidney_cancer())


def test_fetch_replaces_a_damaged_file(invented, nowhere):
    write(nowhere, b"damaged")
    datasets.fetch_kidney_cancer(downloader=server(invented))
    check_invented(datasets.load_kidney_cancer())


@pytest.mark.parametrize("old", [None, b"an older file"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "not the pinned file"),  # cut short, and nobody said so
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be written to"),
        (ConnectionError("long story"), r"could not be fetched \(ConnectionError\)"),
        (TimeoutError("long story"), r"could not be fetched \(TimeoutError\)"),
    ],
)
def test_failed_fetch_says_why_and_keeps_the_old_file(invented, nowhere, error, words, old):
    if old:
        write(nowhere, old)
    with pytest.raises(OSError, match=words):
        datasets.fetch_kidney_cancer(downloader=server(invented[:50], error))
    left = {path.name: path.read_bytes() for path in nowhere.iterdir()}
    assert left == ({datasets.KIDNEY_FILE: old} if old else {}), "and no temporary file"


@pytest.fixture
def offline(monkeypatch):
    """Let the command line meet a refused connection, whatever the machine has."""
    import pooch

    refused = server(b"", ConnectionError("refused"))
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: refused)
    return refused


def test_command_fetches_and_says_where(invented, nowhere, monkeypatch, capsys):
    import pooch

    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: server(invented))
    assert datasets.main(["--fetch"]) == 0
    assert str(nowhere) in capsys.readouterr().out
    assert datasets.main(["--fetch", "--if-possible"]) == 0
    assert capsys.readouterr() == ("", "")


def test_command_offline(nowhere, offline, capsys):
    assert datasets.main(["--fetch"]) == 1
    assert "could not be fetched" in capsys.readouterr().err
    assert datasets.main(["--fetch", "--if-possible"]) == 0
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    assert "could not be fetched" in told.err and "simulated" in told.err
    damaged = write(nowhere, b"damaged")
    assert datasets.main(["--fetch", "--if-possible"]) == 0
    told = capsys.readouterr().err
    assert f"Delete {damaged}" in told and "simulated" not in told


def test_command_with_a_mirror_stays_off_the_network(
    invented, nowhere, offline, monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv(datasets.MIRROR, str(tmp_path / "mirror"))
    for flags, code in ((["--fetch"], 1), (["--fetch", "--if-possible"], 0)):
        assert datasets.main(flags) == code
        assert datasets.MIRROR in capsys.readouterr().err
    path = write(tmp_path / "mirror", b"damaged")
    assert datasets.main(["--fetch", "--if-possible"]) == 0
    assert str(path) in capsys.readouterr().err
    write(tmp_path / "mirror", invented)
    assert datasets.main(["--fetch", "--if-possible"]) == 0
    assert capsys.readouterr() == ("", "")
    assert datasets.main(["--fetch"]) == 0
    assert offline.calls == 0 and not nowhere.exists()


@pytest.mark.parametrize("arguments", [[], ["--if-possible"], ["--fetch", "--elsewhere"]])
def test_command_refuses_other_arguments(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        datasets.main(arguments)
    assert "usage" in capsys.readouterr().err


# The files


def shipped() -> dict[str, str]:
    """Return the sha256 of every file of the data folder that is not made by hand."""
    by_hand = {"README.md", "rebuild.py", ".gitattributes"}
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in datasets.DATA.iterdir()
        if path.is_file() and path.name not in by_hand
    }


def test_files_are_those_of_the_readme():
    text = (datasets.DATA / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", text, flags=re.MULTILINE))
    assert listed == shipped()
    for name in listed:
        assert f"## {name}" in text or f"[{name}]({name})" in text, f"{name} is not described"


def test_real_file_is_not_among_them():
    """No file of the checkout's data folder holds its rows, under whatever name."""
    for path in datasets.DATA.iterdir():
        if path.is_file():
            assert b"VALID" not in path.read_bytes(), path.name
            assert b"aadc" not in path.read_bytes(), path.name


def rebuild_module():
    spec = importlib.util.spec_from_file_location("rebuild", datasets.DATA / "rebuild.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rebuilding_gives_the_same_bytes(tmp_path):
    if not (REFERENCE / "data").is_dir():
        pytest.skip("no reference files beside the checkout: the tables were not rebuilt from them")
    module = rebuild_module()
    assert module.rebuild(REFERENCE, tmp_path) == shipped()
    assert {path.name for path in tmp_path.iterdir()} == set(shipped())


def test_borders_are_those_of_the_states():
    if not (REFERENCE / "data").is_dir():
        pytest.skip("no reference files beside the checkout: state borders were not compared")

    def flat(arcs):
        for arc in arcs:
            if isinstance(arc, int):
                yield arc if arc >= 0 else ~arc
            else:
                yield from flat(arc)

    topology = rebuild_module().read_map(REFERENCE)
    wanted = set()
    for state in topology["objects"]["states"]["geometries"]:
        wanted |= set(flat(state["arcs"]))
    starts = {tuple(topology["arcs"][arc][0]) for arc in wanted}
    transform = topology["transform"]
    borders = datasets.load_county_shapes().borders
    got = {
        tuple(np.rint((line[0] - transform["translate"]) / transform["scale"]).astype(int).tolist())
        for line in borders
    }
    assert len(borders) == len(wanted) and got == starts
