"""What strict nbval cannot see: that text and notebook agree, that every cell ran, and house rules.

Runs in seconds, on files alone.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import jupytext
import nbformat
import pytest

from listing import FOLDERS, notebooks, page_name, texts
from tests.folds import exercises, fold, is_folded

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = notebooks(ROOT)
TAGS = {"exercise", "check", "kidney-data", "further", "slider", "explorable"}
SHORT = 12  # lines of code: a longer cell is a sign that a line should be a sentence or a function

by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=page_name)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def test_there_are_notebooks_and_each_has_its_text():
    assert NOTEBOOKS, "no notebook found"
    assert sorted((ROOT / "notebooks").rglob("*.md")) == texts(ROOT)
    assert [
        path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))
    ] == NOTEBOOKS
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"\nFOLDERS := {' '.join(FOLDERS)}\n" in makefile


@by_name
def test_text_and_notebook_hold_the_same_cells(path):
    def told(notebook):
        return [
            (
                cell.cell_type,
                cell.source.rstrip(),
                tags(cell),
                dict(cell.metadata.get("jupyter", {})),
            )
            for cell in notebook.cells
        ]

    assert told(jupytext.read(path.with_suffix(".md"))) == told(read(path)), (
        "text and notebook differ: run `make notebooks`"
    )


@by_name
def test_every_code_cell_ran_in_order_without_error_or_stderr(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source


@by_name
def test_the_page_has_outputs(path):
    cells = code_cells(path)
    outputs = [output for cell in cells for output in cell.outputs]
    assert len(outputs) >= min(3, len(cells)), "outputs are stripped: run `make notebooks`"


@by_name
def test_no_cell_shows_or_prints_and_stores_nothing(path):
    for cell in code_cells(path):
        if re.search(r"^(show|print|check|display)\(", cell.source, flags=re.MULTILINE):
            assert cell.outputs, f"this cell's output is missing:\n{cell.source}"


@by_name
def test_cell_metadata_is_tags_and_hidden_code_only(path):
    for cell in read(path).cells:
        assert set(tags(cell)) <= TAGS, f"unknown tag in {tags(cell)}"
        assert set(cell.metadata) <= {"tags", "jupyter"}, dict(cell.metadata)
        assert set(cell.metadata.get("jupyter", {})) <= {"source_hidden"}
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
        assert not (hidden and {"exercise", "check"} & set(tags(cell))), cell.source


@by_name
def test_every_figure_says_what_it_shows(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert len(alt) >= 30, f"a figure without alternative text:\n{cell.source}"
                assert output.data["text/plain"] == f"[figure] {alt}"


@by_name
def test_outputs_hold_nothing_that_changes_from_run_to_run(path):
    wrong = re.compile(
        r"np\.\w+\(|<[^<>\n]* at 0x|0x[0-9a-f]{6,}|(?:/|\\)(?:home|root|tmp|work|Users)\b"
    )
    for cell in code_cells(path):
        for output in cell.outputs:
            text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
            assert not wrong.search(text), (
                f"{wrong.search(text)[0]!r} in the output of:\n{cell.source}"
            )


@by_name
def test_randomness_comes_from_named_generators(path):
    for cell in code_cells(path):
        for call in re.findall(r"np\.random\.(\w+)", cell.source):
            assert call in {"default_rng", "Generator"}, f"np.random.{call} has global state"
        for seed in re.findall(r"default_rng\((.*?)\)", cell.source):
            assert re.fullmatch(r"\d+", seed), f"seeds are plain numbers; got {seed!r}"


@by_name
def test_a_seed_names_its_page_and_section(path):
    """409 is notebook 4, section 9; a section's further generators add a digit, or ten."""
    others = {
        ("02_garages", "206"),  # section 3: the twelve garages of page 05 too
        ("02_garages", "216"),  # section 5: the diary of exercise 2.3
        ("05_your_turn", "206"),
    }
    pages = {"kidney_cancer": "01", "garages": "02", "radon": "03"}  # a further page goes on
    page = pages.get(path.stem, path.stem[:2])
    section, seen = 0, []
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for number in re.findall(r"^## (\d+)\.", cell.source, flags=re.MULTILINE):
                section = int(number)
            continue
        for seed in re.findall(r"default_rng\((\d+)\)", cell.source):
            own = f"{int(page)}{section:02d}"
            known = re.fullmatch(rf"\d?{own}|{own}\d|{int(own) + 10}", seed)
            assert known or (path.stem, seed) in others, f"{seed} in section {section}"
            seen.append(seed)
    assert len(seen) == len(set(seen)), "two generators of a page with one seed"


