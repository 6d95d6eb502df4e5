"""Rebuild every table of this folder, byte for byte, from the reference files.

Usage: python data/rebuild.py REFERENCE [OUTPUT]

REFERENCE is the folder that holds the reference files as `data/` and `seeds/`. OUTPUT is this
folder unless another is named. Only Python's standard library is used, so that the bytes depend
on nothing else. No table is ever edited by hand: change this script, run it, and copy the hashes
it prints into README.md (a test compares them).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

#: Licence texts that travel with the tables: reference file -> name here.
LICENCES = {
    "radon/LICENSE.pymc3": "LICENSE.pymc3",
    "us_map/LICENSE.us-atlas": "LICENSE.us-atlas",
}


def table(columns: list[str], rows) -> bytes:
    """Return a CSV table as UTF-8 bytes with plain line feeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def read(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Return the rows of a reference table as dictionaries of text."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


def read_map(reference: Path) -> dict:
    """Return the reference map as parsed TopoJSON."""
    path = reference / "data/us_map/counties-albers-10m.json"
    return json.loads(path.read_text(encoding="utf-8"))


def rat_tumors(reference: Path) -> bytes:
    """Return the 70 earlier experiments in the source's order, then the current one, 4 of 14."""
    (source,) = (reference / "seeds").glob("003_*.txt")
    listed = source.read_text(encoding="utf-8").split('tumordata="""')[1].split("tumortuples")[0]
    return table(["tumors", "rats"], [*re.findall(r"(\d+) +(\d+)", listed), (4, 14)])


def radon(reference: Path) -> bytes:
    """Return the 919 houses; counties are spelt as on the map, found by their FIPS code."""
    name = {shape["id"]: shape["properties"]["name"] for shape in counties(read_map(reference))}
    columns = ["county", "fips", "floor", "activity", "uppm"]
    houses = read(reference / "data/radon/radon_mn.csv")
    return table(
        columns, ([(h | {"county": name[h["fips"]]})[column] for column in columns] for h in houses)
    )


def counties(topology: dict) -> list[dict]:
    """Return the counties of the map, ordered by FIPS code."""
    return sorted(topology["objects"]["counties"]["geometries"], key=lambda shape: shape["id"])


def county_shapes(reference: Path) -> bytes:
    """Return the map with its counties alone, and the notice its licence asks to keep.

    The outlines of the states and of the nation are left out: they are those county arcs that
    only one state uses, or two. No point is moved.
    """
    topology = read_map(reference)
    shapes = {
        "type": "Topology",
        "notice": "us-atlas 3.0.1, copyright 2013-2019 Michael Bostock, ISC: see LICENSE.us-atlas",
        "transform": topology["transform"],
        "objects": {
            "counties": {"type": "GeometryCollection", "geometries": counties(topology)},
        },
        "arcs": topology["arcs"],
    }
    return (json.dumps(shapes, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def county_labor_force(reference: Path) -> bytes:
    """Return the labour force of the 3,109 counties of the kidney-cancer table.

    Alaska, Puerto Rico and four counties that were founded or dissolved around the 1980s are left
    out, and one county has its present code. Names come from the map, spelt as the kidney-cancer
    table spells names.
    """
    topology = read_map(reference)
    name = {shape["id"]: shape["properties"]["name"] for shape in counties(topology)}
    state = {
        shape["id"]: shape["properties"]["name"]
        for shape in topology["objects"]["states"]["geometries"]
    }

    def full_name(fips: str) -> str:
        plain = name[fips].replace("St.", "Saint").replace("Ste.", "Sainte").replace("ñ", "n")
        if fips in ("11001", "32510"):  # the District of Columbia; Carson City has it in its name
            return plain
        if fips.startswith("22"):
            return f"{plain} Parish"
        independent = fips in ("24510", "29510") or "51500" <= fips < "52000"
        return f"{plain} {'City' if independent else 'County'}"

    rows = []
    for row in read(reference / "data/us_map/county_labor_force_2009.csv"):
        fips = row["fips"].zfill(5)
        if fips[:2] in ("02", "72") or fips in ("04012", "08014", "35006", "51515"):
            continue
        fips = {"46113": "46102"}.get(fips, fips)
        rows.append((fips, full_name(fips), state[fips[:2]], row["pop"]))
    return table(["fips", "county", "state", "labor_force"], sorted(rows))


def sids(reference: Path) -> bytes:
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
    rows = read(reference / "data/extras/nc_sids.csv")
    return table(list(rename.values()), sorted([row[column] for column in rename] for row in rows))


def baseball(reference: Path) -> bytes:
    """Return the first 45 at-bats of 18 players and the rest of their season, as in the source."""
    rows = read(reference / "data/extras/efron-morris-75-data.tsv", delimiter="\t")
    columns = ["player", "at_bats", "hits", "remaining_at_bats", "remaining_hits"]
    return table(
        columns,
        (
            (
                f"{row['FirstName']} {row['LastName']}",
                row["At-Bats"],
                row["Hits"],
                row["RemainingAt-Bats"],
                int(row["SeasonHits"]) - int(row["Hits"]),
            )
            for row in rows
        ),
    )


def surgical(reference: Path) -> bytes:
    """Return deaths and operations in twelve hospitals."""
    rows = read(reference / "data/extras/surgical_mortality.csv")
    return table(
        ["hospital", "deaths", "operations"],
        ((row["hospital"], row["y"], row["K"]) for row in rows),
    )


def schools(reference: Path) -> bytes:
    """Return the coaching effects in eight schools."""
    rows = read(reference / "data/extras/eight_schools.csv")
    return table(
        ["school", "effect", "standard_error", "coached", "not_coached"],
        ((r["school"], r["est"], r["se"], r["num_treat"], r["num_control"]) for r in rows),
    )


#: What is built: name of the file -> the function that returns its bytes.
TABLES = {
    "rat_tumors.csv": rat_tumors,
    "radon.csv": radon,
    "county_shapes.json": county_shapes,
    "county_labor_force.csv": county_labor_force,
    "sids.csv": sids,
    "baseball.csv": baseball,
    "surgical.csv": surgical,
    "schools.csv": schools,
}


def rebuild(reference: Path, output: Path = HERE) -> dict[str, str]:
    """Write every table and licence to `output`; return their sha256 by file name."""
    files = {name: build(reference) for name, build in TABLES.items()}
    files |= {name: (reference / "data" / path).read_bytes() for path, name in LICENCES.items()}
    for name, content in files.items():
        (output / name).write_bytes(content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    for file, digest in rebuild(*map(Path, sys.argv[1:])).items():
        print(f"{digest}  {file}")
