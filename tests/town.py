"""The explorable of the towns in a browser: moved, and compared with NumPy and exact errors."""

from __future__ import annotations

import functools
import itertools

import numpy as np
from scipy.stats import chi2

from tests.twin import uniform

KEYS = "ArrowRight", "PageUp", "End", "PageDown", "Home"
MEAN, SIGMA, SEED, MOST = 20, 10, 207, 40
NAMES = ["no pooling", "complete pooling", "naive τ", "estimated τ", "known τ"]


@functools.cache
def normals(towns: int):
    """Return what the page draws for the garages' truths and noises, shape (2, towns, MOST)."""
    numbers = np.array(list(itertools.islice(uniform(SEED), towns * MOST * 2)))
    first, second = np.moveaxis(numbers.reshape(towns, MOST, 2), 2, 0)
    size, angle = np.sqrt(-2 * np.log1p(-first)), 2 * np.pi * second
    return np.stack([size * np.cos(angle), size * np.sin(angle)])


def weights(seen, tau, n):
    """Return the five weights of a garage's own mean, by the variance of the raw means."""
    noise = SIGMA**2 / n
    between = seen, np.maximum(seen - noise, 0), np.full_like(seen, tau**2)
    return [np.ones_like(seen), np.zeros_like(seen), *(part / (part + noise) for part in between)]


def estimates(normals, tau, n, J):
    """Return truths and raw means, shape (towns, J), and the five estimates, (5, towns, J)."""
    truth = MEAN + tau * normals[0, :, :J]
    raw = truth + SIGMA / np.sqrt(n) * normals[1, :, :J]
    centre = raw.mean(axis=1, keepdims=True)
    seen = raw.var(axis=1, ddof=1, keepdims=True)
    return truth, raw, np.stack([w * raw + (1 - w) * centre for w in weights(seen, tau, n)])


@functools.cache
def exact(tau, n, J):
    """Return the five mean squared errors: by formula, or by quadrature where tau is estimated."""
    noise, spread, k = SIGMA**2 / n, tau**2 + SIGMA**2 / n, J - 1
    complete = noise / J + (1 - 1 / J) * tau**2
    known = noise / J + (1 - 1 / J) * noise * tau**2 / spread

    def added(square, which):  # by a weight that is not the best
        w = weights(spread * square / k, tau, n)[which]
        return (w - tau**2 / spread) ** 2 * spread * square / J

    parts = (0, k * noise / spread), (k * noise / spread, np.inf)  # below, the estimated tau is 0
    naive, estimated = (
        sum(chi2(k).expect(functools.partial(added, which=i), lb=a, ub=b) for a, b in parts)
        for i in (2, 3)
    )
    return np.array([noise, complete, known + naive, known + estimated, known])


SHOWN = """box => {
  const all = (where, what) => [...box.querySelectorAll(where)].map(what);
  const get = (where, name) => all(where, e => Number(e.getAttribute(name)));
  return {
    said: all("output", e => e.innerText), track: all("input", e => e.ariaValueText),
    heading: all(".pp-towns", e => e.textContent), bars: all(".pp-bar text", e => e.textContent),
    errors: get(".pp-bar", "data-value"), long: get(".pp-bar", "data-long"),
    tick: get(".pp-tick", "x"), bar: get("rect:first-of-type", "x"),
    width: get("rect:first-of-type", "width"), line: all(".pp-line", e => e.getBBox().y),
    height: get(".pp-garage circle", "cy"), garages: all(".pp-garage", e => e.ariaLabel),
    axis: all(".pp-axis .tick", e => [Number(e.textContent), e.transform.baseVal[0].matrix.f]),
    places: all(".pp-track, .pp-buttons", e => [e.offsetWidth, e.offsetTop - box.offsetTop]),
    sentence: all(".pp-said", e => e.innerText)[0], picture: all("svg", e => e.innerHTML)[0],
  };
}"""


