"""The explorable of the simulated counties in a browser: moved, and compared with NumPy."""

from __future__ import annotations

import math

import numpy as np

from helpers import datasets
from helpers.gamma_poisson import GammaPopulation


def uniform(seed: int):
    """Yield what mulberry32, the generator of the twin's explorable, yields: 0 to 1."""
    bits = 0xFFFFFFFF
    while True:
        seed = (seed + 0x6D2B79F5) & bits
        t = (seed ^ seed >> 15) * (1 | seed) & bits
        t = (t + ((t ^ t >> 7) * (61 | t) & bits) & bits) ^ t
        yield (t ^ t >> 14) / 2**32


def poisson(mean: float, random) -> int:
    """Return how many arrivals come before `mean`, with gaps of mean 1."""
    time, events = -math.log(1 - next(random)), 0
    while time <= mean:
        time, events = time - math.log(1 - next(random)), events + 1
    return events


class Twin:
    """The explorable of the simulated counties in a browser, beside the same in NumPy."""

    def __init__(self, page, box):
        self.page, self.box = page, box
        table = datasets._read("kidney_twin.csv")
        self.names = (table["county"] + ", " + table["state"]).tolist()
        self.n = table["person_years_1980_84"].to_numpy()
        self.truth = np.round(1e5 * table["true_rate"].to_numpy(), 3)
        self.cuts = np.quantile(self.truth, [0.1, 0.3, 0.7, 0.9]).round(1)
        self.draws = [table["deaths_1980_84"].to_numpy()]
        self.track, self.output = box.locator("input[type=range]"), box.locator("output")
        self.search, self.line = box.locator("input[type=search]"), box.locator(".pp-places p")

    def deaths(self, draw: int):
        while draw >= len(self.draws):
            random = uniform(1980 + 5 * len(self.draws))
            self.draws.append([poisson(m, random) for m in self.n * self.truth / 1e5])
        return self.draws[draw]

    def n0(self) -> float:
        said = self.output.inner_text()
        assert self.track.get_attribute("aria-valuetext") == said
        ends = {"no pooling": 0.0, "complete pooling": math.inf}
        return ends[said] if said in ends else float(said.replace(",", ""))

    def rates(self, draw: int, n0: float):
        """Return the rates per 100,000, by the helper where there is a population."""
        y = np.asarray(self.deaths(draw))
        if n0 == 0:
            return 1e5 * y / self.n
        return 1e5 * GammaPopulation(y.sum() / self.n.sum(), n0).estimate(y, self.n)

    def compare(self, draw: int) -> tuple:
        """Compare errors and sentence with NumPy's; return what is seen."""
        n0 = self.n0()
        three = [self.rates(draw, size) for size in (0, n0, np.inf)]
        errors = [np.sqrt(np.mean((rates - self.truth) ** 2)) for rates in three]
        shown = self.box.locator(".pp-numbers b")
        values = [float(one.get_attribute("data-value")) for one in shown.all()]
        np.testing.assert_allclose(values, errors, rtol=1e-9)
        assert shown.all_inner_texts() == [f"{error:.2f}" for error in errors]

        self.page.wait_for_timeout(350)
        said = self.box.locator(".pp-said").inner_text()
        high, true = three[1] > self.cuts[-1], self.truth > self.cuts[-1]
        told = f": {high.sum()} counties look high, {(high & true).sum()} rightly"
        assert f"{told}; in truth {true.sum()} are." in said
        assert ("smallest" in said) == (errors[1] < min(errors[0], errors[2]))
        if draw:
            old = [self.rates(draw - 1, size) for size in (0, n0)]
            new = [
                np.sum(np.searchsorted(self.cuts, a) != np.searchsorted(self.cuts, b))
                for a, b in zip(three, old, strict=False)
            ]
            told = f"{new[0]:,} change colour without pooling, {new[1]:,} with n0."
            assert f"Years {5 * draw + 1} to {5 * draw + 5}: {told}" in said
        picture = self.box.locator("canvas").evaluate("canvas => canvas.toDataURL()")
        return n0, said, picture

    def told(self, name: str, draw: int) -> str:
        """Return the line that belongs to a county."""
        i = self.names.index(name)
        raw, pooled = (self.rates(draw, size)[i] for size in (0, self.n0()))
        raw, pooled, true = (
            f"{rate:.{2 if rate < 9.95 else 1}f}" for rate in (raw, pooled, self.truth[i])
        )
        return f"{name}: raw {raw}, pooled {pooled}, true {true}; {self.n[i]:,} person-years."

    def type(self, words: str) -> None:
        self.search.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(words)
        assert self.search.input_value() == words

    def rings(self) -> list[dict]:
        """Return where the county is marked: three maps and the funnel."""
        return [ring.bounding_box() for ring in self.box.locator(".pp-mine").all()]


