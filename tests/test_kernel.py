"""What a page asks of the machine: the memory of a kernel that has run it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 300  # megabytes: ten students on a small server, each with one page open


@pytest.mark.long
def test_the_kernel_that_has_run_04_stays_small(monkeypatch):
    monkeypatch.setenv("PARTIAL_POOLING_QUIET", "1")
    path = ROOT / "notebooks" / "04_rat_tumors.ipynb"
    manager, client = start_new_kernel(cwd=str(path.parent))
    try:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                reply = client.execute_interactive(
                    cell.source, output_hook=lambda message: None, timeout=120
                )
                assert reply["content"]["status"] == "ok", cell.source
        used = psutil.Process(manager.provisioner.pid).memory_info().rss / 2**20
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(f"kernel after 04: {used:.0f} MB")
    assert used < LIMIT
