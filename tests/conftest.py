"""Shared by all tests: where things are, and how notebook cells on the kidney table are treated."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KIDNEY_TAG = "kidney-data"
CELL = "notebook cell"  # what became of it, told to the process that sums up

# What hypothesis keeps is kept outside of the tree.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", f"{tempfile.gettempdir()}/hypothesis")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def targets_in():
    """Return a function: folder -> the lines that `make` alone prints there.

    These tests are themselves run by make, whose own flags must not be passed on.
    """

    def lines(folder: Path) -> list[str]:
        alone = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        command = ["make", "--no-print-directory"]
        told = subprocess.run(
            command, cwd=folder, env=alone, capture_output=True, text=True, check=True
        )
        return told.stdout.splitlines()

    return lines


@pytest.fixture
def run_cell():
    """Return a function: page, a part of one cell, names -> what the names are after that cell.

    The cell gets what the test gives it, so a test can look into a picture, or feed a cell what
    the page never does. Figures end up in `shown`.
    """
    import nbformat
    import numpy as np
    import seaborn as sns
    from matplotlib import pyplot as plt

    from listing import notebooks, page_name

    def run(page: str, part: str, **given) -> dict:
        (path,) = (path for path in notebooks(ROOT) if page_name(path).startswith(page))
        cells = nbformat.read(path, as_version=4).cells
        (source,) = [c.source for c in cells if c.cell_type == "code" and part in c.source]
        shown: list = []
        names = {"np": np, "plt": plt, "sns": sns, "show": lambda figure, _: shown.append(figure)}
        names |= given
        exec(compile(source, f"{page}: {part}", "exec"), names)
        return names | {"shown": shown}

    yield run
    plt.close("all")


@pytest.fixture(scope="session")
def kidney_is_real() -> bool:
    """Say whether the real kidney table is here: else what depends on it is run, not compared."""
    return _kidney_table().attrs["source"] == "real"


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


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Return the folder of a freshly built site."""
    pytest.importorskip("myst_nb", reason="requirements-dev.lock is not installed (make test-all)")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    command += ["-d", folder / "doctrees", ROOT / "site", folder / "html"]
    built = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    return folder / "html"


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
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="requirements-dev.lock is not installed (make test-all)"
    )
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def _move(page, slider) -> None:
    """Move one slider by keys and by mouse, and see that what it says and shows moves along."""
    control, output = slider.locator("input[type=range]"), slider.locator("output")
    status = slider.locator("[role=status]")

    def state():
        shown = slider.locator("path[transform]").evaluate_all(
            "marks => marks.map(mark => mark.getAttribute('transform'))"
        )
        said = output.inner_text()
        assert control.get_attribute("aria-valuetext") == said
        return said, status.inner_text(), shown

    control.scroll_into_view_if_needed()
    start = state()
    assert start[0].startswith("n0 = ")
    control.focus()
    seen = [start]
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft", "PageUp", "Home", "End"):
        page.keyboard.press(key)
        seen.append(state())
        assert all(new != old for new, old in zip(seen[-1], seen[-2], strict=True)), key
    assert seen[1] == seen[3] and seen[4] == start, "a step back undoes a step"
    assert (seen[-2][0], seen[-1][0]) == (
        "no pooling: n0 = 0",
        "complete pooling: n0 is infinite",
    )
    assert "weight 1.00" in seen[-2][1] and "weight 0.00" in seen[-1][1]
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    seen.append(state())
    assert all(new != old for new, old in zip(seen[-1], seen[-2], strict=True)), "mouse"
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert all(new != old for new, old in zip(state(), seen[-1], strict=True)), "mouse, dragged"
    slider.locator("button").nth(1).click()
    assert state() == start


@pytest.fixture(scope="session")
def move_slider():
    """Return the function (page, slider) that moves a slider and checks that it answers."""
    return _move


def pytest_collection_modifyitems(config, items):
    """Compare cells on the kidney table only where the real table is; run them everywhere."""
    cells = [item for item in items if type(item).__name__ == "IPyNbCell"]
    on_kidney = [item for item in cells if KIDNEY_TAG in item.cell.metadata.get("tags", [])]
    real = bool(on_kidney) and _kidney_table().attrs["source"] == "real"
    for item in on_kidney:
        item.options["check"] = item.options["check"] and real
    for item in cells:
        compared = item.options["check"] and item.cell.execution_count is not None
        told = "compared" if compared else "run on the simulated twin, not compared"
        item.user_properties.append((CELL, told))


def pytest_terminal_summary(terminalreporter):
    """Say what was compared with the stored outputs and what was not."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    cells = Counter(told for one in reports for name, told in one.user_properties if name == CELL)
    if cells:
        terminalreporter.section("notebook cells")
        for what, number in sorted(cells.items()):
            terminalreporter.line(f"{number:4d} {what}")
        terminalreporter.line("     (pictures are not compared; the texts that describe them are)")
