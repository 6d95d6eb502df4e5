"""The explorable of radon in Minnesota in a browser: moved, and compared with the helper's fits."""

from __future__ import annotations

import functools

import numpy as np

from helpers import datasets, multilevel

EMPTY = {"27051": ("Grant", 1.47959), "27125": ("Red Lake", 1.03105)}  # uranium, ppm
HOME, LOOKS = "27073", np.array(["low", "lowish", "middle", "highish", "high"])
EMPTY_TOLD = " and ".join(name for name, _ in EMPTY.values())
PROMPT = "Point at a county, tap it, or type its name."
SHOWN = """box => {
  const all = (where, what) => [...box.querySelectorAll(where)].map(what);
  const spot = e => [e.cx.baseVal.value, e.cy.baseVal.value], outline = e => e.getAttribute("d");
  const matrix = e => e.transform.baseVal[0].matrix, words = e => e.textContent;
  const ticks = axis => all(axis + " .tick",
    e => [Math.log(Number(e.textContent)), matrix(e).e || matrix(e).f]);
  return {
    said: [...all("output", words), ...all("[type=range]", e => e.ariaValueText)],
    on: all("[role=switch]", e => e.checked), marks: all(".pp-mark", words),
    levels: all("[data-value]", e => Number(e.dataset.value)),
    fills: all("[data-value]", e => e.style.fill), outlines: all("[data-value]", outline),
    ringed: all(".pp-empty, path.pp-mine[d*=z]", outline), home: all(".pp-own-name", words),
    across: ticks(".pp-axis").slice(0, 5), up: ticks(".pp-axis ~ .pp-axis"),
    points: [...all("circle.pp-partial", spot), ...all("circle.pp-none", spot)],
    places: all(".pp-track, .pp-switches, .pp-buttons",
      e => [e.offsetWidth, e.offsetTop - box.offsetTop]),
    sentence: all(".pp-said", words)[0],
  };
}"""


@functools.cache
def fit(n0, floor, uranium):
    """Return levels (pCi/L; NaN: unknown), raw levels, houses, names by code; and the fitted n0."""
    radon = datasets.load_radon()
    y, code, X = radon["log_radon"], radon["fips"], radon[["floor"]] if floor else None
    by = radon.groupby("fips")
    soil = by["log_uranium"].first() if uranium else None
    best = multilevel.partial_pooling(y, code, X, group_predictors=soil).prior_sample_size
    found, start, rise = multilevel.no_pooling(y, code, X).intercepts, np.nan, 0
    table = found.to_frame("raw").assign(now=found, n=by.size(), name=by["county"].first())
    if n0 > 0:
        sums = multilevel.group_sums(y, code, X)
        at = multilevel.fit_sums(sums, group_predictors=soil, sigma_ratio=n0**-0.5)
        table["now"], start = at.intercepts, at.mean
        rise = at.coefficients[-1] if uranium else 0
    for place, (name, uppm) in EMPTY.items():
        table.loc[place] = np.nan, start + rise * np.log(uppm), 0, name
    table[["raw", "now"]] = np.exp(table[["raw", "now"]])
    return table.sort_index(), float(f"{best:.3g}")


def tell(code, *state):
    """Return the line that belongs to a county."""
    raw, now, n, name = fit(*state)[0].loc[code]
    if n == 0:
        told = f"filled in, {now:.1f} pCi/L" if state[0] else "no estimate without pooling"
        return f"{name}, no house: {told}."
    return f"{name}, {n} house{'s' * int(n > 1)}: raw {raw:.1f}, pooled {now:.1f} pCi/L."


