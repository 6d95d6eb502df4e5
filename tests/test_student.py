"""`make student`: a copy that runs and holds no solution, and a key that holds them all."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent


def load_script():
    spec = importlib.util.spec_from_file_location("student", ROOT / "site" / "student.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


student = load_script()
PAGES = {p.stem: nbformat.read(p, 4) for p in sorted((ROOT / "notebooks").glob("*.ipynb"))}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    build = tmp_path_factory.mktemp("build")
    exercises = student.write(build)
    return build, exercises


def cells_of(path: Path) -> list:
    return nbformat.read(path, 4).cells


def solutions(page) -> list:
    return [cell for cell in page.cells if "solution" in cell.metadata.get("tags", [])]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_page_is_there_with_all_its_other_cells(built):
    for name, page in PAGES.items():
        kept = [cell.source for cell in cells_of(built[0] / f"student/notebooks/{name}.ipynb")]
        wanted = [c.source for c in page.cells if "solution" not in c.metadata.get("tags", [])]
        assert kept == wanted


def test_no_solution_is_left(built):
    """No solution cell, no output, and no code of a solution anywhere but in helpers/answers."""
    told = ""
    for path in (built[0] / "student" / "notebooks").iterdir():
        assert path.suffix == ".ipynb", "the texts hold the solutions too"
        for cell in cells_of(path):
            assert "solution" not in cell.metadata.get("tags", [])
            if cell.cell_type == "code":
                assert cell.outputs == [] and cell.execution_count is None
            told += squeeze(cell.source) + "\n"
    for page in PAGES.values():
        for cell in solutions(page):
            assert squeeze(cell.source) not in told
            for given in re.findall(r"^answer_\d+_\d+ *=.*$", cell.source, flags=re.MULTILINE):
                assert squeeze(given) not in told, given
    for path in (built[0] / "student").rglob("*"):
        if (
            path.is_file()
            and "answers" not in path.parts
            and path.suffix not in {".json", ".ipynb"}
        ):
            assert not re.search(r"answer_\d+_\d+ *=", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (new_code_cell("answer_1_1 = 42"), "an answer outside"),
        (new_code_cell('check("1.1", "c")'), "a check of a written answer"),
        (new_code_cell('check("1.1", 42)'), "a check of a written answer"),
        (new_code_cell("rate = deaths / person_years"), "lines of a solution"),
        (new_code_cell("x = 1", metadata={"tags": ["solution"]}), "tagged solution"),
        (new_code_cell("x = 1", execution_count=3), "output"),
        (new_markdown_cell("<details>It is c.</details>"), "Markdown"),
        (new_markdown_cell("Solution: answer_1_1 = 42"), "Markdown"),
    ],
)
def test_a_leak_is_found(left, says):
    solution = new_code_cell(
        "rate = deaths / person_years\nanswer_1_1 = rate.sum()", metadata={"tags": ["solution"]}
    )
    stub = new_code_cell("answer_1_1 = ...", metadata={"tags": ["exercise"]})
    asked = new_code_cell('check("1.1", answer_1_1)')
    original = new_notebook(cells=[new_markdown_cell("# Page"), stub, asked, solution])
    clean = student.without_solutions(original)
    assert student.leaks([original], clean) == []
    clean.cells.append(left)
    assert any(says in found for found in student.leaks([original], clean))


def test_a_stub_may_hand_on_a_name():
    stub = new_code_cell(
        "answer_1_1 = my_bet  # or another letter", metadata={"tags": ["exercise"]}
    )
    page = new_notebook(cells=[new_markdown_cell("# Page"), stub])
    assert student.leaks([page], page) == []


def test_the_key_holds_every_exercise_with_text_stub_and_solution(built):
    build, exercises = built
    cells = cells_of(build / "student_key" / "marking_key.ipynb")
    kept = [cell for cell in cells if cell.cell_type == "code"]
    wanted = [cell for page in PAGES.values() for cell in solutions(page)]
    assert [c.source for c in kept] == [c.source for c in wanted]
    assert [c.outputs for c in kept] == [c.outputs for c in wanted]
    assert len(kept) == exercises > 0
    told = "\n".join(cell.source for cell in cells)
    for page in PAGES.values():
        for cell in page.cells:
            if "exercise" in cell.metadata.get("tags", []):
                assert cell.source in told


def test_the_copy_lists_the_commands_it_has(built, targets_in):
    told = targets_in(built[0] / "student")
    assert [line.split()[1] for line in told] == [
        "help",
        "env",
        "lab",
        "data",
        "clean",
    ]


def test_the_copy_brings_its_own_helpers_and_data(built):
    folder = built[0] / "student"
    for part in ("helpers", "data"):
        ours = {p.name for p in (ROOT / part).iterdir() if p.is_file() and p.suffix != ".pyc"}
        theirs = {p.name for p in (folder / part).iterdir() if p.is_file()}
        assert theirs == {name for name in ours if not name.startswith(".")}


@pytest.mark.long
def test_the_copy_runs_from_its_own_folder_under_lax_nbval(built):
    folder = built[0] / "student"
    place = {**os.environ, "PYTHONPATH": str(folder), "TQDM_DISABLE": "1"}
    where = subprocess.run(
        [sys.executable, "-c", "import helpers; print(helpers.__file__)"],
        cwd=folder / "notebooks",
        env=place,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert Path(where).resolve() == (folder / "helpers" / "__init__.py").resolve()
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax"]
    told = subprocess.run(
        [*run, "--nbval-current-env", "notebooks"],
        cwd=folder,
        env=place,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout[-3000:]
    assert re.search(r"\d+ passed", told.stdout)


def lessons() -> list[str]:
    text = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
    plan = text[text.index("## Eight lessons") : text.index("## Where students stumble")]
    return re.split(r"^### ", plan, flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.split(":")[0])
def test_a_lesson_has_fifty_minutes_and_its_sections_are_there(lesson):
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", lesson, flags=re.MULTILINE)
    assert sum(int(minutes) for minutes, _ in rows) == 50
    for _, place in rows:
        named = re.match(r"(\d\d), sections? (\d+)(?: to (\d+))?$", place.strip())
        assert named or place.strip() == "talk", place
        if named:
            page = next(page for name, page in PAGES.items() if name.startswith(named[1]))
            told = "\n".join(c.source for c in page.cells if c.cell_type == "markdown")
            for number in range(int(named[2]), int(named[3] or named[2]) + 1):
                assert re.search(rf"^## {number}\. ", told, flags=re.MULTILINE), place


def test_sections_named_in_the_teaching_notes_are_there():
    text = (ROOT / "TEACHING.md").read_text(encoding="utf-8")
    for number, section in re.findall(r"\b(0\d), section (\d+)", text):
        page = next(page for name, page in PAGES.items() if name.startswith(number))
        told = "\n".join(c.source for c in page.cells if c.cell_type == "markdown")
        assert re.search(rf"^## {section}\. ", told, flags=re.MULTILINE), f"{number}, {section}"
