"""What the course itself costs: notebooks, imports, `make html`, `make test`.

Runs the course's own environment (.venv), which `make env` makes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import ROOT, seconds, table, watch

BIN = ROOT / ".venv" / "bin"


def start_up(code: str) -> float:
    """Median seconds of a fresh Python that runs one line."""
    work = lambda: subprocess.run([BIN / "python", "-c", code], cwd=ROOT, check=True)  # noqa: E731
    return statistics.median(seconds(work, repeats=5)[0])


def measure() -> dict:
    """Run every notebook in a fresh kernel, storing nothing; then the make targets, the imports."""
    pages = sorted(
        [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "notebooks" / "further").glob("*.ipynb")]
    )
    modules = sorted(p.stem for p in (ROOT / "helpers").glob("*.py") if p.stem[0] != "_")
    bare = start_up("pass")
    return {
        "pages": {page.stem: watch([BIN / "jupyter", "execute", page], ROOT) for page in pages},
        "targets": {name: watch(["make", name], ROOT) for name in ("html", "test")},
        "numpy": start_up("import numpy") - bare,
        "modules": {name: start_up(f"import helpers.{name}") - bare for name in modules},
    }


def write(found: dict) -> str:
    """Write the notebooks' table, then the rest."""
    failed = lambda ran: ", failed" if "error" in ran else ""  # noqa: E731
    rows = [
        [page, f"{ran['seconds']:.1f} s{failed(ran)}", f"{ran['one'] / 1e6:.0f} MB"]
        for page, ran in found["pages"].items()
    ]
    total = sum(ran["seconds"] for ran in found["pages"].values())
    rows.append(["all, one after another", f"{total:.0f} s", ""])
    for name, ran in found["targets"].items():
        rows.append([f"`make {name}`", f"{ran['seconds']:.0f} s{failed(ran)}", ""])
    slow = max(found["modules"], key=found["modules"].get)
    return (
        f"{table(['notebook, cold', 'time', 'kernel'], rows)}\n\n"
        f"Imports in a fresh Python: NumPy {found['numpy']:.2f} s; the slowest module of the "
        f"course, `helpers.{slow}`, {found['modules'][slow]:.2f} s, NumPy included."
    )
