"""The explorable of n and n0 in a browser: moved, and compared with NumPy."""

import numpy as np


def move_weight(page, box) -> None:
    """Move the explorable of n and n0 by keys and mouse; compare its weights with NumPy's."""
    controls, outputs = box.locator("input[type=range]"), box.locator("output")
    said = box.locator(".pp-said")

    def state():
        n, n0 = (float(text.replace(",", "")) for text in outputs.all_inner_texts())
        here, all_means, own = box.evaluate(
            """e => [".pp-estimate", "g:has(> .pp-solid)", "g:has(> .pp-hollow)"].map(
                 mark => e.querySelector(mark).getAttribute("transform").match(/[0-9.]+/)[0]
               ).map(Number)"""
        )
        weight = np.divide(n, n + n0)
        np.testing.assert_allclose((here - all_means) / (own - all_means), weight, atol=1e-6)
        page.wait_for_timeout(350)
        assert f"= {weight:.2f}. " in said.inner_text()
        return n, n0

    box.scroll_into_view_if_needed()
    start = state()
    seen = {start}
    for place in (0, 1):
        controls.nth(place).focus()
        for key in ("ArrowRight", "PageUp", "End", "PageDown", "Home"):
            page.keyboard.press(key)
            assert state() not in seen, key
            seen.add(state())
        track = controls.nth(place).bounding_box()
        assert track["height"] >= 24
        for part in (0.3, 0.62):
            at = {"x": part * track["width"], "y": track["height"] / 2}
            controls.nth(place).click(position=at)
            assert state() not in seen, f"mouse at {part}"
            seen.add(state())
        assert controls.nth(place).bounding_box()["width"] == track["width"]
    box.get_by_role("button", name="Reset").click()
    assert state() == start
    box.locator("g[role=img]").nth(2).focus()
    assert "estimate" in box.locator(".pp-tip.pp-on").inner_text()
