"""Drive a real JupyterLab as a learner would: open every notebook, Run All, look at the outputs."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from helpers import explore
from listing import notebooks, page_name
from tests.explorables import EXPLORABLES, find, look_at
from tests.folds import exercises

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = notebooks(ROOT)
TOKEN = "a-token-for-this-run-only"
MINUTES = 10  # at most, for one notebook

# Runs in the page: open a notebook and wait until its kernel has started.
OPEN = """async name => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = await app.commands.execute("docmanager:open", {path: name, factory: "Notebook"});
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
}"""

RUN_ALL = """async () => {
  await window.jupyterapp.commands.execute("notebook:run-all-cells");
}"""

# What the model of the open notebook holds: code cells with their run number and error outputs.
READ = """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .filter(cell => cell.cell_type === "code" && [].concat(cell.source).join("").trim() !== "")
  .map(cell => ({
    source: [].concat(cell.source).join(""),
    ran: cell.execution_count,
    errors: cell.outputs.filter(o => o.output_type === "error").map(o => o.ename + ": " + o.evalue),
    stderr: cell.outputs.filter(o => o.name === "stderr").map(o => [].concat(o.text).join("")),
  }))"""

# Bring the cell with this index on screen (cells out of sight are not in the page).
SHOW = """async index => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, "center");
}"""

SLIDER_CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .flatMap((cell, index) => (cell.metadata.tags || []).includes("slider") ? [index] : [])"""

# Runs in every Python that the server starts, kernels too: writes down who wanted to go where.
WATCH = """import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        place = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
        host = place[0] if isinstance(place, tuple) else place
        if isinstance(place, tuple) or event == "socket.getaddrinfo":
            if str(host) not in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "", "None"):
                with open(os.environ["WENT_TO"], "a") as seen:
                    seen.write(f"{event} {host} {sys.argv[:2]}\\n")

sys.addaudithook(note)
"""

CLEAR = """async () => {
  await window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
}"""


def alone() -> list[str]:
    """Return the options with which `make lab` keeps JupyterLab off the network."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.search(r"^ALONE := (.*)$", text, flags=re.MULTILINE)[1].split()


def watch(folder: Path) -> tuple[dict, Path]:
    """Return an environment whose Pythons are watched, and the file with what was seen."""
    (folder / "watch").mkdir()
    (folder / "watch" / "sitecustomize.py").write_text(WATCH)
    went_to = folder / "went_to.txt"
    return {"PYTHONPATH": str(folder / "watch"), "WENT_TO": str(went_to)}, went_to


def test_the_watch_sees_who_goes_out(tmp_path):
    environment, went_to = watch(tmp_path)
    for host in ("127.0.0.1", "192.0.2.1"):  # the second is nobody's; this sends nothing
        code = f"import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('{host}', 9))"
        subprocess.run([sys.executable, "-c", code], env=os.environ | environment, check=False)
    assert [line.split()[1] for line in went_to.read_text().splitlines()] == ["192.0.2.1"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(tmp_path):
    """Start a fresh JupyterLab on a copy of the notebooks; return its address."""
    shutil.copytree(
        ROOT / "notebooks",
        tmp_path / "notebooks",
        ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
    )
    port = free_port()
    private = {
        name: str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    watched, went_to = watch(tmp_path)
    private |= watched
    private |= {"PARTIAL_POOLING_QUIET": ""}  # a learner's own bar is no red text either
    # Even for somebody who once said yes to news from JupyterLab's makers.
    said_yes = tmp_path / "settings" / "@jupyterlab" / "apputils-extension"
    said_yes.mkdir(parents=True)
    (said_yes / "notification.jupyterlab-settings").write_text('{"fetchNews": "true"}')
    log = (tmp_path / "server.log").open("w")
    server = subprocess.Popen(
        [
            sys.executable,
            *("-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            f"--port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={tmp_path / 'notebooks'}",
            "--LabApp.expose_app_in_browser=True",
            *alone(),
            f"--LabApp.user_settings_dir={tmp_path / 'settings'}",
            f"--LabApp.workspaces_dir={tmp_path / 'workspaces'}",
        ],
        stdout=log,
        stderr=log,
        env=os.environ | private,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", server, tmp_path)
        yield f"http://127.0.0.1:{port}"
        assert not went_to.exists(), f"to another machine:\n{went_to.read_text()}"
    finally:
        stop(server, port)
        log.close()


def wait_for(address: str, server: subprocess.Popen, folder: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail("JupyterLab stopped:\n" + (folder / "server.log").read_text()[-2000:])
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                json.load(answer)
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail("JupyterLab did not start:\n" + (folder / "server.log").read_text()[-2000:])


def stop(server: subprocess.Popen, port: int) -> None:
    """Ask the server to shut down with all its kernels; insist if it does not."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/shutdown",
        method="POST",
        headers={"Authorization": f"token {TOKEN}"},
    )
    try:
        urllib.request.urlopen(request, timeout=20).close()
        server.wait(30)
    except (OSError, subprocess.TimeoutExpired):
        server.kill()
        server.wait()


