"""Pages as their readers meet them: run with every exercise solved, read sentence by sentence.

What a page claims stands in `tests/facts/`; `tests/test_pages.py` compares the two.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import jupytext
import numpy as np
from matplotlib import collections as mc
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.quiver import Quiver

from helpers import show as shows
from listing import page_name, texts
from tests.folds import exercises, fold, kind

ROOT = Path(__file__).resolve().parent.parent
PAGES = {page_name(path): path for path in texts(ROOT)}


class Direction(NamedTuple):
    """A number, or what returns one, whose sign the words tell: more for plus, less for minus."""

    value: object


way = Direction  # as a table writes it: way(partial - none)


class Series(NamedTuple):
    """One thing drawn, as a table describes it or as it is found."""

    kind: str  # line, points, bars, band, segments, arrows, mesh, contour or map
    data: object = None  # rows (x, y), bars (place, length), or a function of the names
    color: object = None  # of what is found, all colours
    marker: str | None = None
    label: str | None = None
    error: float = 1e-3  # relative to each value, and a tenth of it to the largest
    style: str | None = None  # of a line: "-", "--", ":" or "-."


class Panel(NamedTuple):
    """One pair of axes."""

    drawn: Sequence[Series]
    x: str = ""  # words of the label, the unit among them
    y: str = ""
    scale: tuple[str, str] = ("linear", "linear")
    title: str = ""
    ticks: Sequence[str] = ()  # along x, where they are names
    cut: str = ""  # "x", "y" or "xy": where the limits leave data out


class Solved(NamedTuple):
    """A page after it was run with its exercises solved."""

    cells: list
    printed: list[str]  # by cell
    figures: list[tuple]  # each with its alternative text, and the names at that moment
    names: dict  # at the end


def run(source: str, names: dict, where: str) -> str:
    """Run a cell as a kernel does and return all that it prints or shows."""
    body = ast.parse(source, where).body
    last = [body.pop()] if body and isinstance(body[-1], ast.Expr) else []
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), where, "exec"), names)
        exec(compile(ast.Interactive(last), where, "single"), names)
    return printed.getvalue()


def run_page(path: Path, cells: list, solutions: dict[int, str], names=()) -> Solved:
    """Run all cells, solutions in the places of their stubs; start with the names given."""
    page = Solved(cells, [], [], names := {"__name__": "__main__"} | dict(names))

    def keep(figure, alt):
        page.figures.append((figure, alt, dict(names)))
        print(f"[figure] {alt}")

    with warnings.catch_warnings(), plt.rc_context(), mock.patch.object(shows, "show", keep):
        warnings.simplefilter("ignore")  # the twin says so in a warning
        for place, cell in enumerate(cells):
            source = solutions.get(place, cell.source if cell.cell_type == "code" else "")
            page.printed.append(run(source, names, f"{page_name(path)}, cell {place}"))
    plt.close("all")
    return page


@functools.cache
def solved(name: str) -> Solved:
    """Run a page once, each solution in the place of its stub; keep its names and figures."""
    cells = jupytext.read(PAGES[name]).cells
    return run_page(PAGES[name], cells, {one.stub: one.code for one in exercises(cells)})


#: Words that compare, by what they say: more (+1), less (-1), the same (0).
WORDS = {
    +1: "more most many higher highest larger largest greater bigger longer wider above beyond "
    "upwards better rises rise grows grow far furthest twice double gains wins win beats beat "
    "increases increase large wide high strong stronger",
    -1: "less least lower lowest smaller smallest fewer shorter narrower below under downwards "
    "worse worst few falls fall shrinks near nearer nearest loses lose decreases decrease small "
    "narrow low weak weaker hardly",
    0: "same equal equally alike unchanged",
}
DIRECTIONS = {word: sign for sign, words in WORDS.items() for word in words.split()}
#: Numbers in words.
COUNTED = "zero one two three four five six seven eight nine ten eleven twelve"
NUMBERS = {word: float(value) for value, word in enumerate(COUNTED.split()) if word != "one"}
NUMBERS |= {"twice": 2.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0}
NUMBERS |= {"fifty": 50.0, "hundred": 100.0, "thousand": 1e3, "million": 1e6, "halves": 0.5}
PARTS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
NUMBERS |= PARTS | {f"{word}s": value for word, value in PARTS.items()}
#: Numbers that name a place, and comparing words that ask: neither claims anything.
PLACES = (
    r"(?i:sections?|notebooks?|exercises?|equations?|chapters?|pages?)\s+"
    r"\d+(?:\.\d+)*(?:(?:,| and| to) \d+(?:\.\d+)*(?![\d%]))*|\b(?i:how|so) (?:many|far)\b"
    r"|(?i:slips?)\s+\d(?: and \d)?\b(?!\.\d)|\(\d(?:\.\d)?\)|\((?:[A-Z]\w+ )?\d{4}\)"
)
TOKEN = re.compile(
    r"\$[^$]+\$|\([a-h]\)|[−-]?(?<!\w)\d+(?:,\d{3})*(?:\.\d+)?%?|[A-Za-zÀ-ÿτσμαβθ][\w₀]*(?:['’-][A-Za-z]+)*"
)


class Token(NamedTuple):
    """A word, number, option letter or formula ("$tau=0$") of a sentence."""

    text: str
    value: float | None = None  # of a number
    error: float = 0.0  # half a unit of its last digit
    sign: int | None = None  # of a comparing word

    @property
    def claims(self) -> bool:
        """Say whether it can be right or wrong."""
        return self.value is not None or self.sign is not None or self.text.startswith("(")


class Sentence(NamedTuple):
    """A sentence, table row, point of a list, title or alternative text."""

    where: str
    tokens: list[Token]
    asks: bool  # a question claims nothing


def token(text: str) -> Token:
    """Read one word or number; 02 is a page."""
    low = text.lower()
    if re.fullmatch(r"(?!0\d$)[−-]?\d[\d.,]*%?", text):
        digits, scale = text.rstrip("%").replace(",", ""), 0.01 if text.endswith("%") else 1.0
        half = 0.5001 * scale * 10.0 ** -len(digits.partition(".")[2])
        return Token(low, float(digits.replace("−", "-")) * scale, half)
    if low in NUMBERS:
        return Token(low, NUMBERS[low], min(0.5, 0.1 * NUMBERS[low]), DIRECTIONS.get(low))
    return Token(low, sign=DIRECTIONS.get(low))


def sentences(text: str, where: str) -> list[Sentence]:
    """Split prose into sentences, points and rows, without code and links' addresses.

    Of a displayed formula nothing is left, of another one its letters, signs and numbers.
    """
    text = re.sub(r"<!--.*?-->", "", re.sub(r"\*\*Minutes\.\*\*.*", "", text), flags=re.S)
    text = re.sub(r"\]\([^)]*\)", "].", re.sub(r"`[^`]*`", " ", text))
    text = re.sub(PLACES, " ", re.sub(r"\$\$.*?\$\$", " ", text, flags=re.S))
    text = re.sub(r"\$[^$]+\$", lambda found: re.sub(r"\\[,;! ]|[\\{}\s]", "", found[0]), text)
    text = re.sub(r"(?:^|\n)\s*(?:[-|>#*]|\d+\.) |\n\n", "\0", text)
    parts = re.split(r"\0|(?<=[.!?;:])[*_)]*\s+", text)
    found = [(part.endswith("?"), [token(word) for word in TOKEN.findall(part)]) for part in parts]
    return [Sentence(where, tokens, asks) for asks, tokens in found if tokens]


def prose(name: str) -> list[Sentence]:
    """Return all sentences of a page: text, solutions, and what figures say in words."""
    page, section, where, told = solved(name), "", "", []
    for cell in (cell for cell in page.cells if cell.cell_type == "markdown"):
        text = fold(cell)["body"] if kind(cell) == "fold" else cell.source
        text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
        for part in re.split(r"^(?=#{2,3} )", text, flags=re.M):
            heading = re.match(r"##+ (Exercise )?(\d+(?:\.\d+)?)?", part)
            if heading:  # without a number it belongs to the section before
                section = section if heading[1] else heading[2] or section
                where = heading[2] or section
            told += sentences(re.sub(r"^#+ (?:Exercise )?[\d.]*", "", part), where)
    for i, (figure, alt, _) in enumerate(page.figures, 1):
        ticks = [t for ax in figure.axes for t in ax.get_xticklabels() + ax.get_yticklabels()]
        words = [t for t in figure.findobj(plt.Text) if t.get_visible() and t not in ticks]
        for text in [alt] + [t.get_text() for t in words]:
            told += sentences(text, f"figure {i}")
    return told


def outputs(name: str) -> dict[str, list[Token]]:
    """Return the numbers in digits that the cells of each section print, exercises left out."""
    page, section, found = solved(name), "", {}
    for cell, told in zip(page.cells, page.printed, strict=True):
        heading = re.findall(r"^## (\d+)", cell.source * (cell.cell_type == "markdown"), re.M)
        section = heading[-1] if heading else section
        lines = [] if kind(cell) else re.sub(r"(?m)^\[figure\].*", "", told).splitlines()
        words = [word for line in lines for word in TOKEN.findall(line) if re.search(r"\d", word)]
        found[section] = found.get(section, []) + [
            t for t in map(token, words) if t.value is not None
        ]
    return found


def formulas(name: str) -> list[str]:
    """Return each formula of a page that says something, without its blanks, in order."""
    text = "\n".join(c.source for c in solved(name).cells if c.cell_type == "markdown")
    text = re.sub(r"^```.*?^```$|`[^`]*`", "", text, flags=re.M | re.S)
    found = re.findall(r"\$\$(.*?)\$\$|\$([^$]+)\$", text, flags=re.S)
    blank = re.compile(r"\\[,;! ]|\\q?quad|\s|[.,]$")
    bare = [blank.sub("", displayed.strip().rstrip(".,") or other) for displayed, other in found]
    words = "frac|sqrt|sim|approx|le|ge|to|times|sum|int|propto|mid"
    says = re.compile(rf"[=<>+/^]|\\(?:{words})\b|\d-|-\w")
    return list(dict.fromkeys(f for f in bare if says.search(f)))


def minutes(path: Path) -> list[float]:
    """Return the minutes of each sitting of a page, by the course's rule.

    Words / 100 + code lines / 5, as they wrap at 79 characters + 1.5 for a figure or explorable
    + 5 for an exercise; nothing for solutions and for checks of up to two lines.
    """
    told = [0.0]
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "markdown":
            text = "" if kind(cell) == "fold" else cell.source
            for i, part in enumerate(text.split("<!-- sitting -->")):
                told += [0.0] if i else []
                part = re.sub(r"\$\$.*?\$\$", " formula" * 8, part, flags=re.S)
                part = re.sub(r"\$.*?\$", "x", part, flags=re.S)
                told[-1] += len(re.findall(r"[A-Za-z0-9’'%,.]+", part)) / 100
        elif kind(cell) == "exercise":
            told[-1] += 5
        else:
            lines = [x for x in cell.source.splitlines() if not re.match(r"\s*(#|$)", x)]
            if kind(cell) != "check" or len(lines) > 2:
                told[-1] += sum(1 + (len(x) - 1) // 79 for x in lines) / 5
                told[-1] += 1.5 * len(re.findall(r"\b(?:show|slider|explore\.\w+)\(", cell.source))
    return told


def given(value, names: dict):
    """Return a value, or what a function of the page's names returns."""
    if isinstance(value, Direction):
        return way(given(value.value, names))
    return value(names) if callable(value) else value


