"""One fit, to ever more groups: radon by REML, counties by marginal likelihood.

    python tests/bench/fits.py PROGRAM GROUPS [REPEATS]      (GROUPS = 0: the course's own table)

Compared: for radon intercept, slope, sigma_alpha, sigma_y; for the counties log(alpha/beta) and
log(alpha+beta).
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import HERE, alone, answer, clock_text, seconds, table, times_text

#: groups -> how often each program fits them; "memory" fits once
RADON = {
    0: {"radon": 200, "lme4": 50, "statsmodels": 20},
    1_000: {"radon": 20, "lme4": 10, "statsmodels": 1, "radon-memory": 1},
    10_000: {"radon": 15, "lme4": 5, "radon-memory": 1},
    100_000: {"radon": 9, "lme4": 3, "radon-memory": 1},
    1_000_000: {"radon": 5, "radon-memory": 1},
}
KIDNEY = {
    0: {"kidney": 50, "scipy": 10},
    10_000: {"kidney": 9, "scipy": 5, "kidney-memory": 1},
    100_000: {"kidney": 5, "scipy": 3, "kidney-memory": 1},
    1_000_000: {"kidney": 3, "scipy": 1, "kidney-memory": 1},
}
#: Relative differences that count as the same answer; the optimisers of two stop early.
SAME = {"lme4": 1e-4, "statsmodels": 1e-3, "scipy": 1e-3}


def radon_data(groups: int):
    """Return y, group, x: the 919 radon houses, or ten rows in each of so many groups."""
    if groups == 0:
        from helpers.datasets import load_radon

        houses = load_radon()
        return (houses[name].to_numpy() for name in ("log_radon", "county", "floor"))
    rng = np.random.default_rng(groups)
    group = np.repeat(np.arange(groups), 10)
    x = rng.standard_normal(group.size)
    y = 1.5 - 0.7 * x + rng.standard_normal(group.size)
    return y + 0.3 * rng.standard_normal(groups)[group], group, x


def kidney_data(counties: int):
    """Return deaths and person-years: of the course's table, or of so many counties."""
    if counties == 0:
        from helpers.datasets import load_kidney_cancer

        names = ("deaths_1980_84", "person_years_1980_84")
        return (load_kidney_cancer()[name].to_numpy() for name in names)
    rng = np.random.default_rng(counties)
    n = np.ceil(np.exp(rng.normal(10.7, 1.4, counties)))
    rate = rng.beta(20, 20 / 4.7e-5, counties)
    return rng.binomial(n.astype(np.int64), rate).astype(float), n


def radon(y, group, x):
    """Fit, and ask for all that a fit holds: the Series of intercepts and of their sds too."""
    from helpers.multilevel import partial_pooling

    found = partial_pooling(y, group, x)
    assert found.intercepts.size == found.intercept_sd.size
    return [*found.coefficients, found.sigma_alpha, found.sigma_y]


def statsmodels(y, group, x):
    """Fit by `MixedLM` from bare arrays (its formulas would add to its time)."""
    import statsmodels.api as sm

    found = sm.MixedLM(y, sm.add_constant(x), group).fit(reml=True)
    return [*found.fe_params, found.cov_re[0, 0] ** 0.5, found.scale**0.5]


def kidney(y, n):
    """Fit by `fit_marginal_likelihood`."""
    from helpers.beta_binomial import fit_marginal_likelihood

    found = fit_marginal_likelihood(y, n)
    return [np.log(found.alpha / found.beta), np.log(found.alpha + found.beta)]


def scipy(y, n):
    """Fit as people write it: `scipy.stats.betabinom` and `scipy.optimize.minimize`."""
    from scipy import optimize, stats

    def loss(x):
        return -stats.betabinom.logpmf(y, n, np.exp(x[1] + x[0]), np.exp(x[1])).sum()

    start = np.array([np.log(y.sum() / n.sum()), np.log(n.mean())])
    log_odds, log_beta = optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-6}
    ).x
    return [log_odds, log_beta + np.log1p(np.exp(log_odds))]


def timed(data, fit, groups: int, repeats: int) -> dict:
    """Seconds of each fit; the imports and a first small fit are not counted."""
    fit(*data(100))
    values = tuple(data(groups))
    taken, found = seconds(lambda: fit(*values), repeats=repeats)
    return {"seconds": taken, "estimates": [float(value) for value in found]}


