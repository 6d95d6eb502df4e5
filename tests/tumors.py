"""The explorable of one experiment in a browser: moved, and compared with SciPy."""

from __future__ import annotations

import numpy as np
from scipy import stats

from helpers.beta_binomial import BetaPopulation

KEYS = "ArrowRight", "PageUp", "End", "PageDown", "Home"
MEAN, N0 = 14.0668, 16.3846  # of the fitted population, in percent and in rats
SHOWN = """box => {
  const all = (where, what) => [...box.querySelectorAll(where)].map(what);
  const place = e => e.transform.baseVal[0].matrix;
  return {
    said: all("output", e => e.innerText), track: all("input", e => e.ariaValueText),
    marks: all(".pp-mark", e => e.innerText),
    texts: all(".pp-numbers b", e => e.innerText),
    values: all(".pp-numbers b", e => e.dataset.value.split(",").map(Number)).flat(),
    axis: all(".pp-axis .tick", e => [parseFloat(e.textContent) / 100, place(e).e]),
    line: place(box.querySelector(".pp-axis")).f,
    curves: Object.fromEntries(all(".pp-curve", e => [e.classList[1].slice(9),
      e.getAttribute("d").slice(1).split("L").map(point => point.split(" ").map(Number))])),
    area: all(".pp-area", e => e.getAttribute("d").match(/[0-9.]+/g).map(Number))[0],
    points: all("svg [role=img]", e => [e.ariaLabel, place(e).e]),
    places: all(".pp-track, .pp-buttons", e => [e.offsetWidth, e.offsetTop - box.offsetTop]),
    sentence: all(".pp-said", e => e.innerText)[0],
  };
}"""


def compare(page, box) -> tuple:
    """Compare numbers, curves and sentence with SciPy; return settings, and places on the page."""
    page.wait_for_timeout(350)
    shown = box.evaluate(SHOWN)
    assert shown["said"] == shown["track"]
    mean, n0, y, n = (float(text.removesuffix("%")) for text in shown["said"])
    assert shown["marks"] == [f"fitted: {MEAN:.1f}%", f"fitted: {N0:.1f}"] and y <= n
    mean, n0 = (MEAN if mean == 14.1 else mean), (N0 if n0 == 16.4 else n0)
    population = BetaPopulation(n0 * mean / 100, n0 * (1 - mean / 100))
    post = population.posterior(y, n)
    wanted = [y / n if n else np.nan, population.mean, post.mean(), *post.interval(0.95)]
    np.testing.assert_allclose(shown["values"], wanted, rtol=1e-9, atol=1e-9)
    raw, centre, here, lower, upper = (f"{100 * value:.1f}%" for value in wanted)
    assert shown["texts"] == [raw if n else "none", centre, here, f"{lower} to {upper}"]
    last = f"ean {here}, 95% interval {lower} to {upper}."
    share = round(100 * population.weight(n))
    start = f"{y:.0f} of {n:.0f}: the raw rate, {raw}, has the weight n / (n + n0) = {share}%, "
    start += f"the prior mean, {centre}, the other {100 - share}%. Posterior m"
    start = start if n else "No data: the posterior is the prior. M"
    assert shown["sentence"] == start + last

    slope, zero = np.polyfit(*np.transpose(shown["axis"]), 1)
    end = max(shown["axis"])[0]
    assert end == (0.6 if np.nanmax([wanted[-1], wanted[0]]) <= 0.6 else 1)
    points = [("raw rate", raw, y / n)] if n else []
    points += [("prior mean", centre, mean / 100), ("posterior mean", here, post.mean())]
    assert [name for name, _ in shown["points"]] == [f"{name} {told}" for name, told, _ in points]
    places = [zero + slope * value for *_, value in points]
    np.testing.assert_allclose([x for _, x in shown["points"]], places, atol=0.6)
    np.testing.assert_allclose(shown["area"][0], zero + slope * wanted[3], atol=0.6)
    curves = {
        "fitted": stats.beta(N0 * MEAN / 100, N0 * (1 - MEAN / 100)),
        "complete": stats.beta(population.alpha, population.beta),
        "none": stats.beta(y + 1, n - y + 1),  # the likelihood, with area 1
        "partial": post,
    }
    heights, wanted, risk = [], [], end * np.arange(0.5, 400) / 400
    assert list(shown["curves"]) == list(curves)
    for look, curve in curves.items():
        x, height = np.transpose(shown["curves"][look])
        np.testing.assert_allclose(x, zero + slope * risk, atol=0.6)  # ticks have whole pixels
        heights.append(shown["line"] - height)
        wanted.append(curve.pdf(risk))
    heights, wanted = np.array(heights), np.array(wanted)
    inside = (heights > 2) & (heights < heights.max() - 1)  # the picture ends at its top
    unit = np.median(heights[inside] / wanted[inside])
    np.testing.assert_allclose(heights, np.minimum(unit * wanted, heights.max()), atol=0.05)
    return shown["said"], shown["places"]


def move_tumors(page, box) -> None:
    """Move the explorable of one experiment by keys and mouse; compare with SciPy."""
    box.scroll_into_view_if_needed()
    tracks, start = box.locator("input"), compare(page, box)
    assert start[0] == ["14.1%", "16.4", "4", "14"]
    seen = {tuple(start[0])}
    for place in (0, 1, 3, 2):
        track = tracks.nth(place)
        for key in (*KEYS, None):
            at = {"x": (0.3 + place / 8) * track.bounding_box()["width"], "y": 14}
            track.press(key) if key else track.click(position=at)
            said, places = compare(page, box)
            assert places == start[1] and tuple(said) not in seen, (place, key)
            seen.add(tuple(said))
    tracks.nth(3).press("Home")  # no rats: no tumours either
    assert compare(page, box)[0][2:] == ["0", "0"]
    tracks.nth(2).press("End")  # as many tumours as can be: as many rats
    assert compare(page, box)[0][2:] == ["50", "50"]
    box.get_by_role("button", name="Reset").click()
    assert compare(page, box) == start
    (first,) = box.locator("svg [tabindex='0']").all()
    first.focus()
    page.keyboard.press("ArrowRight")
    assert box.locator(".pp-tip.pp-on").inner_text() == "prior mean 14.1%"