def test_a_slider_is_alive_at_once_where_make_lab_has_trusted_the_page(
    lab, chromium, move_slider, tmp_path
):
    command = "jupyter trust $(FOLDERS:=/*.ipynb)"
    assert f"$(BIN)/{command} " in (ROOT / "Makefile").read_text(encoding="utf-8")
    pages = notebooks(tmp_path)
    place = {"JUPYTER_DATA_DIR": str(tmp_path / "jupyter_data_dir")}
    trust = [sys.executable, "-m", *command.split()[:-1], *map(str, pages)]
    subprocess.run(trust, env=os.environ | place, check=True, capture_output=True)
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{lab}/lab?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp !== undefined")
    page.evaluate(OPEN, "04_rat_tumors.ipynb")
    sliders = page.evaluate(SLIDER_CELLS)
    assert sliders
    for index in sliders:
        page.evaluate(SHOW, index)
        move_slider(page, page.locator(".jp-Cell.jp-mod-active .pp-slider"))
    page.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=page_name)
def test_run_all_in_jupyterlab(path, lab, chromium, move_slider):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    outside = []

    def answer(route):
        if route.request.url.startswith((lab, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.set_default_timeout(MINUTES * 60_000)
    page.goto(f"{lab}/lab?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp !== undefined")
    page.evaluate(OPEN, f"{page_name(path)}.ipynb")
    sliders = page.evaluate(SLIDER_CELLS)
    page.set_default_timeout(30_000)
    for index in sliders:  # nobody has said yet that this notebook is trusted
        page.evaluate(SHOW, index)
        output = page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output")
        assert "Run this cell to start the slider" in output.inner_text()
        assert output.locator("input").count() == 0

    page.set_default_timeout(MINUTES * 60_000)
    page.evaluate(CLEAR)
    page.evaluate(RUN_ALL)
    cells = page.evaluate(READ)
    stored = nbformat.read(path, as_version=4).cells
    assert [cell["source"] for cell in cells] == [c.source for c in stored if c.cell_type == "code"]
    for cell in cells:
        assert cell["errors"] == [], f"an error in this cell:\n{cell['source']}"
        assert cell["stderr"] == [], f"a warning in this cell:\n{cell['source']}"
        assert cell["ran"] is not None, f"this cell did not run:\n{cell['source']}"

    page.set_default_timeout(30_000)
    for index in sliders:
        page.evaluate(SHOW, index)
        move_slider(page, page.locator(".jp-Cell.jp-mod-active .pp-slider"))
    for one in exercises(stored):
        page.evaluate(SHOW, one.fold)
        fold = page.locator(".jp-Cell.jp-mod-active details")
        assert fold.locator("pre:visible").count() == 0, f"the solution of {one.number} stands open"
        fold.locator("summary").click()
        assert fold.locator("pre").first.is_visible()
    context.close()
    assert outside == [], "requests to elsewhere"


@pytest.mark.parametrize("width, theme", [(1280, "Light"), (390, "Dark")])
@pytest.mark.parametrize("name", EXPLORABLES)
def test_an_explorable_moves_before_any_cell_is_run(name, width, theme, lab, tmp_path, chromium):
    notebook = tmp_path / f"{EXPLORABLES[name].pages[-1]}.ipynb"
    book = nbformat.read(notebook, as_version=4)
    if not any(f"explore.{name}()" in cell.source for cell in book.cells):  # until it does
        html = {"text/html": getattr(explore, name)().data}
        shown = nbformat.v4.new_output("display_data", html)
        book.cells.insert(0, nbformat.v4.new_code_cell(f"explore.{name}()", outputs=[shown]))
        nbformat.write(book, notebook)
    private = os.environ | {"JUPYTER_DATA_DIR": str(tmp_path / "jupyter_data_dir")}
    trust = [sys.executable, "-m", "jupyter", "trust", notebook]
    subprocess.run(trust, env=private, check=True, capture_output=True)
    context = chromium.new_context(viewport={"width": width, "height": 900}, has_touch=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{lab}/lab?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp !== undefined")
    page.evaluate(OPEN, notebook.name)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
    page.evaluate(change, f"JupyterLab {theme}")
    page.evaluate(SHOW, [f"explore.{name}()" in cell.source for cell in book.cells].index(True))
    page.locator(".jp-OutputArea .pp-explore output").first.wait_for()
    box = find(page, name)
    box.scroll_into_view_if_needed()
    box.locator("output").first.hover()  # JupyterLab has put its cells in their places
    EXPLORABLES[name].move(page, box)
    look_at(page, box)
    assert errors == []
    context.close()
