"""Measure the course against what people would use instead, and write the table of the site.

    .bench/bin/python tests/bench/bench.py [PART ...]      (`make bench` runs all parts)

Parts: rats, radon, kidney, scale, course. Every program runs in a process of its own, one after
another. Each part's figures are kept in build/bench, so a part can be measured again by itself;
only ratios within one part, from one run, mean anything. All times are medians, with the smallest
and the largest beside them; they are never part of a test.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import ROOT, alone, empty_caches, off_by, spread
from radon import SAME
from rats import SAMPLERS

KEPT = ROOT / "build" / "bench"
TABLE = ROOT / "site" / "speed_table.inc"
#: An average this many Monte Carlo errors from the exact one is no longer chance.
TOO_FAR = 4.0
OURS = ("collapsed", "gibbs", "grid", "floor")
#: Peers that sample the rates and whose next call is the first one over again, and the one that
#: keeps its compiled model: the two that everyone is compared with.
AGAIN, KEEPS = ("pymc", "pymc-nutpie", "pymc-numpyro", "numpyro"), "nutpie"


# ------------------------------------------------------------------------------------- measuring


def measure_rats() -> dict:
    """Every sampler: a cold first call, then warm ones."""
    found = {"exact": alone("rats.py", "exact")}
    for name in SAMPLERS:
        with tempfile.TemporaryDirectory() as empty:
            repeats = 7 if name in OURS or name.startswith("nutpie") else 3
            found[name] = alone("rats.py", name, repeats, environment=empty_caches(empty))
        say(f"rats, {name}: {brief(found[name].get('rate', found[name]))}")
    return found


def measure_radon() -> dict:
    """Radon by three programs, then more and more groups."""
    plan = {
        0: {"ours": 200, "lme4": 50, "statsmodels": 20},
        1_000: {"ours": 20, "lme4": 10, "statsmodels": 1},
        10_000: {"ours": 15, "lme4": 5},
        100_000: {"ours": 9, "lme4": 3},
        1_000_000: {"ours": 5},
    }
    found = {}
    for groups, programs in plan.items():
        found[groups] = {
            name: alone("radon.py", name, groups, repeats) for name, repeats in programs.items()
        }
        if groups >= 1_000:
            found[groups]["memory"] = alone("radon.py", "memory", groups)
        for name, result in found[groups].items():
            say(f"radon, {groups or 85} groups, {name}: {brief(result.get('seconds', result))}")
    return found


def measure_kidney() -> dict:
    """Counties: the table, then simulated ones."""
    plan = {
        0: {"ours": 50, "scipy": 10},
        10_000: {"ours": 9, "scipy": 5},
        100_000: {"ours": 5, "scipy": 3},
        1_000_000: {"ours": 3, "scipy": 1},
    }
    found = {}
    for counties, programs in plan.items():
        found[counties] = {
            name: alone("kidney.py", name, counties, repeats) for name, repeats in programs.items()
        }
        if counties:
            found[counties]["memory"] = alone("kidney.py", "memory", counties)
        for name, result in found[counties].items():
            say(f"kidney, {counties or 'the'} counties, {name}: {brief(result)}")
    return found


def measure_scale() -> dict:
    """Two Dask workers on partitioned Parquet."""
    found = alone("scale.py", 50_000, 8)
    say(f"scale: {brief(found)}")
    return found


def measure_course() -> dict:
    """Notebooks, imports, make targets."""
    found = {"imports": alone("course.py", "imports"), **alone("course.py", "notebooks")}
    for target in ("html", "test"):
        found[target] = alone("course.py", "make", target)
        say(f"course, make {target}: {brief(found[target])}")
    return found


PARTS = {
    "rats": measure_rats,
    "radon": measure_radon,
    "kidney": measure_kidney,
    "scale": measure_scale,
    "course": measure_course,
}


def say(text: str) -> None:
    """Tell how far we are."""
    print(text, flush=True)


def brief(result) -> str:
    """Cut long results for the progress lines."""
    if isinstance(result, list):
        return " ".join(f"{value:.3g}" for value in result[:8])
    return str(result)[:150]


def machine() -> dict:
    """Say what this is measured on; names no host and no path."""
    model = platform.processor() or platform.machine()
    gigabytes = None
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
        gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    names = ("numpy", "scipy", "pandas", "pymc", "nutpie", "numpyro", "jax", "statsmodels", "dask")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory": gigabytes,
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "versions": {name: metadata.version(name) for name in names},
    }


# --------------------------------------------------------------------------------------- writing


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table: the first column to the left, the others to the right."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows])


def clock_text(values) -> str:
    """Write the median of some seconds, with the smallest and the largest."""
    middle, low, high = spread(values)
    unit, name = next(
        (u, n) for u, n in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")) if middle >= u or u == 1e-6
    )
    return f"{middle / unit:.3g} {name} ({low / unit:.3g}–{high / unit:.3g})"


def rate_text(values) -> str:
    """Write the median of some rates, with the smallest and the largest."""
    return "{} ({}–{})".format(*(f"{float(f'{value:.2g}'):,.0f}" for value in spread(values)))


def times_text(ratio: float) -> str:
    """Write a ratio with two digits."""
    return f"{float(f'{ratio:.2g}'):,g}×"


def warm(result: dict, exact: list[float]) -> float:
    """Median of the warm rates; 0 for a wrong answer or none."""
    if "error" in result or not agrees(result, exact)[0]:
        return 0.0
    return spread(result["rate"][1:])[0]


def agrees(result: dict, exact: list[float]) -> tuple[bool, float]:
    """Whether a sampler's averages are the exact ones within Monte Carlo error, and how far off."""
    if result["name"] == "floor":  # it draws from no posterior
        return True, float("nan")
    off = off_by(result["runs"], exact)
    return off <= TOO_FAR, off


