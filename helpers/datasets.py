"""The tables of the course: one function each. Where they come from: the README of `data`.

Loading never touches the network. `make data` (`python -m helpers.datasets --fetch`) does, once.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
#: Beside the helpers in the course's folder, inside of them where they are installed elsewhere.
DATA = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"
#: Environment variable that names a folder with the kidney-cancer table, as a classroom's mirror.
MIRROR = "PARTIAL_POOLING_DATA"
KIDNEY_FILE = "KidneyCancerClean.csv"
COMMIT = "a9a59a25111243b49cb3ee2aa9da52fdb0a35fde"
KIDNEY_URL = f"https://raw.githubusercontent.com/robinryder/BDA-kidney/{COMMIT}/{KIDNEY_FILE}"
KIDNEY_SHA256 = "e91233379946e949c0a7dcd3c7b0a662cf4db7b7784bcabcdd1dca385fb0b996"
ADVICE = (
    "Without it pages use simulated counties. To have it, run `make data` with network, "
    f"or let the environment variable {MIRROR} name a folder that holds {KIDNEY_FILE}."
)


def _read(name: str):
    """Return a shipped table as a data frame; county codes are text."""
    import pandas as pd

    return pd.read_csv(DATA / name, dtype={"fips": str})


def load_rat_tumors():
    """Load 71 rows of `tumors` and `rats`, both counts; the last is the new experiment, 4 of 14."""
    return _read("rat_tumors.csv")


def load_radon():
    """Load radon in 919 houses in 85 counties of Minnesota, one row a house.

    Columns: `county`, `fips` (five digits, text), `floor` (0 basement, 1 first floor), `activity`
    (pCi/L, as recorded), `log_radon` (its natural logarithm; the three zeros count as 0.1),
    `uppm` (uranium in the county's soil, parts per million), `log_uranium`.
    """
    houses = _read("radon.csv")
    recorded = houses["activity"].to_numpy()
    houses.insert(4, "log_radon", np.log(np.where(recorded == 0, 0.1, recorded)))
    houses["log_uranium"] = np.log(houses["uppm"].to_numpy())
    return houses


def load_sids():
    """Load births and sudden infant deaths in North Carolina: 100 counties, two periods."""
    return _read("sids.csv")


def load_baseball():
    """Load 18 players of 1970: `at_bats` (45), `hits`, `remaining_at_bats`, `remaining_hits`."""
    return _read("baseball.csv")


def load_schools():
    """Load eight schools: `effect`, `standard_error` (points of the SAT-V), numbers of pupils."""
    return _read("schools.csv")


class CountyShapes(NamedTuple):
    """Outlines of the counties of the United States, in the units of a map 975 by 610."""

    rings: dict[str, list[np.ndarray]]  # county code -> closed rings, each (points, 2); y downwards
    borders: list[np.ndarray]  # lines between states and along coasts, each (points, 2)
    bounds: tuple[float, float, float, float]  # smallest x, smallest y, largest x, largest y

    def mainland(self, code: str) -> np.ndarray:
        """Return the ring of a county with the most points, (points, 2)."""
        return max(self.rings[code], key=len)

    def paths(self, fips) -> list:
        """Return one `matplotlib.path.Path` for each county code, islands and holes included."""
        from matplotlib.path import Path as Outline

        closed = ((Outline(ring, closed=True) for ring in self.rings[code]) for code in fips)
        return [Outline.make_compound_path(*outlines) for outlines in closed]


def load_county_shapes() -> CountyShapes:
    """Load the outlines of 3,142 counties (Albers projection)."""
    stored = json.loads((DATA / "county_shapes.json").read_text(encoding="utf-8"))

    def line(steps):
        walked = np.cumsum(np.reshape(steps, (-1, 2)), axis=0)
        return walked * stored["scale"] + stored["translate"]

    rings = {fips: list(map(line, county)) for fips, county in stored["counties"].items()}
    points = np.concatenate([ring for county in rings.values() for ring in county])
    bounds = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    return CountyShapes(rings, list(map(line, stored["borders"])), bounds)


def find_county(table, name: str) -> int:
    """Return the row of a county, named as "Loving County, Texas"; capitals do not matter."""
    names = (table["county"] + ", " + table["state"]).tolist()
    plain = [known.casefold() for known in names]
    if name.casefold() in plain:
        return plain.index(name.casefold())
    near = difflib.get_close_matches(name.casefold(), plain, n=3, cutoff=0.5)
    told = "; ".join(names[plain.index(known)] for known in near) or "nothing like it"
    raise ValueError(f'name: "County, State" is wanted; got {name!r}. Near it: {told}')


def load_kidney_cancer():
    """Load deaths of white men from kidney cancer in 3,109 counties of the United States.

    The real file is read from the folder that `PARTIAL_POOLING_DATA` names, or, where that is not
    set, from the cache that `make data` fills; `ValueError` if its sha256 is wrong. Without it a
    simulated twin is returned, with known true rates. `.attrs["source"]` is "real" or "twin".

    Columns: `fips`, `county`, `state`; for 1980_84 and 1985_89 `deaths_…`, `person_years_…` (over
    five years: not heads), `age_adjusted_rate_…` (per 100,000 a year; NaN in the twin); and in
    the twin `true_rate` (deaths per person-year).
    """
    path = _kidney_path()
    if path.is_file():
        return _real_kidney_cancer(path)
    if os.environ.get(MIRROR):
        warnings.warn(f"There is no file {path}. {ADVICE}", stacklevel=2)
    twin = _read("kidney_twin.csv")
    twin.attrs["source"] = "twin"
    return twin


def _kidney_path() -> Path:
    """Return the one place where the real table is looked for: mirror, or cache of `make data`."""
    if os.environ.get(MIRROR):
        return Path(os.environ[MIRROR]).expanduser().absolute() / KIDNEY_FILE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in a notebook, pooch's progress bars ask for widgets
        import pooch
    return Path(pooch.os_cache("partial-pooling")) / KIDNEY_FILE


def _real_kidney_cancer(path: Path):
    """Return the real table with plain names and one row a county, if its sha256 is right."""
    import pandas as pd

    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if got != KIDNEY_SHA256:
        wanted = f"its sha256 is {got}; wanted is {KIDNEY_SHA256}"
        raise ValueError(f"{path} is not the kidney-cancer table: {wanted}. Delete or replace it.")
    used = ["fips", "Location", "dc", "pop", "aadc", "dc.2", "pop.2", "aadc.2"]
    raw = pd.read_csv(path, skiprows=4, usecols=used, dtype={"fips": str})
    raw["fips"] = raw["fips"].str.zfill(5)
    raw[["county", "state"]] = raw["Location"].str.rsplit(", ", n=1, expand=True)
    what = ("deaths", "person_years", "age_adjusted_rate")
    columns = [f"{one}_{period}" for period in ("1980_84", "1985_89") for one in what]
    raw[columns] = raw[used[2:]]
    # One code (Bedford, Virginia) has two rows, county and city: counts are added, and rates
    # averaged by person-years (to the one decimal that they have).
    years, rates = columns[1::3], columns[2::3]
    raw[rates] *= raw[years].to_numpy()
    table = raw.groupby(["fips", "county", "state"], as_index=False)[columns].sum()
    table[rates] = (table[rates] / table[years].to_numpy()).round(1)
    table.attrs["source"] = "real"
    return table


def main(*flags: str) -> int:
    """Fetch and check the kidney-cancer table: --fetch [--if-possible] (else go on without it)."""
    if "--fetch" not in flags:
        sys.exit(main.__doc__)
    path = _kidney_path()
    try:
        if not os.environ.get(MIRROR):  # what arrives is checked before it takes its place
            import pooch

            pooch.retrieve(KIDNEY_URL, KIDNEY_SHA256, KIDNEY_FILE, path.parent)
        _real_kidney_cancer(path)
    except (OSError, ValueError) as error:
        print(f"No kidney-cancer table: {error}\n{ADVICE}", file=sys.stderr)
        return 0 if "--if-possible" in flags else 1
    print(f"The kidney-cancer table is in {path.parent}, and its sha256 is right.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
