"""Shared by all tests: where things are, and how notebook cells on the kidney table are treated."""

from __future__ import annotations

import os
import shutil
import warnings
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KIDNEY_TAG = "kidney-data"
_cells = Counter()


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_kidney():
    """Return the real kidney table, or skip and say what was not checked."""
    table = _kidney_table()
    if table.attrs["source"] != "real":
        pytest.skip("the real kidney table is not here (make data): its figures were not checked")
    return table


def _kidney_table():
    from helpers.datasets import load_kidney_cancer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the loader's own tests look at its warning
        return load_kidney_cancer()


# Without a screen, a graphics card, or a word to any server.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium():
    """Return a headless Chromium: the one CHROMIUM names, or the first found under a usual name."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium found: JupyterLab and the site were not driven")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def pytest_collection_modifyitems(config, items):
    """Compare cells on the kidney table only where the real table is; run them everywhere."""
    cells = [item for item in items if type(item).__name__ == "IPyNbCell"]
    on_kidney = [item for item in cells if KIDNEY_TAG in item.cell.metadata.get("tags", [])]
    real = bool(on_kidney) and _kidney_table().attrs["source"] == "real"
    for item in on_kidney:
        item.options["check"] = item.options["check"] and real
    for item in cells:
        compared = item.options["check"] and item.cell.execution_count is not None
        _cells["compared" if compared else "run on the simulated twin, not compared"] += 1


def pytest_terminal_summary(terminalreporter):
    """Say what was compared with the stored outputs and what was not."""
    if _cells:
        terminalreporter.section("notebook cells")
        for what, number in sorted(_cells.items()):
            terminalreporter.line(f"{number:4d} {what}")
        terminalreporter.line("     (pictures are not compared; the texts that describe them are)")