def compare(page, box) -> tuple:
    """Compare map, points and sentence with the helper; return settings and places on the page."""
    page.wait_for_timeout(350)
    shown = box.evaluate(SHOWN)
    (said, track), (floor, uranium) = shown["said"], shown["on"]
    n0 = float(said.replace("no pooling", "0").replace("complete", "inf"))
    table, best = fit(n0, floor, uranium)
    raw, now, some = table["raw"], table["now"], table["n"] > 0
    assert said == track and shown["marks"] == ["none", f"fitted: {best}", "complete"]
    np.testing.assert_allclose(shown["levels"], now, rtol=1e-6)
    look = [f"var(--{name})" for name in LOOKS[np.searchsorted([2, 3, 4, 6], now)]]
    assert shown["fills"] == np.where(now.isna(), "var(--paper)", look).tolist()
    places = table.index.get_indexer([*EMPTY, HOME])
    assert shown["ringed"] == [shown["outlines"][place] for place in places]
    assert shown["home"] == ["Lac qui Parle", f"{now[HOME]:.1f} pCi/L"]

    how = {0: "No pooling", np.inf: "Complete pooling"}.get(n0, f"n0 = {said} houses")
    told = f"{how}{', basements' * floor}: {sum(now > 4)} of {now.count()} counties exceed 4 "
    told += f"pCi/L. Lac qui Parle (n = 2): raw {raw[HOME]:.1f}, pooled {now[HOME]:.1f}. "
    filled = ", ".join(f"{name} {now[code]:.1f}" for code, (name, _) in EMPTY.items())
    filled = f"No house: {filled}, from {'their soil' if uranium else 'the centre'}."
    assert shown["sentence"] == told + (filled if n0 else f"{EMPTY_TOLD}: no house, no estimate.")
    if shown["points"]:  # where there is room
        across, up = (np.polyfit(*np.transpose(shown[axis]), 1) for axis in ("across", "up"))
        x = np.polyval(across, np.log(table["n"][some].astype(float)))
        points = [(x, np.polyval(up, np.log(level[some]))) for level in (now, raw)]
        np.testing.assert_allclose(shown["points"], np.hstack(points).T, atol=0.6)
    return (n0, floor, uranium), shown["places"]


def move_minnesota(page, box) -> None:
    """Move the explorable of radon by keys and mouse; compare with the helper."""
    box.scroll_into_view_if_needed()
    track, line = box.locator("input[type=range]"), box.locator(".pp-places p")
    reset, best = (box.get_by_role("button", name=name) for name in ("Reset", "Fitted n0"))
    start, seen = compare(page, box), set()
    assert start[0] == (6.64, False, False) and line.inner_text() == PROMPT
    for name, fitted in (("floor", 5.3), ("uranium", 23.5), ("floor", 45.6), ("uranium", 6.64)):
        switch = box.get_by_label(name)
        switch.press("Space") if fitted < 10 else switch.click()
        best.click()
        assert compare(page, box)[0][0] == fitted
        for key in ("ArrowRight", "PageUp", "End", "PageDown", "Home", None):
            at = {"x": 0.3 * track.bounding_box()["width"], "y": 14}
            track.press(key) if key else track.click(position=at)
            state, places = compare(page, box)
            assert places == start[1] and state not in seen, key
            seen.add(state)
    look_at_counties(page, box, line, state)
    reset.click()
    assert compare(page, box) == start and line.inner_text() == PROMPT


def look_at_counties(page, box, line, state) -> None:
    """Find counties by name, pointer and touch."""
    search, shapes = box.locator("input[type=search]"), box.locator("[data-value]")
    for typed, code in (("lac", HOME), ("red l", "27125"), ("parle", HOME), ("grant", "27051")):
        search.fill(typed)
        assert line.inner_text() == tell(code, *state)
    search.fill("xyz")
    assert line.inner_text() == "No county of this name."
    search.fill("")
    place = {code: shapes.nth(at) for at, code in enumerate(fit(*state)[0].index)}
    for code in ("27137", "27071", "27051"):
        place[code].hover()
        assert line.inner_text() == tell(code, *state)
    page.mouse.move(1, 1)
    assert line.inner_text() == PROMPT
    place["27137"].tap()
    assert line.inner_text() == tell("27137", *state), "touch"
    assert box.locator("path.pp-chosen").get_attribute("d") == place["27137"].get_attribute("d")
    if box.locator("circle.pp-partial").count():
        box.locator("circle.pp-partial").last.hover()
        assert line.inner_text() == tell("27173", *state), "a point tells its county"