def move_twin(page, box) -> None:
    """Move the explorable of the simulated counties by keys and mouse; compare with NumPy."""
    twin = Twin(page, box)
    box.scroll_into_view_if_needed()
    start = twin.compare(0)
    assert start[0] == 0
    seen, ends = {start}, set()
    twin.track.focus()
    for key in ("ArrowRight", "PageUp", "End", "PageDown", "Home"):
        page.keyboard.press(key)
        seen.add(twin.compare(0))
        ends.add(twin.n0())
    assert {0, math.inf} < ends and len(seen) == 5
    track = twin.track.bounding_box()
    assert track["height"] >= 24
    for part in (0.3, 0.53):
        twin.track.click(position={"x": part * track["width"], "y": track["height"] / 2})
        seen.add(twin.compare(0))
        assert twin.track.bounding_box()["width"] == track["width"]
    assert len(seen) == 7

    more = box.get_by_role("button", name="Five more years")
    more.click()
    first = twin.compare(1)
    more.press("Enter")
    assert twin.compare(2) != first
    twin.track.press("End")
    assert "complete pooling" in twin.compare(2)[1].lower()
    twin.track.press("ArrowLeft")
    if twin.search.count():
        look_at_counties(twin)
    box.get_by_role("button", name="Reset").click()
    assert twin.compare(0) == start, "reset"
    more.click()
    twin.track.press("PageUp")
    twin.compare(1)
    box.get_by_role("button", name="Reset").click()


def look_at_counties(twin) -> None:
    page, prompt = twin.page, "Point at a county, tap it, or type its name."
    assert twin.line.inner_text() == prompt
    for typed, name in (
        ("loving, t", "Loving County, Texas"),
        ("Orleans Parish", "Orleans Parish, Louisiana"),
        ("washington", "Washington County, Oregon"),  # of thirty, the one with most person-years
        ("los ang", "Los Angeles County, California"),
    ):
        twin.type(typed)
        seen, told = twin.line.inner_text(), twin.told(name, 2)
        assert seen == told, (seen, told)
        assert name in twin.box.locator("datalist option").first.get_attribute("value")
    assert len(twin.rings()) == 4
    twin.type("xyz")
    assert twin.line.inner_text() == "No county of this name."
    assert twin.rings() == []
    twin.type("")
    assert twin.line.inner_text() == prompt
    told = twin.told("Los Angeles County, California", 2)
    twin.type("los ang")
    twin.box.locator(".pp-picture").scroll_into_view_if_needed()
    rings = twin.rings()
    twin.search.evaluate("field => { field.value = ''; field.dispatchEvent(new Event('input')); }")
    for ring in rings:
        page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
        seen = twin.line.inner_text()
        assert seen == told, (seen, told)
        assert twin.rings() == rings
        page.mouse.move(1, 1)
        assert twin.line.inner_text() == prompt
    page.mouse.click(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    page.mouse.move(1, 1)
    assert twin.line.inner_text() == told, "what was clicked stays"
    twin.box.locator(".pp-picture").scroll_into_view_if_needed()
    corner = twin.box.locator(".pp-picture").bounding_box()
    page.touchscreen.tap(corner["x"] + 0.25 * corner["width"], corner["y"] + 80)
    assert "person-years" in twin.line.inner_text() != told, "touch"
    assert len(twin.rings()) == 4