@by_name
def test_imports_are_visible_and_no_cell_ends_in_a_semicolon(path):
    for cell in code_cells(path):
        assert "import *" not in cell.source
        assert not cell.source.rstrip().endswith(";"), cell.source


@by_name
def test_pooling_colours_come_from_helpers(path):
    from helpers import plots

    looks = (plots.NO_POOLING, plots.COMPLETE_POOLING, plots.PARTIAL_POOLING, plots.TRUTH)
    for cell in code_cells(path):
        for look in looks:
            assert look.color.lower() not in cell.source.lower(), (
                "use helpers.plots, not its hex code"
            )


@by_name
def test_an_exercise_is_a_rule_a_heading_a_stub_its_check_and_its_folded_solution(path):
    cells = read(path).cells
    found, asked = exercises(cells), []
    for one in found:
        number = one.number.replace(".", "_")
        assert re.search(rf"^answer_{number} = ", cells[one.stub].source, flags=re.MULTILINE)
        assert re.search(rf"^answer_{number} = ", one.code, flags=re.MULTILINE), one.number
        assert "show(" not in one.code, f"{one.number}: a fold holds no figure"
    for cell in cells:
        if cell.cell_type == "markdown":
            asked += re.findall(r"^(.*)\n\n### Exercise (\d+\.\d+)\. \S", cell.source, re.MULTILINE)
    assert asked == [("---", one.number) for one in found]


@by_name
def test_a_fold_is_a_cell_of_its_own_and_no_output_tells_a_solution(path):
    cells = read(path).cells
    found = exercises(cells)
    summaries = [fold(cell)["summary"] for cell in cells if is_folded(cell)]
    assert summaries.count("Solution") == len(found)
    told = "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for cell in code_cells(path)
        for output in cell.outputs
    )
    assert not re.search(r"Exercise \d+\.\d+: right", told)
    for one in found:
        for line in map(str.strip, (one.code + "\n" + one.printed).splitlines()):
            assert len(line) < 12 or line not in told, f"{one.number}: {line}"


@by_name
def test_cells_are_short(path):
    teaching = [c for c in code_cells(path) if not {"exercise", "check"} & set(tags(c))]
    lines = [len([line for line in c.source.splitlines() if line.strip()]) for c in teaching]
    short = sum(count <= SHORT for count in lines)
    assert short >= 0.9 * len(lines), f"only {short} of {len(lines)} cells have <= {SHORT} lines"
    assert path.stat().st_size < 2_000_000, "a page stays under 2 MB"


@by_name
def test_page_opens_with_one_title(path):
    cells = read(path).cells
    assert cells[0].cell_type == "markdown" and cells[0].source.startswith("# ")
    headings = [
        line
        for cell in cells
        if cell.cell_type == "markdown"
        for line in re.sub(r"^```.*?^```", "", cell.source, flags=re.M | re.S).splitlines()
        if re.match(r"#+ ", line)
    ]
    assert sum(line.startswith("# ") for line in headings) == 1
    depths = [len(line.split()[0]) for line in headings]
    assert all(b <= a + 1 for a, b in itertools.pairwise(depths)), "a heading level is skipped"


@by_name
def test_links_between_files_lead_somewhere(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
                if not re.match(r"https?:|#|mailto:", target):
                    assert (path.parent / target.split("#")[0]).exists(), target


@by_name
def test_every_page_leads_to_its_words(path):
    lines = "\n".join(cell.source for cell in read(path).cells).splitlines()
    link = "Words and symbols: [further/words]"
    assert sum(line.startswith(link) for line in lines) == (page_name(path) != "further/words")


@by_name
def test_nothing_is_fetched_when_a_page_is_opened(path):
    """No picture, script or style from elsewhere, in the text or in what is stored below a cell."""
    fetched = re.compile(
        r"!\[[^\]]*\]\(\s*(?:https?:)?//"
        r"|<(?:img|script|iframe|source|video|audio|embed|object|link)\b[^>]*(?:src|href|data)="
        r"\s*[\"']?(?:https?:)?//"
        r"|(?:url\(|@import)\s*[\"']?(?:https?:)?//"
        r"|\b(?:fetch|import|importScripts|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\s*\(",
        flags=re.IGNORECASE,
    )
    for cell in read(path).cells:
        parts = [cell.source] if cell.cell_type == "markdown" else []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert set(data) <= {"text/plain", "text/html", "text/latex", "image/png"}, set(data)
            parts.append(data.get("text/html", ""))
        for part in parts:
            assert not fetched.search(part), fetched.search(part)[0]


@by_name
def test_stored_notebook_names_no_machine(path):
    language = read(path).metadata.get("language_info", {})
    assert read(path).metadata.kernelspec.name == "python3"
    assert language.get("name") == "python"