def unsaid(fact: tuple, told: list[Sentence], names: dict) -> tuple[str, set[int]]:
    """Look for what a fact says near its words; return what is missing, and the tokens that say it.

    A fact is: where ("2" for section 2, "2.1" for exercise 2.1, "" before section 1, "figure 3"),
    words, and a number, a direction, a word, several in a row (a text or a tuple), a function of
    the page's names that returns one, or a list of such, in their order. One that is alone stands
    within twelve words of one of the words; all stand in a sentence that has the words, or in up
    to eight that follow each other.
    """
    where, words, says = fact[0], fact[1].split(), fact[2]
    for count in range(1, 9):
        runs = (told[i : i + count] for i in range(len(told) - count + 1))
        same = [run for run in runs if run[0].where == run[-1].where == where]
        here = [[t for sentence in run for t in sentence.tokens] for run in same]
        if here := [tokens for tokens in here if set(words) <= {t.text for t in tokens}]:
            break
    if not here:
        return f"no eight sentences of section {where!r} have the words {words}", set()
    says = [given(one, names) for one in (says if isinstance(says, list) else [says])]
    for tokens in here:
        used = [range(0)]
        for one in says:
            used.append(found_in(tokens, used[-1].stop, words, one))
        if all(used[1:]):
            return "", {id(tokens[place]) for places in used for place in places}
    told = " / ".join(" ".join(t.text for t in tokens) for tokens in here)
    return f"section {where!r}, {words}: not {says}, in this order, in: {told}", set()


