"""Rebuild the tables of this folder, byte for byte, from the packages that publish them.

Usage: .venv/bin/python data/rebuild.py [SOURCES [OUTPUT]]

SOURCES is a folder for the four package files listed below (`build/sources` unless named). What
is not there yet is fetched once, by pip, npm and apt-get; where one of these is not here, put the
file there yourself. Each has to have the sha256 given here. OUTPUT is this folder unless named.
R is not needed. No table is edited by hand: change this script, run
it, and copy the sums that it prints into README.md (a test compares them).

Two small tables are in no package: `rat_tumors.csv` and `schools.csv` hold published figures,
typed in. They are not written; what is known about them is checked.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections import defaultdict
from itertools import chain, pairwise
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "build" / "sources"

#: Package file -> its sha256, and the command that fetches it. The clients know where.
SOURCES = {
    "pymc3-3.8-py3-none-any.whl": (
        "99bde24af8114555047504f106f652d22444ae5dacf85675cf2e996875cfb0df",
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "pymc3==3.8"],
    ),
    "us-atlas-3.0.1.tgz": (
        "e6daba1800885868303ad3549da62f85a557b8142bb72629ec15651de62f9c5d",
        ["npm", "pack", "--silent", "us-atlas@3.0.1"],
    ),
    "r-cran-maps_3.4.1.orig.tar.gz": (
        "e693a5218ed8122e92d73a98a475d9016f2293c7852c8048677daa7649086400",
        ["apt-get", "source", "--download-only", "r-cran-maps=3.4.1*"],
    ),
    "r-cran-spdata_2.2.1.orig.tar.gz": (
        "55345437e751b81d8ce1342382f7feeaa299d0421d6f9cc52d9bae46189ab3b5",
        ["apt-get", "source", "--download-only", "r-cran-spdata=2.2.1*"],
    ),
}


def fetch(folder: Path) -> None:
    """Put into `folder` what it lacks of `SOURCES`; stop if a file cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (sha256, command) in SOURCES.items():
        file = folder / name
        if not file.exists():
            with contextlib.suppress(OSError):  # a client that is not here
                subprocess.run(command, cwd=folder, check=False)
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
            raise SystemExit(
                f"{file} is missing or another file. Put the one with the sha256 {sha256} there, "
                f"as `{' '.join(command)}` or the package's archive gives it, and try again."
            )


def member(sources: Path, package: str, name: str) -> bytes:
    """Return one file of a package, named as in its archive."""
    if package.endswith(".whl"):
        with zipfile.ZipFile(sources / package) as archive:
            return archive.read(name)
    with tarfile.open(sources / package) as archive:
        return archive.extractfile(name).read()