def compare(page, box, towns: int) -> tuple:
    """Compare picture and sentence with NumPy; return settings, places on the page and picture."""
    page.wait_for_timeout(350)
    shown = box.evaluate(SHOWN)
    assert shown["said"] == shown["track"]
    tau, n, J = (float(text.removesuffix(" min")) for text in shown["said"])
    truth, raw, five = estimates(normals(towns), tau, n, int(J))
    each = ((five - truth) ** 2).mean(axis=2)
    errors, long = each.mean(axis=1), exact(tau, n, J)
    assert shown["heading"] == [f"MSE over {towns:,} town{'s'[: towns > 1]}, in minutes²"]
    assert shown["bars"][::2] == NAMES and shown["bars"][1::2] == [f"{e:.1f}" for e in errors]
    np.testing.assert_allclose(shown["errors"], errors, rtol=1e-9)
    np.testing.assert_allclose(shown["long"], long, rtol=1e-4)
    if towns == 2000:
        assert np.all(np.abs(errors - long) < 4 * each.std(axis=1) / np.sqrt(towns))

    bar, tick = (np.array(shown[name]) for name in ("bar", "tick"))
    unit = (tick + 2 - bar)[0] / long[0]  # pixels to a minute²
    np.testing.assert_allclose(tick + 2 - bar, unit * long, rtol=1e-4)
    np.testing.assert_allclose(
        shown["width"], unit * np.minimum(errors, 1.3 * max(long)), rtol=1e-4
    )
    last = np.stack([raw[-1], five[3, -1], truth[-1]], axis=1)
    line = np.polyfit(*np.transpose(shown["axis"]), 1)
    height = np.polyval(line, last.clip(MEAN - 25, MEAN + 25))
    np.testing.assert_allclose(np.reshape(shown["height"], last.shape), height, atol=0.51)
    mean = np.polyval(line, raw[-1].mean())
    np.testing.assert_allclose(shown["line"], mean, atol=0.51)
    told = "garage {}: raw {:.1f}, estimate {:.1f}, truth {:.1f} minutes"
    assert shown["garages"] == [told.format(j, *three) for j, three in enumerate(last, 1)]

    which = int(np.sign(np.round(long[1] - long[0], 9)))
    verdict = {-1: "complete pooling beats no", 0: "they cost the same", 1: "no pooling beats comp"}
    assert f"{n:g} {'=><'[which]} n0 = σ²/τ² = " in shown["sentence"]
    assert f": {verdict[which]}" in shown["sentence"]
    naive, estimated = (round(100 * (long[i] / long[4] - 1)) for i in (2, 3))
    assert f"known τ: naive {naive}%, estimated {estimated}%. " in shown["sentence"]
    assert shown["sentence"].endswith(f"Best so far: {NAMES[errors.argmin()]}.")
    return shown["said"], shown["places"], shown["picture"]


def move_town(page, box) -> None:
    """Move the explorable of the towns by keys and mouse; compare with NumPy and exact errors."""
    box.scroll_into_view_if_needed()
    tracks, start = box.locator("input"), compare(page, box, 1)
    reset, another, run = (box.get_by_role("button", name=n) for n in ("Reset", "Another", "Run"))
    assert start[0] == ["3.0 min", "3", "10"]
    before = start[2]
    for track in tracks.all():
        track.focus()
        moves = [functools.partial(page.keyboard.press, key) for key in KEYS]
        at = {"x": 0.62 * track.bounding_box()["width"], "y": 14}
        for move in (*moves, functools.partial(track.click, position=at)):
            move()
            _, places, picture = compare(page, box, 1)
            assert places == start[1] and picture != before
            before = picture
    reset.click()
    assert compare(page, box, 1) == start
    another.click()
    compare(page, box, 2)
    another.press("Enter")
    compare(page, box, 3)
    run.click()
    box.get_by_role("button", name="Pause").wait_for()
    run.wait_for()
    compare(page, box, 2000)
    for place, key in zip((1, 0, 0, 0, 0, 2, 0), [KEYS[0]] * 5 + ["PageDown", "Home"], strict=True):
        tracks.nth(place).press(key)  # by the fifth, n = 4 = n0
        assert compare(page, box, 2000)[1] == start[1]
    reset.click()

    (first,) = box.locator("svg [tabindex='0']").all()  # one stop for Tab, then arrows
    first.focus()
    for key, told in (("Right", "garage 2: "), ("Left", "garage 1: "), ("Left", "garage 1: ")):
        page.keyboard.press(f"Arrow{key}")
        assert told in box.locator(".pp-tip.pp-on").inner_text()