def found_in(tokens: list[Token], start: int, words: list[str], wanted) -> range:
    """Return the places of the tokens that say what is wanted: one near the words, or a row."""
    parts = wanted.split() if isinstance(wanted, str) else [wanted]
    parts = wanted if type(wanted) is tuple else parts
    at = [i for i, t in enumerate(tokens) if t.text in words]
    for first in range(start, len(tokens) - len(parts) + 1):
        places = range(first, first + len(parts))
        near = len(parts) > 1 or min(abs(first - place) for place in at) <= 12
        if near and all(matches(tokens[i], part) for i, part in zip(places, parts, strict=True)):
            return places
    return range(0)


def matches(found: Token, wanted) -> bool:
    """Say whether a token is the number, direction or word that is wanted."""
    if isinstance(wanted, Direction):
        return found.sign == int(np.sign(wanted.value))
    if isinstance(wanted, str):
        return found.text == wanted
    return found.value is not None and abs(found.value - float(wanted)) <= found.error


def drawn(ax) -> list[Series]:
    """Return what a pair of axes shows, without text and ticks."""
    found = []
    for line in ax.get_lines():
        marker = "" if line.get_marker() in ("None", None, " ") else line.get_marker()
        kind = "points" if line.get_linestyle() in ("None", "", " ") else "line"
        color = line.get_color() if kind == "line" else line.get_markeredgecolor()
        xy = np.array(line.get_xydata(), float)
        style = line.get_linestyle() if kind == "line" else None
        found.append(Series(kind, xy, [color], marker, line.get_label(), style=style))
    if bars := [p for p in ax.patches if isinstance(p, plt.Rectangle)]:
        x, y, w, h = np.transpose([(*p.get_xy(), p.get_width(), p.get_height()) for p in bars])
        sideways = len(bars) > 1 and np.ptp(h) < 1e-9
        ends = (y + h / 2, x + w) if sideways else (x + w / 2, y + h)
        found.append(Series("bars", np.transpose(ends), [p.get_facecolor() for p in bars]))
    for one in ax.collections:
        if isinstance(one, mc.PathCollection):
            edge = one.get_edgecolors() if len(one.get_edgecolors()) else one.get_facecolors()
            found.append(Series("points", np.array(one.get_offsets(), float), list(edge)))
        elif isinstance(one, mc.LineCollection):
            ends = np.array([s for s in one.get_segments() if len(s) == 2]).reshape(-1, 4)
            found.append(Series("segments", ends, list(one.get_colors())))
        elif isinstance(one, Quiver):
            ends = np.column_stack([one.XY, one.U, one.V])
            found.append(Series("arrows", ends, list(one.get_facecolors())))
        elif isinstance(one, mc.QuadMesh):
            found.append(Series("mesh", np.ravel(one.get_array())[:, None], []))
        elif isinstance(one, mc.PolyCollection):
            kind = "map" if len(one.get_paths()) > 50 else "band"
            corners = np.concatenate([p.vertices for p in one.get_paths()] or [np.empty((0, 2))])
            found.append(Series(kind, corners, list(one.get_facecolors())))
        else:
            found.append(Series("contour", np.empty((0, 2)), list(one.get_edgecolors())))
    return [one for one in found if len(one.data) or one.kind == "contour"]


