"""The page furniture: figures with words, one look for each pooling."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from helpers import plots, show

LOOKS = [plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING, plots.TRUTH]


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def luminance(color: str) -> float:
    """Relative luminance, 0 (black) to 1 (white); WCAG 2.2, section 'relative luminance'."""
    rgb = np.array(colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_each_pooling_keeps_its_colour_marker_and_line():
    """The looks are part of the course: stored figures and texts rely on them."""
    assert [(look.label, look.color, look.marker, look.line, look.filled) for look in LOOKS] == [
        ("no pooling", "#C25500", "o", "-", False),
        ("complete pooling", "#3B3B3B", "s", "--", True),
        ("partial pooling", "#0072B2", "D", "-", True),
        ("truth", "#00795C", "x", ":", True),
    ]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.label)
def test_colours_are_dark_enough_for_text_on_white(look):
    """Contrast of at least 4.5 to 1 (WCAG 2.2, criterion 1.4.3)."""
    assert 1.05 / (luminance(look.color) + 0.05) >= 4.5


def test_shrinkage_draws_each_thing_where_and_how_it_belongs(ax):
    raw, partial = [0.0, 4.0, 2.0], [1.0, 3.0, 2.0]
    assert plots.shrinkage(
        raw, partial, 2.0, ax=ax, size=[5, 1, 3], lower=[0, 2, 1], upper=[2, 4, 3]
    )
    lines = {line.get_label(): line for line in ax.get_lines()}
    order = [1, 2, 0]  # by size
    for look, values in [(plots.NO_POOLING, raw), (plots.PARTIAL_POOLING, partial)]:
        line = lines[look.label]
        assert line.get_ydata().tolist() == [values[i] for i in order]
        assert (line.get_color(), line.get_marker()) == (look.color, look.marker)
        assert line.get_markerfacecolor() == look.face
    flat = next(line for line in ax.get_lines() if list(line.get_ydata()) == [2.0, 2.0])
    assert flat.get_color() == plots.COMPLETE_POOLING.color
    arrows = next(c for c in ax.collections if hasattr(c, "U"))
    assert arrows.V.tolist() == [-1.0, 0.0, 1.0] and not arrows.U.any()
    spans = next(c for c in ax.collections if not hasattr(c, "U")).get_segments()
    assert [segment[:, 1].tolist() for segment in spans] == [[2, 4], [1, 3], [0, 2]]


def test_estimates_by_size(ax):
    plots.estimates_by_size(
        [1, 10], [0.2, 0.3], ax=ax, look=plots.PARTIAL_POOLING, lower=[0.1, 0.2], upper=[0.4, 0.5]
    )
    (line,) = ax.get_lines()
    assert line.get_xydata().tolist() == [[1, 0.2], [10, 0.3]]
    assert line.get_color() == plots.PARTIAL_POOLING.color
    assert ax.get_xscale() == "log"
    assert [s[:, 1].tolist() for s in ax.collections[0].get_segments()] == [[0.1, 0.4], [0.2, 0.5]]


def test_weights_pass_through_one_half_at_the_prior_sample_size(ax):
    plots.weights([0, 5, 20], 10, ax=ax, unit="rats")
    curve, units, mark = ax.get_lines()
    x, y = curve.get_data()
    assert np.interp(10, x, y) == pytest.approx(0.5, abs=1e-3)
    assert np.all(np.diff(y) > 0)
    assert units.get_xydata() == pytest.approx(np.array([[5, 1 / 3], [20, 2 / 3]]))
    assert mark.get_xydata().tolist() == [[10, 0], [10, 0.5]]
    assert ax.get_xlabel() == "rats"


def test_two_digits_are_significant_ones_and_r_hat_has_two_decimals():
    numbers = [[-1.7836, 0.00268, 1605.5, 1.0022], [2.04, 0.1117, 16.27, 1.2099]]
    table = pd.DataFrame(numbers, columns=["mean", "mcse", "ess_bulk", "r_hat"])
    told = [["-1.8", "0.0027", "1600", "1.00"], ["2.0", "0.11", "16", "1.21"]]
    assert show.two_digits(table).to_numpy().tolist() == told
    assert table.to_numpy().tolist() == numbers


@pytest.mark.parametrize("alt", ["", "A map", "A map of many counties without a full stop", None])
def test_a_figure_without_a_sentence_is_refused(alt):
    figure = plt.figure()
    with pytest.raises(ValueError, match="alt: a sentence"):
        show.show(figure, alt)
    plt.close(figure)


def test_show_displays_the_picture_with_its_words_and_closes_it(monkeypatch):
    shown = {}
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw, metadata: shown.update(data, meta=metadata)
    )
    figure = plt.figure()
    show.show(figure, "An empty figure,\n  drawn for this test only.")
    alt = "An empty figure, drawn for this test only."
    assert shown["image/png"].startswith(b"\x89PNG")
    assert shown["text/plain"] == f"[figure] {alt}"
    assert shown["meta"] == {"image/png": {"alt": alt}}
    assert not plt.fignum_exists(figure.number)


def test_a_pooling_in_the_colour_of_another_is_refused(ax):
    ax.plot([0, 1], color=plots.NO_POOLING.color, label="partial pooling")
    with pytest.raises(
        ValueError, match="'partial pooling' is drawn in the colour of 'no pooling'"
    ):
        show.show(ax.figure, "A line with the colour of another pooling, for this test.")


@pytest.mark.parametrize("draw", ["scatter", "errorbar", "bar", "vlines", "fill_between"])
def test_any_mark_in_the_colour_of_another_pooling_is_refused(ax, draw):
    spot, wrong = ([1], [1]), dict(color=plots.NO_POOLING.color, label=plots.TRUTH.label)
    more = {"errorbar": [[0.1]], "vlines": [2], "bar": [], "scatter": [], "fill_between": []}[draw]
    getattr(ax, draw)(*spot, *more, **wrong)
    with pytest.raises(ValueError, match="'truth' is drawn in the colour of 'no pooling'"):
        show.show(ax.figure, "Marks with the colour of another pooling, for this test.")


def test_a_name_in_the_colour_of_another_pooling_is_refused(ax):
    ax.text(0, 0, "complete pooling", color=plots.PARTIAL_POOLING.color)
    with pytest.raises(ValueError, match="'complete pooling' is drawn in the colour of 'partial"):
        show.show(ax.figure, "A name with the colour of another pooling, for this test.")