def write_rats(found: dict) -> str:
    """One row a sampler, in three groups."""
    exact = found["exact"]["mean"]
    usual = max(AGAIN, key=lambda name: warm(found[name], exact))
    against = {name: warm(found[name], exact) for name in (usual, KEEPS)}
    rows = []
    for name, (title, _, asked) in SAMPLERS.items():
        result = found[name]
        if "error" in result:
            rows.append([title, f"did not run: {result['error']}", *[""] * 6])
            continue
        right, off = agrees(result, exact)
        form = "drawn after" if "marginal" in name or name in ("collapsed", "grid") else "sampled"
        agreement = "" if np.isnan(off) else f"{'yes' if right else '**no**'} ({off:.1f})"
        rows.append(
            [
                title,
                "drawn alone" if name == "floor" else form,
                f"{asked['chains']} × {asked['draws']:,}",
                rate_text(result["rate"][:1]).split(" ")[0],
                rate_text(result["rate"][1:]),
                *(times_text(warm(result, exact) / own) if own else "" for own in against.values()),
                agreement,
            ]
        )
    head = ["program", "the 70 rates are", "chains × draws", "first call", "next calls"]
    head += [f"÷ {SAMPLERS[name][0]}" for name in against]
    head += ["agrees (errors off)"]
    return table(head, rows)


def same(result: dict, other: dict, tolerance: float) -> str:
    """Write whether two programs found the same estimates."""
    ours, theirs = np.array(result["estimates"]), np.array(other["estimates"])
    off = np.max(np.abs(theirs / ours - 1))
    return f"{'yes' if off <= tolerance else '**no**'} ({off:.0e})"


def write_fits(found: dict, unit: str, peers: dict[str, float], first: str, rows_each: int) -> str:
    """One row a size: ours, and each peer with its ratio and whether it agrees."""
    rows = []
    for size, programs in found.items():
        ours = programs["ours"]
        count = int(size) * rows_each
        row = [f"{int(size):,} {unit}" + (f", {count:,} rows" if rows_each > 1 else "")]
        row = [first] if not int(size) else row
        if "error" in ours:
            rows.append([*row, f"failed: {ours['error']}"])
            continue
        row.append(clock_text(ours["seconds"]))
        for name, tolerance in peers.items():
            peer = programs.get(name)
            if peer is None:
                row += ["not tried", "", ""]
            elif "error" in peer:
                row += [peer["error"], "", ""]
            else:
                agreement = same(ours, peer, tolerance)
                ratio = spread(peer["seconds"])[0] / spread(ours["seconds"])[0]
                shown = times_text(ratio) if agreement.startswith("yes") else "none"
                row += [clock_text(peer["seconds"]), shown, agreement]
        held = programs.get("memory", {})
        row.append(f"{held['peak'] / held['input']:.1f}×" if "peak" in held else "")
        rows.append(row)
    head = ["data", "ours"]
    for name in peers:
        head += [name, "ratio", "same answer"]
    return table([*head, "memory"], rows)


