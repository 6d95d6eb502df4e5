"""What the pages share in drawing: the looks, the shared figures, and `show`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from helpers import plots, show
from helpers.datasets import find_county

LOOKS = [plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING, plots.TRUTH]


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def looks(line):
    """Colour, marker and fill of a line."""
    return line.get_color(), line.get_marker(), line.get_markerfacecolor()


def spans(collection, axis: int) -> list:
    """Both ends of each bar along x (0) or y (1)."""
    return [bar[:, axis].tolist() for bar in collection.get_segments()]


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
    """Contrast of at least 4.5 to 1 (WCAG 2.2, criterion 1.4.3 and 'relative luminance')."""
    rgb = np.array(colors.to_rgb(look.color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5


def test_shrinkage_draws_each_thing_where_and_how_it_belongs(ax):
    raw, partial, order = [0.0, 4.0, 2.0], [1.0, 3.0, 2.0], [1, 2, 0]
    ends = {"lower": [0, 2, 1], "upper": [2, 4, 3]}
    plots.shrinkage(raw, partial, 2.0, ax=ax, size=[5, 1, 3], label="c", complete=1.8, **ends)
    lines = {line.get_label(): line for line in ax.get_lines()}
    for look, values in [(plots.NO_POOLING, raw), (plots.PARTIAL_POOLING, partial)]:
        assert lines[look.label].get_ydata().tolist() == [values[i] for i in order]
        assert looks(lines[look.label]) == (look.color, look.marker, look.face)
    flat = [(line.get_ydata()[0], line.get_linestyle()) for line in ax.get_lines()[:2]]
    assert flat == [(2.0, ":"), (1.8, "--")]
    told = [(text.get_text(), text.get_position()[1], text.get_va()) for text in ax.texts]
    assert told == [("c", 2.0, "bottom"), ("complete pooling", 1.8, "top")]
    bars, arrows = ax.collections
    assert arrows.V.tolist() == [-1.0, 0.0, 1.0] and not arrows.U.any()
    assert spans(bars, 1) == [[2, 4], [1, 3], [0, 2]]


@pytest.mark.parametrize("downwards", [False, True])
def test_poolings_stand_side_by_side_in_their_looks(ax, downwards):
    given = {name: ([1.0, 2.0], [0.0, 1.0], [2.0, 3.5]) for name in list(plots.LOOKS)[:3]}
    plots.poolings(["first", "second"], given, ax=ax, downwards=downwards)
    assert np.diff([line.get_data()[downwards][0] for line in ax.lines]).min() > 0
    for line, bars, look in zip(ax.lines, ax.collections, LOOKS[:3], strict=True):
        assert list(line.get_data()[not downwards]) == [1, 2]
        assert spans(bars, int(not downwards)) == [[0, 2], [1, 3.5]]
        assert looks(line) == (look.color, look.marker, look.face)
    names = ax.get_yticklabels() if downwards else ax.get_xticklabels()
    assert [text.get_text() for text in names] == ["first", "second"]
    assert ax.yaxis_inverted() == downwards, "the first stands on top"


def test_lines_have_the_look_and_the_name_of_their_method(ax):
    ax.set(xlim=(0, 2), ylim=(0, 4))
    series = {"no pooling": [1, 1, 1], "full Bayes": [3, 2, 1], "other": [0, 2, 9]}
    plots.lines([0, 1, 2], series, ax=ax)
    names = {text.get_text(): text for text in ax.texts}
    for line, (name, y) in zip(ax.get_lines(), series.items(), strict=True):
        look = plots.LOOKS.get(name, plots.PLAIN)
        assert line.get_xydata().tolist() == [[0, y[0]], [1, y[1]], [2, y[2]]]
        assert looks(line) == (look.color, look.marker, look.face)
        assert (names[name].get_color(), line.get_linestyle()) == (look.color, look.line)
    assert names["other"].xy == pytest.approx((1 + 2 / 7, 4)), "named where it leaves at the top"
    low, high = sorted(names[name].xy[1] for name in ("no pooling", "full Bayes"))
    assert (low + high) / 2 == pytest.approx(0.25) and high - low == pytest.approx(0.07)
    ax.clear()
    ax.set(yscale="log", ylim=(1, 100))
    plots.lines(np.arange(13), {"no pooling": np.full(13, 10), "b": np.full(13, 50)}, ax=ax)
    assert ax.lines[0].get_marker() == "", "as a line alone"
    assert [text.xy[1] for text in ax.texts] == pytest.approx([0.5, np.log10(50) / 2])


def test_weights_pass_through_one_half_at_the_prior_sample_size(ax):
    plots.weights([0, 5, 2000], 10, ax=ax, unit="rats")
    curve, units, mark = ax.get_lines()
    x, y = curve.get_data()
    assert np.interp(10, x, y) == pytest.approx(0.5, abs=1e-3) and np.all(np.diff(y) > 0)
    assert units.get_xydata() == pytest.approx(np.array([[5, 1 / 3], [2000, 200 / 201]]))
    assert mark.get_xydata().tolist() == [[10, 0], [10, 0.5]]
    assert (ax.get_xlabel(), ax.get_xscale(), ax.texts[0].get_text()) == ("rats", "log", "n0 = 10")
    assert "1,000" in [text.get_text() for text in ax.get_xticklabels()]


def test_predictions_contours_and_chains(ax):
    plots.predictions({"level": (1, 2, 4), "house": (0.5, 2, 8)}, ax=ax)
    assert [spans(bars, 0) for bars in ax.collections] == [[[1, 4]], [[0.5, 8]]]
    assert [text.get_text() for text in ax.texts] == ["1", "2", "4", "0.5", "2", "8"]
    assert ax.yaxis_inverted() and ax.get_yticklabels()[0].get_text() == "level"
    ax.clear()
    x = np.linspace(-3, 3, 61)
    plots.contour(x, x, 7 * np.exp(-np.add.outer(x**2, x**2) / 2), ax=ax, levels=(np.exp(-0.5),))
    assert np.hypot(*ax.collections[0].get_paths()[0].vertices.T) == pytest.approx(1, abs=0.01)
    ax.clear()
    plots.trace([[1, 2, 3], [3, 2, 1]], ax=ax)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 2, 3], [3, 2, 1]]
    told = [(text.get_text(), text.get_color()) for text in ax.texts]
    assert told == [("1", ax.lines[0].get_color()), ("2", ax.lines[1].get_color())]


def test_graph_leads_from_parents_to_children_and_greys_the_data(ax):
    plots.graph({"a": (0, 1), "y": (0, 0)}, [("a", "y")], ax=ax, seen=["y"])
    arrow = next(text for text in ax.texts if text.arrow_patch)
    assert (arrow.xy, arrow.xyann) == ((0, 0), (0, 1)), "the head is at the child"
    faces = [colors.to_hex(circle.get_facecolor()[0]) for circle in ax.collections]
    assert faces == ["#ffffff", "#dadada"]


def test_a_county_is_found_by_name_and_a_slip_gets_the_nearest():
    table = pd.DataFrame({"county": ["Loving County", "Lee County"], "state": ["Texas", "Texas"]})
    assert find_county(table, "lee county, TEXAS") == 1
    with pytest.raises(ValueError, match="Near it: Loving County, Texas"):
        find_county(table, "Loving, Texas")
    with pytest.raises(ValueError, match="nothing like it"):
        find_county(table, "xyz")


def test_two_digits_are_significant_ones_and_r_hat_has_two_decimals():
    numbers = [[-1.7836, 0.00268, 1605.5, 1.0022], [2.04, 0.1117, 16.27, 1.2099]]
    table = pd.DataFrame(numbers, columns=["mean", "mcse", "ess_bulk", "r_hat"])
    told = [["-1.8", "0.0027", "1600", "1.00"], ["2.0", "0.11", "16", "1.21"]]
    assert show.two_digits(table).to_numpy().tolist() == told
    assert table.to_numpy().tolist() == numbers


@pytest.mark.parametrize("alt", ["", "A map", "A map of many counties without a full stop", None])
def test_a_figure_without_a_sentence_is_refused(alt, ax):
    with pytest.raises(ValueError, match="alt: a sentence"):
        show.show(ax.figure, alt)


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