def memory(data, fit, groups: int, _) -> dict:
    """Bytes of the input and the most that the fit held at once, the input included."""
    fit(*data(100))
    tracemalloc.start()
    values = tuple(data(groups))
    tracemalloc.reset_peak()
    fit(*values)
    peak = tracemalloc.get_traced_memory()[1]
    return {"input": sum(value.nbytes for value in values), "peak": peak}


def lme4(groups: int, repeats: int) -> dict:
    """Fit by R's lmer; the time to start R and to read the rows is not counted."""
    if shutil.which("Rscript") is None:
        return {"error": "no R on this machine"}
    y, group, x = radon_data(groups)
    codes = np.unique(group, return_inverse=True)[1].astype(np.int32)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "size.txt").write_text(f"{y.size}\n")
        for name, values in (("y", y), ("x", x.astype(float)), ("group", codes)):
            values.tofile(Path(folder) / name)
        told = subprocess.run(
            ["Rscript", str(HERE / "lme4.R"), folder, str(repeats)], capture_output=True, text=True
        )
    if told.returncode:
        return {"error": "lme4 is not installed in R" if "lme4" in told.stderr else "R failed"}
    return json.loads(told.stdout.strip().splitlines()[-1])


PROGRAMS = {
    "radon": partial(timed, radon_data, radon),
    "radon-memory": partial(memory, radon_data, radon),
    "statsmodels": partial(timed, radon_data, statsmodels),
    "lme4": lme4,
    "kidney": partial(timed, kidney_data, kidney),
    "kidney-memory": partial(memory, kidney_data, kidney),
    "scipy": partial(timed, kidney_data, scipy),
}


def measure(plan: dict) -> dict:
    """Run every program of a plan, each in a process of its own."""
    return {
        groups: {name: alone("fits.py", name, groups, often) for name, often in programs.items()}
        for groups, programs in plan.items()
    }


def against(ours: dict, peer: dict | None, tolerance: float) -> list[str]:
    """Write a peer's time, its ratio to ours, and whether it found the same."""
    if peer is None or "error" in peer:
        return [peer["error"] if peer else "not tried", "", ""]
    off = np.max(np.abs(np.divide(peer["estimates"], ours["estimates"]) - 1))
    ratio = statistics.median(peer["seconds"]) / statistics.median(ours["seconds"])
    right = off <= tolerance
    agreement = f"{'yes' if right else '**no**'} ({off:.0e})"
    return [clock_text(peer["seconds"]), times_text(ratio) if right else "none", agreement]


def write(found: dict, ours: str, peers: list[str], name_of) -> str:
    """One row a size: ours, each peer with its ratio and whether it agrees, memory; the slope."""
    rows, sizes, times = [], [], []
    for groups, programs in found.items():
        own, held = programs[ours], programs.get(f"{ours}-memory", {})
        if "error" in own:
            rows.append([name_of(groups), f"failed: {own['error']}"])
            continue
        row = [name_of(groups), clock_text(own["seconds"])]
        for peer in peers:
            row += against(own, programs.get(peer), SAME[peer])
        rows.append([*row, f"{held['peak'] / held['input']:.1f}×" if "peak" in held else ""])
        if groups:
            sizes.append(groups)
            times.append(statistics.median(own["seconds"]))
    head = ["data", "ours", *(text for peer in peers for text in (peer, "ratio", "same answer"))]
    slope = np.polyfit(np.log(sizes), np.log(times), 1)[0]
    text = table([*head, "memory"], rows)
    versions = {programs.get("lme4", {}).get("version") for programs in found.values()} - {None}
    text += f"\n\nSlope of log time against log groups: {slope:.2f}."
    return text + "".join(f" {version}." for version in versions)


def write_radon(found: dict) -> str:
    """Write the table of REML fits."""

    def name_of(groups):
        return f"{groups:,} groups of ten rows" if groups else "radon, 919 rows in 85 groups"

    return write(found, "radon", ["lme4", "statsmodels"], name_of)


def write_kidney(found: dict) -> str:
    """Write the table of marginal-likelihood fits."""
    from helpers.datasets import load_kidney_cancer

    def name_of(groups):
        source = load_kidney_cancer().attrs["source"]
        return f"{groups:,} counties" if groups else f"the {source} table"

    return write(found, "kidney", ["scipy"], name_of)


if __name__ == "__main__":
    answer(PROGRAMS)
