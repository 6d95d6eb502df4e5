"""The explorables and how they are driven in a browser: a new one joins by a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.minnesota import move_minnesota
from tests.town import move_town
from tests.tumors import move_tumors
from tests.twin import move_twin
from tests.weight import move_weight


class Explorable(NamedTuple):
    """What the tests of the site and of JupyterLab have to know."""

    move: Callable  # (page, box): by keys and mouse, compared with NumPy
    pages: list[str]  # of the site where it stands; the last is a notebook
    most: int = 1500  # bytes without the shared code
    playing: str = "output"  # what changes at each step of its play
    whole: bool = False  # all of it stands on one screen of a phone, not just what is worked with


EXPLORABLES = {
    "weight": Explorable(move_weight, ["index", "notebooks/00_start_here"], whole=True),
    "twin": Explorable(move_twin, ["index", "notebooks/01_kidney_cancer"], 100_000),
    "town": Explorable(move_town, ["notebooks/02_garages"], playing=".pp-towns"),
    "minnesota": Explorable(move_minnesota, ["notebooks/03_radon"], 15_000),
    "tumors": Explorable(move_tumors, ["notebooks/04_rat_tumors"], playing="output[for$=n0]"),
}
PLACES = [(name, page) for name, one in EXPLORABLES.items() for page in one.pages]


def find(page, name: str):
    """Return the explorable with this name; there has to be one."""
    (box,) = page.locator(f".pp-explore[data-started={name}]").all()
    return box


def look_at(page, box) -> None:
    """See that every target is large enough, that touch works, and that axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    for target in box.locator("button, input").all():
        assert target.bounding_box()["height"] >= 24
    before = box.locator("output").first.inner_text()
    track = box.locator("input[type=range]").first
    track.tap(position={"x": 0.8 * track.bounding_box()["width"], "y": 14})
    assert box.locator("output").first.inner_text() != before, "touch"
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(page, context=".pp-explore", options=options).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