def pymc3(sources: Path, name: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Return the rows of a table that the package pymc3 ships."""
    content = member(sources, "pymc3-3.8-py3-none-any.whl", f"pymc3/examples/data/{name}")
    lines = io.StringIO(content.decode(), newline="")
    return list(csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True))


def table(columns: list[str], rows) -> bytes:
    """Return a CSV table as UTF-8 bytes with plain line feeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def topology(sources: Path) -> dict:
    """Return the map of the package us-atlas as parsed TopoJSON."""
    return json.loads(member(sources, "us-atlas-3.0.1.tgz", "package/counties-albers-10m.json"))


def names(topology: dict, kind: str) -> dict[str, str]:
    """Return the names of the counties or states by FIPS code."""
    shapes = topology["objects"][kind]["geometries"]
    return {shape["id"]: shape["properties"]["name"] for shape in shapes}


def radon(sources: Path) -> bytes:
    """Return the 919 houses of Minnesota; counties are spelt as on the map, found by code."""
    name = names(topology(sources), "counties")
    uranium = {row["stfips"] + row["ctfips"]: row["Uppm"] for row in pymc3(sources, "cty.dat")}
    rows = []
    for house in pymc3(sources, "srrs2.dat"):
        if house["state"] == "MN":
            fips = f"27{int(house['cntyfips']):03d}"
            rows.append((name[fips], fips, house["floor"], house["activity"], uranium[fips]))
    return table(["county", "fips", "floor", "activity", "uppm"], rows)


def steps(points) -> list[int]:
    """Return a line as its first point and then the steps: x and y by turns, whole numbers."""
    points = list(points)
    moves = ((x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise(points))
    return list(chain(points[0], *moves))


def county_shapes(sources: Path) -> bytes:
    """Return closed rings by county, and the lines between states and along coasts.

    TopoJSON stores the lines that neighbours share ("arcs") once; here every county has its own
    rings. A line is a border where one county alone uses it, or counties of two states. No point
    is moved.
    """
    atlas = topology(sources)
    lines = []
    for arc in atlas["arcs"]:
        x = y = 0
        lines.append([(x := x + dx, y := y + dy) for dx, dy in arc])
    counties, users = {}, defaultdict(list)  # users: arc -> the state of each county that uses it
    for shape in sorted(atlas["objects"]["counties"]["geometries"], key=lambda one: one["id"]):
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        rings = counties[shape["id"]] = []
        for ring in chain.from_iterable(polygons):
            points = []
            for arc in ring:  # ~a stands for arc a backwards; neighbours share their end point
                points += (lines[arc] if arc >= 0 else lines[~arc][::-1])[bool(points) :]
                users[max(arc, ~arc)].append(shape["id"][:2])
            rings.append(steps(points))
    shapes = {
        "notice": "us-atlas 3.0.1, copyright 2013-2019 Michael Bostock, ISC: see LICENSE.us-atlas",
        **atlas["transform"],
        "counties": counties,
        "borders": [
            steps(lines[arc])
            for arc, states in sorted(users.items())
            if len(states) == 1 or len(set(states)) == 2
        ],
    }
    return (json.dumps(shapes, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def labor_force(sources: Path) -> list[tuple[str, str, str, int]]:
    """Return code, county, state and labour force of the counties of the kidney-cancer table.

    Alaska, Puerto Rico and four counties that were founded or dissolved around the 1980s are left
    out, and one county has its present code. Names come from the map, spelt as the kidney-cancer
    table spells names.
    """
    atlas = topology(sources)
    name, state = names(atlas, "counties"), names(atlas, "states")
    # R stores a column of whole numbers as the type 13, how many there are, and the numbers.
    packed = member(sources, "r-cran-maps_3.4.1.orig.tar.gz", "maps/data/unemp.rda")
    content = gzip.decompress(packed)
    _, *columns = content.split(struct.pack(">ii", 13, 3218))
    codes, people = (struct.unpack(">3218i", column[: 4 * 3218]) for column in columns)

    def full_name(fips: str) -> str:
        plain = name[fips].replace("St.", "Saint").replace("Ste.", "Sainte").replace("ñ", "n")
        if fips in ("11001", "32510"):  # the District of Columbia; Carson City has it in its name
            return plain
        if fips.startswith("22"):
            return f"{plain} Parish"
        independent = fips in ("24510", "29510") or "51500" <= fips < "52000"
        return f"{plain} {'City' if independent else 'County'}"

    rows = []
    for code, number in zip(codes, people, strict=True):
        fips = {46113: "46102"}.get(code, f"{code:05d}")
        if fips[:2] not in ("02", "72") and code not in (4012, 8014, 35006, 51515):
            rows.append((fips, full_name(fips), state[fips[:2]], number))
    return sorted(rows)


def kidney_twin(sources: Path) -> bytes:
    """Return simulated counties: sizes by labour force, Gamma rates, Poisson deaths.

    The person-years are those of the real table in total. The true annual rates come from the
    prior in Bayesian Data Analysis, third edition, section 2.7.
    """
    import numpy as np

    *values, size = zip(*labor_force(sources), strict=True)  # by column
    columns, size = ["fips", "county", "state"], np.array(size)
    rng = np.random.default_rng(1980)
    rates = [f"{rate:.6e}" for rate in rng.gamma(20, 1 / 430_000, size=len(size))]
    rate = np.array(rates, dtype=float)
    for period, total in {"1980_84": 482_076_984, "1985_89": 499_656_066}.items():
        # Whole numbers in proportion to the sizes; what is left goes to the largest remainders.
        person_years, remainder = np.divmod(size * total, size.sum())
        largest = np.argsort(-remainder, kind="stable")
        person_years[largest[: total - person_years.sum()]] += 1
        columns += [f"{what}_{period}" for what in ("deaths", "person_years", "age_adjusted_rate")]
        values += [rng.poisson(person_years * rate), person_years, [""] * len(size)]
    return table([*columns, "true_rate"], zip(*values, rates, strict=True))


def sids(sources: Path) -> bytes:
    """Return births and sudden infant deaths by county, ordered by FIPS code."""
    rename = {
        "FIPSNO": "fips",
        "NAME": "county",
        "BIR74": "births_1974_78",
        "SID74": "deaths_1974_78",
        "NWBIR74": "nonwhite_births_1974_78",
        "BIR79": "births_1979_84",
        "SID79": "deaths_1979_84",
        "NWBIR79": "nonwhite_births_1979_84",
    }
    # A dBase file: a head, 32 bytes for each column (its name, at byte 16 its width), the rows.
    content = member(sources, "r-cran-spdata_2.2.1.orig.tar.gz", "spData/inst/shapes/sids.dbf")
    number, head, width = struct.unpack("<4xIHH", content[:12])
    place, start = {}, 1
    for column in range(32, head - 1, 32):
        name, size = content[column : column + 11].rstrip(b"\0").decode(), content[column + 16]
        place[name], start = slice(start, start + size), start + size
    rows = []
    for row in range(number):
        text = content[head + row * width : head + (row + 1) * width].decode()
        values = [text[place[column]].strip() for column in rename]
        rows.append([v.split(".")[0] for v in values])  # whole numbers, stored with decimals
    return table(list(rename.values()), sorted(rows))


def baseball(sources: Path) -> bytes:
    """Return the first 45 at-bats of 18 players and the rest of their season, as in the source."""
    columns = ["player", "at_bats", "hits", "remaining_at_bats", "remaining_hits"]
    rows = (
        (
            f"{row['FirstName']} {row['LastName']}",
            row["At-Bats"],
            row["Hits"],
            row["RemainingAt-Bats"],
            int(row["SeasonHits"]) - int(row["Hits"]),
        )
        for row in pymc3(sources, "efron-morris-75-data.tsv", delimiter="\t")
    )
    return table(columns, rows)


def check_rat_tumors(rows: list[dict[str, str]]) -> None:
    """Compare the typed table with sums, and with the moments that notebook 04's source prints."""
    y, n = ([int(row[name]) for row in rows] for name in ("tumors", "rats"))
    assert (y[-1], n[-1]) == (4, 14), "the current experiment comes last"
    rates = [tumors / rats for tumors, rats in zip(y[:-1], n[:-1], strict=True)]
    mean = sum(rates) / 70
    variance = sum((rate - mean) ** 2 for rate in rates) / 70
    assert (len(rates), sum(y[:-1]), sum(n[:-1])) == (70, 263, 1725)
    assert abs(mean - 0.13600653889043893) < 1e-15
    assert abs(variance - 0.010557640623609196) < 1e-15


def check_schools(rows: list[dict[str, str]]) -> None:
    """Compare the typed table, rounded, with table 5.2 of Bayesian Data Analysis."""
    effect = [round(float(row["effect"])) for row in rows]
    error = [round(float(row["standard_error"])) for row in rows]
    assert effect == [28, 8, -3, 7, -1, 1, 18, 12], effect
    assert error == [15, 10, 16, 11, 9, 11, 10, 18], error


#: What is built: name of the file -> the function that returns its bytes.
TABLES = {
    "radon.csv": radon,
    "county_shapes.json": county_shapes,
    "kidney_twin.csv": kidney_twin,
    "sids.csv": sids,
    "baseball.csv": baseball,
}
#: Licence texts that travel with the tables: name here -> package, name there.
LICENCES = {
    "LICENSE.pymc3": ("pymc3-3.8-py3-none-any.whl", "pymc3-3.8.dist-info/LICENSE"),
    "LICENSE.us-atlas": ("us-atlas-3.0.1.tgz", "package/LICENSE"),
}
#: What is typed in: name of the file -> the function that checks it.
TYPED = {"rat_tumors.csv": check_rat_tumors, "schools.csv": check_schools}


def rebuild(sources: Path, output: Path = HERE) -> dict[str, str]:
    """Check what is typed, write the rest to `output`; return all sha256 by file name."""
    files = {name: build(sources) for name, build in TABLES.items()}
    files |= {name: member(sources, *where) for name, where in LICENCES.items()}
    for name, content in files.items():
        (output / name).write_bytes(content)
    for name, check in TYPED.items():
        files[name] = (HERE / name).read_bytes()
        check(list(csv.DictReader(io.StringIO(files[name].decode()))))
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def main(sources: str = FOLDER, output: str = HERE) -> None:
    """Fetch what is missing, rebuild, and print the sums."""
    fetch(Path(sources))
    for name, digest in rebuild(Path(sources), Path(output)).items():
        print(f"{digest}  {name}")


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
