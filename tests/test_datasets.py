"""The tables of the course: what is in them, where they come from, and what is refused."""

from __future__ import annotations

import errno
import hashlib
import http.server
import importlib.util
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
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


# The same by the real downloader, from a server on this machine that misbehaves


class Server(http.server.BaseHTTPRequestHandler):
    """Send `content` after `status`, and say that `announced` bytes come."""

    status, content, announced, asked = 200, b"", None, 0

    def do_GET(self):
        type(self).asked += 1
        self.send_response(self.status)
        size = len(self.content) if self.announced is None else self.announced
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *words):
        pass


@pytest.fixture
def serve(invented, monkeypatch):
    """Return a function that starts such a server and puts its address for the pinned one."""
    running = []

    def start(**behaviour):
        handler = type("Handler", (Server,), {"content": invented, **behaviour})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        running.append((server, threading.Thread(target=server.serve_forever)))
        running[-1][1].start()
        address = f"http://127.0.0.1:{server.server_port}/{datasets.KIDNEY_FILE}"
        monkeypatch.setattr(datasets, "KIDNEY_URL", address)
        return handler

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def test_served_file_arrives(invented, nowhere, serve):
    serve()
    assert datasets.fetch_kidney_cancer().read_bytes() == invented
    assert [path.name for path in nowhere.iterdir()] == [datasets.KIDNEY_FILE]


@pytest.mark.parametrize("old", [None, b"an older file"])
@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"content": INVENTED.encode()[:90], "announced": len(INVENTED)}, "was cut short"),
        ({"content": INVENTED.encode()[:90]}, "not the pinned file"),  # a shorter one, whole
        ({"content": b"<html>Please sign in</html>"}, "not the pinned file"),
        ({"status": 404, "content": b"gone"}, "the server says 404 Not Found"),
        ({"status": 503, "content": b"later"}, "the server says 503"),
    ],
)
def test_misbehaving_server_is_named_and_the_old_file_kept(
    nowhere, serve, monkeypatch, capsys, behaviour, words, old
):
    serve(**behaviour)
    if old:
        write(nowhere, old)
    assert datasets.main(["--fetch"]) == 1
    told = capsys.readouterr().err
    assert words in told and datasets.KIDNEY_URL in told and told.count("\n") == 1
    left = {path.name: path.read_bytes() for path in nowhere.iterdir()}
    assert left == ({datasets.KIDNEY_FILE: old} if old else {}), "and no temporary file"


def test_nobody_answers(nowhere, invented, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(datasets, "KIDNEY_URL", f"http://127.0.0.1:{port}/")
    with pytest.raises(OSError, match=r"could not be fetched \(ConnectionError\)"):
        datasets.fetch_kidney_cancer()
    assert not list(nowhere.iterdir())


def test_good_file_is_kept_whatever_the_server_has(invented, nowhere, serve):
    handler = serve(content=b"another edition")
    path = write(nowhere, invented)
    assert datasets.fetch_kidney_cancer() == path and path.read_bytes() == invented
    assert handler.asked == 0


def test_a_download_that_was_killed_is_never_taken_for_the_table(invented, nowhere, serve):
    """A process that is killed leaves its temporary file: nobody reads it, and fetching works."""
    nowhere.mkdir()
    (nowhere / "tmp1a2b3c4d").write_bytes(invented[:50])
    assert datasets.load_kidney_cancer().attrs["source"] == "twin"
    serve()
    datasets.fetch_kidney_cancer()
    check_invented(datasets.load_kidney_cancer())


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit])
def test_a_download_that_is_stopped_leaves_nothing(invented, nowhere, signal):
    write(nowhere, b"an older file")
    with pytest.raises(signal):
        datasets.fetch_kidney_cancer(downloader=server(invented[:50], signal()))
    assert [path.read_bytes() for path in nowhere.iterdir()] == [b"an older file"]


# A disk that is full, or cannot be written to


