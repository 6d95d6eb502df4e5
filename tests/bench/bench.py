"""Measure the course against what people would use instead, and write the tables of the site.

    .bench/bin/python tests/bench/bench.py [PART ...]      (`make bench` runs all parts)

Every program runs in a process of its own, one after another. Each part writes one table,
site/speed_PART.inc, so a part can be measured again by itself; only ratios within one table, from
one run, mean anything. All times are medians, with the smallest and the largest beside them; they
are never part of a test.
"""

from __future__ import annotations

import datetime
import os
import platform
import sys
from functools import partial
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import course
import fits
import rats
import scale
from clock import ROOT

#: part -> (measure, write, packages whose versions matter)
PARTS = {
    "rats": (rats.measure, rats.write, ("pymc", "nutpie", "numpyro", "jax")),
    "radon": (partial(fits.measure, fits.RADON), fits.write_radon, ("statsmodels",)),
    "kidney": (partial(fits.measure, fits.KIDNEY), fits.write_kidney, ()),
    "scale": (scale.measure, scale.write, ("duckdb", "polars", "dask", "pyarrow")),
    "course": (course.measure, course.write, ()),
}


def load() -> float:
    """Return how many processes have been wanting a core in the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def about(before: float, packages: tuple[str, ...]) -> str:
    """Say when, with what and on what a part was measured; names no host and no path."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        model = f"{(models or [model])[0]}, {os.cpu_count()} cores, {size:.0f} GB"
    names = ("numpy", "scipy", "pandas", *packages)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return (
        f"Measured on {datetime.date.today()}: {model}; {platform.system()}, Python "
        f"{platform.python_version()}; {versions}. Load of the machine before and after: "
        f"{before:.1f} and {load():.1f}."
    )


def main(wanted: list[str]) -> None:
    """Measure the wanted parts, and write the table of each."""
    for part in wanted or PARTS:
        measure, write, packages = PARTS[part]
        before = load()
        text = f"{write(measure())}\n\n{about(before, packages)}\n"
        (ROOT / "site" / f"speed_{part}.inc").write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
