"""Radon by REML, and the same model on ever more groups of ten rows.

    python tests/bench/radon.py PROGRAM GROUPS [REPEATS]     (GROUPS = 0: the radon data)

PROGRAM is ours, statsmodels, lme4 or memory. Estimates are compared in this order: intercept,
slope, sigma_alpha, sigma_y.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from clock import HERE, seconds

#: Relative differences that count as the same answer; statsmodels' optimiser stops early.
SAME = {"lme4": 1e-4, "statsmodels": 1e-3}


def data(groups: int):
    """Return y, group, x: the 919 radon houses, or ten rows in each of so many groups."""
    if groups == 0:
        from helpers.datasets import load_radon

        table = load_radon()
        columns = (table[name].to_numpy() for name in ("log_radon", "county", "floor"))
        y, county, floor = columns
        return y, county, floor.astype(float)
    rng = np.random.default_rng(groups)
    group = np.repeat(np.arange(groups), 10)
    x = rng.standard_normal(group.size)
    y = rng.standard_normal(group.size)
    y += 1.5 - 0.7 * x
    y += 0.3 * rng.standard_normal(groups)[group]
    return y, group, x


def ours(groups, repeats):
    """Fit, and ask for everything a `MultilevelFit` holds: the Series of intercepts and sds too."""
    from helpers.multilevel import partial_pooling

    y, group, x = data(groups)

    def fit():
        found = partial_pooling(y, group, x)
        return found, found.intercepts, found.intercept_sd

    fit()  # pandas is imported here, not on the clock
    taken, (found, *_) = seconds(fit, repeats=repeats)
    return {
        "seconds": taken,
        "estimates": [*found.coefficients, found.sigma_alpha, found.sigma_y],
    }


def statsmodels(groups, repeats):
    """Fit by `MixedLM` from bare arrays (its formulas would add to its time)."""
    import statsmodels.api as sm

    y, group, x = data(groups)
    design = sm.add_constant(x)
    sm.MixedLM(y[:200], design[:200], group[:200])
    taken, found = seconds(lambda: sm.MixedLM(y, design, group).fit(reml=True), repeats=repeats)
    spreads = [float(found.cov_re[0, 0]) ** 0.5, float(found.scale) ** 0.5]
    return {"seconds": taken, "estimates": [*np.asarray(found.fe_params).tolist(), *spreads]}


def lme4(groups, repeats):
    """Fit by R's lmer; the time to start R and to read the rows is not counted."""
    if shutil.which("Rscript") is None:
        return {"error": "no Rscript on this machine"}
    y, group, x = data(groups)
    with tempfile.TemporaryDirectory() as folder:
        codes = np.unique(group, return_inverse=True)[1]
        (Path(folder) / "size.txt").write_text(f"{y.size}\n")
        for name, values in (("y", y), ("x", x), ("group", codes.astype(np.int32))):
            values.tofile(Path(folder) / name)
        told = subprocess.run(
            ["Rscript", str(HERE / "lme4.R"), folder, str(repeats)], capture_output=True, text=True
        )
    if told.returncode:
        return {"error": "lme4 is not installed in R" if "lme4" in told.stderr else "R failed"}
    return json.loads(told.stdout.strip().splitlines()[-1])


def memory(groups, _):
    """Return bytes of the input and the most that the fit held at once, the input included."""
    from helpers.multilevel import partial_pooling

    partial_pooling(*data(10))
    tracemalloc.start()
    y, group, x = data(groups)
    own = y.nbytes + group.nbytes + x.nbytes
    tracemalloc.reset_peak()
    found = partial_pooling(y, group, x)
    peak = tracemalloc.get_traced_memory()[1]
    return {"input": own, "peak": peak, "rows": y.size, "sigma_alpha": found.sigma_alpha}


PROGRAMS = {"ours": ours, "statsmodels": statsmodels, "lme4": lme4, "memory": memory}

if __name__ == "__main__":
    program, groups = sys.argv[1], int(sys.argv[2])
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    print(json.dumps(PROGRAMS[program](groups, repeats)))