def shows_it(one: Series, wanted: Series, names: dict) -> bool:
    """Say whether something drawn is what the facts describe: kind, values, colours, marker."""
    if one.kind != wanted.kind or wanted.label not in (None, one.label):
        return False
    if wanted.style not in (None, one.style):
        return False
    if wanted.marker and one.marker not in (wanted.marker, None):
        return False
    if wanted.color and {to_hex(color) for color in one.color} != {to_hex(wanted.color)}:
        return False
    if wanted.data is None:
        return True
    values = np.column_stack([np.ravel(x) for x in given(wanted.data, names)]).astype(float)
    if one.kind == "band":  # of x, lower and upper: the corners, in any order
        values = np.concatenate([values[:, [0, 1]], values[:, [0, 2]]])
        near = [np.abs(one.data - corner).sum(axis=1).min() for corner in values]
        return bool(np.max(near) < 1e-6 * (1 + np.abs(values).max()))
    if values.shape != one.data.shape:
        return False
    values, found = (x[np.lexsort(np.round(x, 9).T[::-1])] for x in (values, one.data))
    least = 0.1 * wanted.error * np.nanmax(np.abs(values)) + 1e-9
    return np.allclose(found, values, rtol=wanted.error, atol=least, equal_nan=True)


def leaves_out(data, view) -> bool:
    """Say whether an axis that runs over `view` leaves out some of what is drawn over `data`."""
    (least, most), (low, high) = sorted(data), sorted(view)
    spare = 1e-9 * (high - low)
    return bool(least < low - spare or most > high + spare)


