"""When the table does not fit: the programs of site/large_tables.md, as they stand there.

Each `python` block of the page begins with its name. The first, `make_rows.py`, writes the rows.
The others leave a `fit`; all are compared with that of `from_rows.py`, which reads every row.
Every program is started anew: its time includes its imports and its reading.
"""

from __future__ import annotations

import pickle
import re
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import ROOT, clock_text, table, times_text, watch

PAGE = ROOT / "site" / "large_tables.md"
#: Relative differences up to this count as the same answer.
SAME = 1e-10
KEEP = """
if __name__ == "__main__" and "fit" in vars():
    import pickle
    pickle.dump(fit, open("fit.pickle", "wb"))
"""


def programs() -> dict[str, str]:
    """Return the page's programs by name."""
    text = PAGE.read_text(encoding="utf-8")
    return dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", text, flags=re.DOTALL))


def off_by(fit, whole) -> float:
    """Largest relative difference in anything that two fits hold, group by group."""
    numbers = [
        np.r_[
            *(f.coefficients, f.standard_errors, f.intercepts, f.intercept_sd),
            *(f.sigma_alpha, f.sigma_y, f.deviance),
        ]
        for f in (fit, whole)
    ]
    assert fit.intercepts.index.equals(whole.intercepts.index) and np.array_equal(fit.n, whole.n)
    return float(np.max(np.abs(numbers[0] / numbers[1] - 1)))


def measure(repeats: int = 5) -> dict:
    """Run the page's programs in turn, so many rounds; compare their fits."""
    found, fits = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        texts = programs()
        first, *others = texts
        for name, text in texts.items():
            (folder / f"{name}.py").write_text(text + KEEP, encoding="utf-8")
        for name in [first, *others * (1 + repeats)]:
            ran = watch([sys.executable, f"{name}.py"], folder)
            print("scale", name, ran, flush=True)
            found.setdefault(name, []).append(ran)
            if name != first and "error" not in ran:
                fits[name] = pickle.loads((folder / "fit.pickle").read_bytes())
                (folder / "fit.pickle").unlink()
    n = fits["from_rows"].n
    return {
        "rows": int(n.sum()),
        "groups": n.size,
        "alone": int((n == 1).sum()),
        # the first round compiles and fills the disk's cache
        "programs": {name: runs[1:] for name, runs in found.items() if name != first},
        "off": {name: off_by(fit, fits["from_rows"]) for name, fit in fits.items()},
    }


def write(found: dict) -> str:
    """One row a program, beside the fit from the rows."""

    def ratio(name, what):  # within each round: the machine may be busier in another
        pairs = zip(found["programs"][name], found["programs"]["from_rows"], strict=True)
        return times_text(statistics.median(own[what] / whole[what] for own, whole in pairs))

    rows = []
    for name, runs in found["programs"].items():
        if errors := [run["error"] for run in runs if "error" in run]:
            rows.append([name, f"failed: {errors[0]}", *[""] * 4])
            continue
        row = [name.replace("_", " "), clock_text([run["seconds"] for run in runs])]
        row += [ratio(name, "seconds"), f"{max(run['peak'] for run in runs) / 1e6:.0f} MB"]
        off = found["off"][name]
        right = "yes" if off <= SAME else "**no**"
        agreement = "" if name == "from_rows" else f"{right} ({off:.0e})"
        rows.append([*row, ratio(name, "peak"), agreement])
    head = ["program", "time", "÷ from the rows", "memory", "÷ from the rows", "same answer"]
    return (
        f"{table(head, rows)}\n\n{found['rows']:,} rows in {found['groups']:,} groups, of which "
        f"{found['alone']:,} with a single row."
    )
