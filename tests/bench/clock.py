"""What all the benchmarks share: clocks, spreads, effective sample sizes, agreement."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def seconds(work, *, repeats: int) -> tuple[list[float], object]:
    """Call `work` so many times; return the seconds of each call and the last result."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        taken.append(time.perf_counter() - start)
    return taken, result


def spread(values) -> tuple[float, float, float]:
    """Return median, smallest and largest."""
    return statistics.median(values), min(values), max(values)


def diagnose(draws: np.ndarray) -> dict:
    """Summarise draws of shape (quantity, chain, draw): mean, Monte Carlo error, bulk ESS."""
    from arviz_stats.base import array_stats

    return {
        "mean": draws.mean(axis=(1, 2)).tolist(),
        "mcse": array_stats.mcse(draws, method="mean").tolist(),
        "ess": array_stats.ess(draws, method="bulk").tolist(),
    }


def off_by(runs: list[dict], exact) -> float:
    """How far the runs' average lies from `exact`, in Monte Carlo errors; the worst quantity."""
    mean = np.mean([run["mean"] for run in runs], axis=0)
    error = np.sqrt(np.mean(np.square([run["mcse"] for run in runs]), axis=0) / len(runs))
    return float(np.max(np.abs(mean - exact) / error))


def alone(script: str, *arguments, environment: dict | None = None) -> dict:
    """Run a script of this folder in a process of its own; return the JSON of its last line.

    A part that fails does not stop the others: its message comes back under "error".
    """
    told = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PARTIAL_POOLING_QUIET": "1", **(environment or {})},
    )
    if told.returncode:
        return {"error": (told.stderr.strip().splitlines() or ["no message"])[-1][:200]}
    return json.loads(told.stdout.strip().splitlines()[-1])


def empty_caches(folder: str) -> dict[str, str]:
    """Return environment variables that send the peers' compilation caches to an empty folder."""
    return {
        "PYTENSOR_FLAGS": f"base_compiledir={folder}/pytensor",
        "NUMBA_CACHE_DIR": f"{folder}/numba",
        "JAX_COMPILATION_CACHE_DIR": "",
    }