def slope(found: dict) -> float:
    """Slope of log time against log groups, from the simulated tables, by least squares."""
    sizes = [int(size) for size in found if int(size)]
    times = [spread(found[size]["ours"]["seconds"])[0] for size in found if int(size)]
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def write_scale(found: dict) -> str:
    """One sentence."""
    if "error" in found:
        return f"Did not run: {found['error']}"
    return (
        f"{found['rows']:,} rows in {found['groups']:,} groups, {found['partitions']} partitions, "
        f"two workers: {found['seconds']:.1f} s, the largest relative difference from the fit in "
        f"one piece {found['off']:.0e}. Rows: {found['bytes_rows'] / 1e6:.0f} MB; all summaries "
        f"together: {found['bytes_summaries'] / 1e6:.0f} MB."
    )


def write_course(found: dict) -> str:
    """Write the notebooks' table, then the rest."""
    pages = found.get("notebooks", [])
    rows = [
        [page["page"], f"{page['seconds']:.1f} s", f"{page['peak'] / 1e6:.0f} MB"]
        + ([] if page["ok"] else ["failed"])
        for page in pages
    ]
    rows.append(["all, one after another", f"{sum(p['seconds'] for p in pages):.0f} s", ""])
    for target in ("html", "test"):
        if "seconds" in found[target]:
            failed = "" if found[target]["ok"] else ", failed"
            rows.append([f"`make {target}`", f"{found[target]['seconds']:.0f} s{failed}", ""])
    text = table(["notebook, cold", "time", "kernel"], rows)
    if "modules" in found["imports"]:
        taken = found["imports"]["modules"]
        slow = max(taken, key=taken.get)
        text += (
            f"\n\nImports in a fresh Python: NumPy {found['imports']['numpy']:.2f} s; the slowest "
            f"module of the course, `helpers.{slow}`, {taken[slow]:.2f} s, NumPy included."
        )
    return text


def write(parts: dict[str, dict]) -> str:
    """Write all tables as one Markdown text."""
    text = []
    for name, kept in parts.items():
        found, load = kept["found"], kept["load"]
        text.append(f"### {HEADINGS[name]}\n")
        if name == "rats":
            text.append(write_rats(found))
        elif name == "radon":
            text.append(
                write_fits(found, "groups", SAME, "radon, 919 rows in 85 groups", 10)
                + f"\n\nSlope of log time against log groups: {slope(found):.2f}."
            )
        elif name == "kidney":
            source = found["0"]["ours"].get("source", "?")
            text.append(
                write_fits(found, "counties", {"scipy": 1e-3}, f"the {source} table", 1)
                + f"\n\nSlope of log time against log counties: {slope(found):.2f}."
            )
        elif name == "scale":
            text.append(write_scale(found))
        else:
            text.append(write_course(found))
        text.append(f"\n(Load of the machine before and after: {load[0]:.1f} and {load[1]:.1f}.)\n")
    about = machine()
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    lme4 = parts.get("radon", {}).get("found", {}).get("0", {}).get("lme4", {}).get("version")
    memory = f", {about['memory']:.0f} GB" if about["memory"] else ""
    text.append(
        f"Machine: {about['processor']}, {about['cores']} cores{memory}; {about['system']}; "
        f"{versions}{', ' + lme4 if lme4 else ''}."
    )
    return "\n".join(text) + "\n"


HEADINGS = {
    "rats": "Rat tumours: effective draws per second",
    "radon": "Radon and larger tables: one REML fit",
    "kidney": "Counties: one marginal-likelihood fit",
    "scale": "Two Dask workers",
    "course": "The course itself",
}


def load() -> float:
    """Return how many processes have been wanting a core in the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def main(wanted: list[str]) -> None:
    """Measure the wanted parts, then write the table from all the parts that are kept."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in wanted or PARTS:
        before = load()
        kept = {"found": PARTS[name](), "load": [before, load()]}
        (KEPT / f"{name}.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    parts = {
        name: json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))
        for name in PARTS
        if (KEPT / f"{name}.json").exists()
    }
    text = write(parts)
    TABLE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
