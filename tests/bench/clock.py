"""What all parts share: clocks, processes, and how figures are written."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def alone(script: str, *arguments, environment: dict | None = None) -> dict:
    """Run a script of this folder in a process of its own; return the JSON of its last line.

    A program that fails does not stop the others: its message comes back under "error".
    """
    told = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PARTIAL_POOLING_QUIET": "1", **(environment or {})},
    )
    if told.returncode:
        found = {"error": (told.stderr.strip().splitlines() or ["no message"])[-1][:200]}
    else:
        found = json.loads(told.stdout.strip().splitlines()[-1])
    print(script, *arguments, str(found)[:100], flush=True)
    return found


def answer(programs: dict) -> None:
    """Print what the program named on the command line returns, as JSON: the other end of it."""
    name, *numbers = sys.argv[1:]
    print(json.dumps(programs[name](*map(int, numbers))))


def watch(command: list, folder: Path) -> dict:
    """Run a command; return its seconds and the most bytes held at once, by all its processes.

    "one" is the most that any single one of them held. They are looked at twenty times a second;
    of the command's own process the system knows the peak itself.
    """
    import psutil

    most, most_of_one, ended = 0, 0, 0
    environment = {**os.environ, "PARTIAL_POOLING_QUIET": "1"}
    with tempfile.TemporaryFile("w+") as told:
        start = time.perf_counter()
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": told}
        running = psutil.Popen(command, cwd=folder, env=environment, **pipes)
        while not ended:
            held = [0]
            try:
                for process in (running, *running.children(recursive=True)):
                    held.append(process.memory_info().rss)
            except psutil.NoSuchProcess:
                pass
            most, most_of_one = max(most, sum(held)), max(most_of_one, *held)
            time.sleep(0.05)
            ended, status, usage = os.wait4(running.pid, os.WNOHANG)
        taken = time.perf_counter() - start
        own = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        found = {"seconds": taken, "peak": max(most, own), "one": max(most_of_one, own)}
        told.seek(0)
        if status:
            found["error"] = (told.read().strip().splitlines() or ["no message"])[-1][:200]
    return found


# --------------------------------------------------------------------------------------- writing


def table(head: list[str], rows: list[list[str]]) -> str:
    """Write a Markdown table: the first column to the left, the others to the right."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows])


def clock_text(values) -> str:
    """Write the median of some seconds, with the smallest and the largest."""
    middle = statistics.median(values)
    units = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"))
    unit, name = next((u, n) for u, n in units if middle >= u or u == 1e-6)
    return f"{middle / unit:.3g} {name} ({min(values) / unit:.3g}–{max(values) / unit:.3g})"


def rate_text(values) -> str:
    """Write the median of some rates, with the smallest and the largest."""
    shown = (statistics.median(values), min(values), max(values))
    return "{} ({}–{})".format(*(f"{float(f'{value:.2g}'):,.0f}" for value in shown))


def times_text(ratio: float) -> str:
    """Write a ratio with two digits."""
    return f"{float(f'{ratio:.2g}'):,g}×"
