"""What one student costs, and ten at once: seconds and megabytes, measured on this machine.

Run by hand, on a machine that does nothing else (a few minutes):

    .venv/bin/python site/classroom.py            # all pages one by one, then ten kernels at once
    .venv/bin/python site/classroom.py --students 30 --page 04_rat_tumors

Memory is PSS where the system tells it (Linux): memory that several kernels share is divided among
them, so the sum over students is what the machine must have.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

from listing import notebooks, page_name

ROOT = Path(__file__).resolve().parent.parent
PAGES = notebooks(ROOT)


def megabytes(pid: int) -> float:
    """Return the memory of a process and its children, in MB (0 once it has ended)."""
    total = 0
    try:
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            memory = one.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    except psutil.Error:
        pass
    return total / 2**20


def processor_seconds(pid: int) -> float:
    """Return what a process has used of a processor: other work on the machine hardly counts."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def run(page: Path) -> dict[str, float]:
    """Run a page in a kernel of its own; return seconds to start and to finish, and memory."""
    notebook = nbformat.read(page, as_version=4)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": page.parent}})
    begun = time.perf_counter()
    async with client.async_setup_kernel(stderr=subprocess.DEVNULL):
        started = time.perf_counter()
        pid = client.km.provisioner.process.pid
        idle = most = await asyncio.to_thread(megabytes, pid)
        ready = None
        for index, cell in enumerate(notebook.cells):
            await client.async_execute_cell(cell, index)
            if cell.cell_type == "code":
                ready = ready or time.perf_counter()
                most = max(most, await asyncio.to_thread(megabytes, pid))
        finished = time.perf_counter()
        ready = ready or finished  # a page without code
        used = await asyncio.to_thread(processor_seconds, pid)
    return {
        "start": started - begun,
        "imports": ready - started,
        "run": finished - ready,
        "cpu": used,
        "idle MB": idle,
        "most MB": most,
    }


async def together(pages: list[Path]) -> tuple[list[dict[str, float]], float]:
    """Run one page a student, all at once; return what each took, and the seconds until all did."""
    begun = time.perf_counter()
    told = await asyncio.gather(*(run(page) for page in pages))
    return list(told), time.perf_counter() - begun


def server() -> tuple[float, float]:
    """Start JupyterLab without a kernel; return seconds until it answers and its memory."""
    with tempfile.TemporaryDirectory() as folder:
        place = {**os.environ, "JUPYTER_RUNTIME_DIR": folder, "JUPYTER_CONFIG_DIR": folder}
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        begun = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--ServerApp.port=0", "--LabApp.news_url=None"],
            env=place,
            cwd=ROOT / "notebooks",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not list(Path(folder).glob("jpserver-*.json")):
                if process.poll() is not None or time.perf_counter() - begun > 60:
                    raise RuntimeError("JupyterLab did not start")
                time.sleep(0.05)
            seconds = time.perf_counter() - begun
            time.sleep(2)
            return seconds, megabytes(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=10, help="kernels at once (default 10)")
    parser.add_argument("--page", default="", help="the page they all run (default: each in turn)")
    given = parser.parse_args()
    os.environ["PARTIAL_POOLING_QUIET"] = "1"
    print(f"{psutil.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    seconds, memory = server()
    print(f"JupyterLab, no kernel: answers after {seconds:.1f} s, {memory:.0f} MB")
    keys = ("start", "imports", "run", "cpu", "idle MB", "most MB")
    print(f"{'one student':22s}" + "".join(f"{key:>9s}" for key in keys))
    for page in PAGES:
        told = asyncio.run(run(page))
        print(f"{page_name(page):22s}" + "".join(f"{told[key]:9.1f}" for key in keys))
    print(f"{given.students} students at once: slowest of them, and all their memory together")
    for page in PAGES:
        if given.page in page_name(page):
            told, seconds = asyncio.run(together([page] * given.students))
            slowest = "".join(f"{max(one[key] for one in told):9.1f}" for key in keys[:4])
            memory = "".join(f"{sum(one[key] for one in told):9.0f}" for key in keys[4:])
            print(f"{page_name(page):22s}{slowest}{memory}   all done after {seconds:.0f} s")


if __name__ == "__main__":
    main()
