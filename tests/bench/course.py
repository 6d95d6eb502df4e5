"""What the course itself costs: notebooks, imports, `make test`, `make html`.

    python tests/bench/course.py {notebooks,imports,make TARGET}

Runs the course's own environment (.venv), which `make env` makes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "site"))

import listing  # noqa: E402

BIN = ROOT / ".venv" / "bin"


class Kernel(threading.Thread):
    """Watch the notebook kernels below a process; remember the most memory one ever held."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.parent, self.peak = psutil.Process(pid), 0

    def run(self):
        while self.parent.is_running():
            try:
                for child in self.parent.children(recursive=True):
                    if "ipykernel_launcher" in " ".join(child.cmdline()):
                        self.peak = max(self.peak, child.memory_info().rss)
            except psutil.NoSuchProcess:
                pass
            time.sleep(0.2)  # looking takes time too


def notebooks() -> dict:
    """Run every notebook in a fresh kernel, one after another; nothing is stored."""
    found = []
    for path in listing.notebooks(ROOT):
        start = time.perf_counter()
        running = subprocess.Popen(
            [BIN / "jupyter", "execute", path],
            cwd=ROOT,
            env={**os.environ, "PARTIAL_POOLING_QUIET": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        watch = Kernel(running.pid)
        watch.start()
        running.communicate()
        taken = time.perf_counter() - start
        ok = not running.returncode
        found.append(
            {"page": listing.page_name(path), "seconds": taken, "peak": watch.peak, "ok": ok}
        )
    return {"notebooks": found}


def imports() -> dict:
    """Seconds to import each module of helpers in a fresh Python, less Python's own start."""

    def start_up(code):
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([BIN / "python", "-c", code], cwd=ROOT, check=True)
            taken.append(time.perf_counter() - start)
        return sorted(taken)[2]

    bare, numpy = start_up("pass"), start_up("import numpy")
    modules = sorted(p.stem for p in (ROOT / "helpers").glob("*.py") if p.stem[0] != "_")
    return {
        "numpy": numpy - bare,
        "modules": {name: start_up(f"import helpers.{name}") - bare for name in modules},
    }


def make(target: str) -> dict:
    """Time one make target."""
    start = time.perf_counter()
    ran = subprocess.run(
        ["make", target], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    tail = [line for line in ran.stdout.strip().splitlines() if line.strip()][-1:]
    return {
        "seconds": time.perf_counter() - start,
        "ok": not ran.returncode,
        "last_line": tail[0].strip() if tail else "",
    }


if __name__ == "__main__":
    work = {"notebooks": notebooks, "imports": imports, "make": make}[sys.argv[1]]
    print(json.dumps(work(*sys.argv[2:])))