def misdrawn(figure: plt.Figure, names: dict, panels: list[Panel]) -> list[str]:
    """Return what a figure shows otherwise than its facts say."""
    axes = [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]
    wrong = [f"{len(axes)} axes, and facts for {len(panels)}"] if len(axes) != len(panels) else []
    for i, (ax, panel) in enumerate(zip(axes, panels, strict=False), 1):
        scale = ax.get_xscale(), ax.get_yscale()
        ticks = [text.get_text() for text in ax.get_xticklabels()] * (len(panel.ticks) > 0)
        if scale != panel.scale or ticks != [str(tick) for tick in panel.ticks]:
            wrong.append(f"axes {i}: scales {scale}, ticks {ticks}")
        told = ax.get_xlabel(), ax.get_ylabel(), ax.get_title("left")
        for label, words in zip(told, (panel.x, panel.y, panel.title), strict=True):
            if not set(words.split()) <= set(re.split(r"[ ()]", label)):
                wrong.append(f"axes {i}: the label {label!r} lacks a word of {words!r}")
        data, view = ax.dataLim, ax.viewLim
        sides = {"x": (data.intervalx, view.intervalx), "y": (data.intervaly, view.intervaly)}
        cut = "".join(side for side, ends in sides.items() if leaves_out(*ends))
        if cut != panel.cut:
            wrong.append(f"axes {i}: limits cut data along {cut!r}, the facts say {panel.cut!r}")
        left, looks = list(panel.drawn), []
        for one in drawn(ax):
            found = next((s for s in left if shows_it(one, s, names)), None)
            left = [s for s in left if s is not found]
            if found and one.kind == "line" and not (found.style or found.label):
                looks.append((to_hex(one.color[0]), one.style, one.marker))
            if found is None:
                wrong.append(f"axes {i}: no fact describes {one.kind} at {one.data[:2].tolist()}")
        wrong += [f"axes {i}: {s.kind} {s.color or ''} is not drawn" for s in left]
        same = {look for look in looks if looks.count(look) > 1}
        wrong += [f"axes {i}: two lines look the same, {look}" for look in same]
    return wrong
