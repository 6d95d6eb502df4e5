"""The tables of the course: one function each, and one that fetches the kidney-cancer table.

Everything but the real kidney-cancer table is shipped in the folder `data` of the course, whose
README says where each table comes from. Loading never touches the network; `make data`
(`python -m helpers.datasets --fetch`) does, once.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import io
import json
import os
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
#: Beside the helpers in the course's folder, inside of them where they are installed elsewhere.
DATA = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"

#: Environment variable that names a folder with the kidney-cancer table, as a classroom's mirror.
MIRROR = "PARTIAL_POOLING_DATA"
KIDNEY_FILE = "KidneyCancerClean.csv"
KIDNEY_URL = (
    "https://raw.githubusercontent.com/robinryder/BDA-kidney/"
    "a9a59a25111243b49cb3ee2aa9da52fdb0a35fde/" + KIDNEY_FILE
)
KIDNEY_SHA256 = "e91233379946e949c0a7dcd3c7b0a662cf4db7b7784bcabcdd1dca385fb0b996"

#: Person-years of the real table in 1980-84 and in 1985-89: the twin's totals are the same.
PERSON_YEARS = (482_076_984, 499_656_066)


def _read(name: str, **options):
    """Return a shipped table as a data frame."""
    import pandas as pd

    return pd.read_csv(DATA / name, **options)


def load_rat_tumors():
    """Load 71 experiments on rats: how many of them got a tumour, out of how many.

    Returns
    -------
    pandas.DataFrame
        71 rows in the order of the source; the last one is the current experiment (4 of 14).
        Columns `tumors` and `rats`, both counts.
    """
    return _read("rat_tumors.csv")


def load_radon():
    """Load radon measurements from 919 houses in 85 counties of Minnesota.

    Returns
    -------
    pandas.DataFrame
        One row a house. `county` (name), `fips` (county code, five digits, text), `floor` (where
        it was measured: 0 basement, 1 first floor), `activity` (radon in pCi/L, as recorded),
        `log_radon` (its natural logarithm; the three zeros count as 0.1 pCi/L), `uppm` (uranium
        in the county's soil, parts per million) and `log_uranium` (its natural logarithm).
    """
    houses = _read("radon.csv", dtype={"fips": str})
    recorded = houses["activity"].to_numpy()
    houses.insert(4, "log_radon", np.log(np.where(recorded == 0, 0.1, recorded)))
    houses["log_uranium"] = np.log(houses["uppm"].to_numpy())
    return houses


def load_sids():
    """Load births and sudden infant deaths (SIDS) in the 100 counties of North Carolina.

    Returns
    -------
    pandas.DataFrame
        One row a county. `fips` (five digits, text), `county`, and for July 1974 to June 1978 and
        July 1979 to June 1984 each: `births_1974_78`, `deaths_1974_78` (SIDS),
        `nonwhite_births_1974_78`, and the same with `_1979_84`.
    """
    return _read("sids.csv", dtype={"fips": str})


def load_baseball():
    """Load 18 baseball players' first 45 at-bats of 1970 and the rest of their season.

    Returns
    -------
    pandas.DataFrame
        `player`, `at_bats` (45 for all), `hits`, `remaining_at_bats`, `remaining_hits`. The row
        of Billy Williams disagrees with other sources: see the README of the data.
    """
    return _read("baseball.csv")


def load_surgical():
    """Load deaths after heart surgery on babies in twelve hospitals.

    Returns
    -------
    pandas.DataFrame
        `hospital` (A to L), `deaths`, `operations`.
    """
    return _read("surgical.csv")


def load_schools():
    """Load the estimated effect of coaching on a test score in eight schools.

    Returns
    -------
    pandas.DataFrame
        `school` (A to H), `effect` and `standard_error` (points of the SAT-V score), `coached`
        and `not_coached` (numbers of pupils).
    """
    return _read("schools.csv")


@dataclass(frozen=True)
class CountyShapes:
    """Outlines of the counties of the United States, in the units of a map 975 by 610."""

    rings: dict[str, list[np.ndarray]]  # county code -> closed rings, each (points, 2); y downwards
    names: dict[str, str]  # county code -> name
    borders: list[np.ndarray]  # lines between states and along coasts, each (points, 2)
    bounds: tuple[float, float, float, float]  # smallest x, smallest y, largest x, largest y

    def paths(self, fips: Iterable[str] | None = None) -> list:
        """Return one `matplotlib.path.Path` a county, islands and holes included.

        Parameters
        ----------
        fips : iterable of str, optional
            County codes (five digits, text); by default all counties, in the order of `rings`.

        Raises
        ------
        ValueError
            If a code is not on the map.
        """
        from matplotlib.path import Path as Outline

        wanted = list(self.rings if fips is None else fips)
        unknown = [code for code in wanted if code not in self.rings]
        if unknown:
            raise ValueError(
                "fips: every code must be on the map, as five digits of text; "
                f"the first that is not is {unknown[0]!r}"
            )
        outlines = []
        for code in wanted:
            rings = self.rings[code]
            codes = np.full(sum(map(len, rings)), Outline.LINETO, dtype=Outline.code_type)
            ends = np.cumsum([len(ring) for ring in rings])
            codes[ends - 1] = Outline.CLOSEPOLY
            codes[np.concatenate([[0], ends[:-1]])] = Outline.MOVETO
            outlines.append(Outline(np.concatenate(rings), codes))
        return outlines


def load_county_shapes() -> CountyShapes:
    """Load the outlines of 3,142 counties, ready to draw (Albers projection, y downwards).

    Returns
    -------
    CountyShapes
        Draw `paths()` as a `PathCollection` and `borders` as a `LineCollection`, on axes with
        equal aspect and an inverted y axis.
    """
    topology = json.loads((DATA / "county_shapes.json").read_text(encoding="utf-8"))
    # An arc is a line stored as whole-number steps; all arcs are added up at once.
    ends = np.cumsum([len(arc) for arc in topology["arcs"]])
    steps = np.array(list(chain.from_iterable(topology["arcs"])), dtype=float)
    walked = np.cumsum(steps, axis=0)
    before = np.concatenate([np.zeros((1, 2)), walked[ends[:-1] - 1]])
    walked -= np.repeat(before, np.diff(ends, prepend=0), axis=0)
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    points = walked * scale + shift
    lines = np.split(points, ends[:-1])

    rings, names = {}, {}
    used = []  # (arc, state) for every use of an arc
    for county in topology["objects"]["counties"]["geometries"]:
        code, polygons = county["id"], county["arcs"]
        if county["type"] == "Polygon":
            polygons = [polygons]
        names[code] = county["properties"]["name"]
        rings[code] = []
        for ring in chain.from_iterable(polygons):
            # ~a stands for arc a walked backwards; neighbouring arcs share their end point.
            parts = [lines[a] if a >= 0 else lines[~a][::-1] for a in ring]
            rings[code].append(np.concatenate([parts[0], *(part[1:] for part in parts[1:])]))
            used += [(a if a >= 0 else ~a, int(code[:2])) for a in ring]
    arc, state = np.array(used).T
    uses = np.bincount(arc, minlength=len(lines))
    first, last = np.full(len(lines), 100), np.zeros(len(lines), dtype=int)
    np.minimum.at(first, arc, state)
    np.maximum.at(last, arc, state)
    borders = [lines[a] for a in np.flatnonzero((uses == 1) | (first < last))]
    bounds = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    return CountyShapes(rings, names, borders, bounds)


def load_kidney_cancer():
    """Load deaths of white men from kidney cancer in 3,109 counties of the United States.

    The real table is not part of the course. It is read from the folder that the environment
    variable `PARTIAL_POOLING_DATA` names; where the variable is not set, from the cache that
    `make data` fills. Where there is none, a simulated twin is returned: real counties, sizes in
    proportion to their labour force, person-years with the real totals, true annual rates from
    Gamma(20, 430000) (the prior of *Bayesian Data Analysis*, third edition, section 2.7), and
    Poisson deaths. It is the same at every call.

    Returns
    -------
    pandas.DataFrame
        One row a county, ordered by `fips` (five digits, text). `county`, `state`, and for each
        of the periods 1980_84 and 1985_89: `deaths_…`, `person_years_…` (over five years: not
        heads) and `age_adjusted_rate_…` (per 100,000 a year; 0 where there were no deaths; NaN in
        the twin). The twin has one more column, `true_rate` (deaths per person-year).
        `.attrs["source"]` is "real" or "twin".

    Warns
    -----
    UserWarning
        If `PARTIAL_POOLING_DATA` names a folder without the file; the twin is returned then.

    Raises
    ------
    ValueError
        If there is a file of the right name with other content (by its sha256).
    """
    path = _kidney_path()
    if path.is_file():
        return _real_kidney_cancer(_checked(path))
    if _mirror():
        warnings.warn(
            f"{_missing(path)}: these are the simulated counties. "
            "Put the file there, or unset the variable and run `make data`.",
            UserWarning,
            stacklevel=2,
        )
    return _twin_kidney_cancer()


def find_county(table, name: str) -> int:
    """Return the row number of one county, named as "Loving County, Texas".

    Parameters
    ----------
    table : pandas.DataFrame
        With columns `county` and `state`, as `load_kidney_cancer` gives.
    name : str
        County and state with a comma between; capitals do not matter.

    Raises
    ------
    ValueError
        If there is no such county; the message names the nearest ones.
    """
    import difflib

    names = [
        f"{county}, {state}" for county, state in zip(table["county"], table["state"], strict=True)
    ]
    plain = [known.casefold() for known in names]
    if name.casefold() in plain:
        return plain.index(name.casefold())
    near = difflib.get_close_matches(name.casefold(), plain, n=3, cutoff=0.5)
    told = "; ".join(names[plain.index(known)] for known in near) or "nothing like it"
    raise ValueError(f'name: "County, State" is wanted; got {name!r}. Near it: {told}')


def _mirror() -> str:
    """Return the folder that the environment variable names, or ""."""
    return os.environ.get(MIRROR, "").strip()


def _cache() -> Path:
    """Return the folder that `make data` fetches to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in a notebook, pooch's progress bars ask for widgets
        import pooch

    return Path(pooch.os_cache("partial-pooling"))


def _kidney_path() -> Path:
    """Return where the real table is looked for: one place only."""
    folder = Path(_mirror()).expanduser().absolute() if _mirror() else _cache()
    return folder / KIDNEY_FILE


def _missing(path: Path) -> str:
    """Say that the folder the variable names does not hold the table, or is no folder."""
    if path.parent.is_file():
        return f"{MIRROR} has to name the folder that holds {KIDNEY_FILE}; {path.parent} is a file"
    return f"{MIRROR} names {path.parent}, where there is no {KIDNEY_FILE}"


def _checked(path: Path) -> bytes:
    """Return the content of the file if its sha256 is right; else raise `ValueError`."""
    content = path.read_bytes()
    got = hashlib.sha256(content).hexdigest()
    if got != KIDNEY_SHA256:
        cure = (
            f"replace it, or unset {MIRROR}" if _mirror() else "delete it, or run `make data` again"
        )
        raise ValueError(
            f"{path}: this is not the kidney-cancer table of the course. Its sha256 is {got}; "
            f"wanted is {KIDNEY_SHA256}. Please {cure}."
        )
    return content


def _real_kidney_cancer(content: bytes):
    """Return the real table from the bytes of its file, with plain names and one row a county."""
    import pandas as pd

    names = {
        "fips": "fips",
        "Location": "location",
        "dc": "deaths_1980_84",
        "pop": "person_years_1980_84",
        "aadc": "age_adjusted_rate_1980_84",
        "dc.2": "deaths_1985_89",
        "pop.2": "person_years_1985_89",
        "aadc.2": "age_adjusted_rate_1985_89",
    }
    raw = pd.read_csv(io.BytesIO(content), skiprows=4, usecols=list(names), dtype={"fips": str})
    raw = raw[list(names)].rename(columns=names)
    raw["fips"] = raw["fips"].str.zfill(5)
    raw[["county", "state"]] = raw.pop("location").str.rsplit(", ", n=1, expand=True).to_numpy()
    # One code (Bedford, Virginia) has two rows, county and city: counts are added, and rates
    # averaged by person-years (to the one decimal that they have).
    how = {name: "sum" if "_19" in name else "first" for name in raw.columns if name != "fips"}
    for period in ("1980_84", "1985_89"):
        raw[f"age_adjusted_rate_{period}"] *= raw[f"person_years_{period}"]
    table = raw.groupby("fips", as_index=False, sort=True).agg(how)
    for period in ("1980_84", "1985_89"):
        rate = table[f"age_adjusted_rate_{period}"] / table[f"person_years_{period}"]
        table[f"age_adjusted_rate_{period}"] = rate.round(1)
    table = table[["fips", "county", "state", *list(names.values())[2:]]]
    table.attrs["source"] = "real"
    return table


def _share(total: int, size: np.ndarray) -> np.ndarray:
    """Split a whole number in proportion to whole-number sizes, by the largest remainders."""
    share, remainder = np.divmod(size * total, size.sum())
    largest = np.argsort(-remainder, kind="stable")[: total - share.sum()]
    share[largest] += 1
    return share


def _twin_kidney_cancer():
    """Return the simulated twin of the kidney-cancer table: the same at every call."""
    counties = _read("county_labor_force.csv", dtype={"fips": str})
    size = counties.pop("labor_force").to_numpy(dtype=np.int64)
    rng = np.random.default_rng(1980)
    rate = rng.gamma(20, 1 / 430_000, size=len(counties))
    for period, total in zip(("1980_84", "1985_89"), PERSON_YEARS, strict=True):
        person_years = _share(total, size)
        counties[f"deaths_{period}"] = rng.poisson(person_years * rate)
        counties[f"person_years_{period}"] = person_years
        counties[f"age_adjusted_rate_{period}"] = np.nan
    counties["true_rate"] = rate
    counties.attrs["source"] = "twin"
    return counties


def fetch_kidney_cancer(*, downloader=None) -> Path:
    """Fetch the kidney-cancer table into the cache, unless it is there already.

    What arrives is written to a temporary file and checked before it takes its place, so a
    download that fails leaves an earlier file as it was.

    Parameters
    ----------
    downloader : callable, optional
        A downloader as `pooch` takes it; by default plain HTTPS.

    Returns
    -------
    pathlib.Path
        Where the table is.

    Raises
    ------
    OSError
        If it cannot be fetched; the message says why in one line.
    """
    import pooch
    from requests.exceptions import ChunkedEncodingError, HTTPError, RequestException

    if downloader is None:
        downloader = pooch.HTTPDownloader(timeout=(5, 30))
    pooch.get_logger().setLevel("WARNING")
    folder = _cache()
    try:
        return Path(
            pooch.retrieve(
                KIDNEY_URL,
                f"sha256:{KIDNEY_SHA256}",
                fname=KIDNEY_FILE,
                path=folder,
                downloader=downloader,
            )
        )
    except ValueError as error:
        raise OSError(
            f"what came from {KIDNEY_URL} is not the pinned file (cut short, or changed): "
            f"its sha256 is not {KIDNEY_SHA256}. Nothing was kept of it."
        ) from error
    except OSError as error:
        from_afar = isinstance(error, RequestException | ConnectionError | TimeoutError)
        if error.errno in _FULL:
            reason = f"no space is left on the disk of {folder}"
        elif isinstance(error, ChunkedEncodingError):
            reason = f"{KIDNEY_URL} was cut short on its way"
        elif isinstance(error, HTTPError):
            reason = f"{KIDNEY_URL} could not be fetched (the server says {_status(error)})"
        elif from_afar or error.errno is None:
            reason = f"{KIDNEY_URL} could not be fetched ({type(error).__name__})"
        else:  # no permission, a read-only disk, a file where the folder should be
            reason = f"{folder} cannot be written to ({os.strerror(error.errno)})"
        raise OSError(reason) from error


#: What the system says when a disk, or somebody's share of it, is full.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _status(error) -> str:
    """Return what a server answered, as "404 Not Found"."""
    return f"{error.response.status_code} {error.response.reason}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: `python -m helpers.datasets --fetch [--if-possible]`."""
    parser = argparse.ArgumentParser(prog="python -m helpers.datasets", description=__doc__)
    parser.add_argument("--fetch", action="store_true", required=True, help="fetch the table")
    parser.add_argument(
        "--if-possible",
        action="store_true",
        help="where it cannot be fetched, say so and go on with the simulated counties",
    )
    optional = parser.parse_args(arguments).if_possible
    path = _kidney_path()
    try:
        if _mirror():
            if not path.is_file():
                raise OSError(_missing(path))
            _checked(path)
        else:
            fetch_kidney_cancer()
    except (OSError, ValueError) as error:
        outcome = "The pages use the simulated counties instead."
        if path.is_file():
            outcome = f"Delete {path}: pages that load it stop with an error."
        print(f"No kidney-cancer table: {str(error).rstrip('.')}. {outcome}", file=sys.stderr)
        return 0 if optional else 1
    if not optional:
        print(f"The kidney-cancer table is in {path.parent}, and its sha256 is right.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