def fetch_on(mount: str, folder: Path, old: bytes) -> subprocess.CompletedProcess:
    """Fetch to a file system of its own, mounted for this one process; skip where not allowed."""
    code = """
import pathlib, sys
from helpers import datasets
folder, size, old = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
datasets._cache = lambda: folder
def download(url, output_file, pooch):
    with open(output_file, "wb") as file:
        file.write(bytes(size))
try:
    datasets.fetch_kidney_cancer(downloader=download)
except OSError as error:
    print(error)
left = {path.name: path.read_bytes() for path in folder.iterdir()}
print("only the old file" if left == {datasets.KIDNEY_FILE: old} else list(left))
"""
    folder.mkdir()
    put = f'printf %s "$3" > "$0/{datasets.KIDNEY_FILE}"'
    script = mount.replace("PUT", put) + ' && exec "$4" -c "$1" "$0" "$2" "$3"'
    command = ["unshare", "--mount", "sh", "-c", script]
    command += [folder, code, str(1_000_000), old.decode(), sys.executable]
    try:
        tried = subprocess.run(
            ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True
        )
    except FileNotFoundError:
        tried = None
    if tried is None or tried.returncode:
        pytest.skip("nothing can be mounted here: no full or read-only disk was tried")
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        ('mount -t tmpfs -o size=64k tmpfs "$0" && PUT', "no space is left on the disk of"),
        (
            'mount -t tmpfs tmpfs "$0" && PUT && mount -o remount,ro "$0"',
            "cannot be written to (Read-only file system)",
        ),
    ],
    ids=["full", "read-only"],
)
def test_full_or_read_only_disk(tmp_path, mount, words):
    done = fetch_on(mount, tmp_path / "disk", b"an older file")
    assert done.returncode == 0, done.stderr
    told, left = done.stdout.splitlines()
    assert words in told and str(tmp_path / "disk") in told
    assert left == "only the old file"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_every_kind_of_full_disk_is_called_so(invented, nowhere, number):
    failing = server(invented[:50], OSError(number, "whatever the system says"))
    with pytest.raises(OSError, match="no space is left on the disk of"):
        datasets.fetch_kidney_cancer(downloader=failing)
    assert not list(nowhere.iterdir())


def test_cache_that_cannot_be(invented, nowhere, capsys):
    """A file stands where the folder should be: nobody, root neither, can write below it."""
    nowhere.write_bytes(b"in the way")
    with pytest.raises(OSError, match="cannot be written to"):
        datasets.fetch_kidney_cancer(downloader=server(invented))
    assert datasets.load_kidney_cancer().attrs["source"] == "twin"
    assert nowhere.read_bytes() == b"in the way"


def test_read_only_cache_with_the_table_is_enough(invented, nowhere, monkeypatch):
    """Neither loading nor fetching writes a byte if the right file is there."""
    path = write(nowhere, invented)
    path.chmod(0o444)
    nowhere.chmod(0o555)

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")  # root is not stopped by modes

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    monkeypatch.setattr(os, "makedirs", refuse)
    assert datasets.fetch_kidney_cancer(downloader=server(b"")) == path
    check_invented(datasets.load_kidney_cancer())
    nowhere.chmod(0o755)


def test_file_that_cannot_be_read_is_named(invented, nowhere, monkeypatch, tmp_path, capsys):
    path = write(tmp_path / "mirror", invented)
    monkeypatch.setenv(datasets.MIRROR, str(path.parent))

    def refuse(self):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert datasets.main(["--fetch"]) == 1
    assert str(path) in capsys.readouterr().err
    with pytest.raises(PermissionError, match=path.name):
        datasets.load_kidney_cancer()


def test_mirror_that_names_the_file_is_told_to_name_the_folder(
    invented, nowhere, monkeypatch, tmp_path, capsys
):
    path = write(tmp_path / "mirror", invented)
    monkeypatch.setenv(datasets.MIRROR, str(path))
    with pytest.warns(UserWarning, match=f"has to name the folder .*{path.name}.* is a file"):
        assert datasets.load_kidney_cancer().attrs["source"] == "twin"
    assert datasets.main(["--fetch"]) == 1
    assert "has to name the folder" in capsys.readouterr().err


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
