"""Write the course without its solutions, for a class, and the marking key beside it.

`make student` runs this. `build/student` is a folder of its own: the pages with no solution and no
output, and what they need to run. `build/student_key` holds every exercise with its solution.

What is left in `build/student` and a teacher should know: `helpers/answers` works out the right
answers, because the visible checks need them.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
#: Copied beside the pages, as they are.
NEEDED = [
    "LICENSE",
    "LICENSE-text",
    "environment.yml",
    "pyproject.toml",
    "requirements.lock",
    "data/*",
    "helpers/*",
    "helpers/answers/*.py",
]
#: Rules of the Makefile that make sense without tests and site.
RULES = ["help", "env", "$(VENV)/.complete", "lab", "data", "clean"]
README = """\
# Partial pooling, four ways

A course in Jupyter notebooks. You need Python 3.11 or newer and `make`:

```bash
make lab     # makes the environment, fetches the kidney data if it can, opens the notebooks
```

Without `make`, or on Windows:

```bash
python -m venv .venv
.venv/bin/python -m pip install --require-hashes -r requirements.lock
.venv/bin/python -m pip install --no-deps --no-build-isolation --editable .
.venv/bin/jupyter lab --notebook-dir=notebooks
```

(On Windows the programs are in `.venv\\Scripts`.) Begin with `notebooks/00_start_here.ipynb`.

This copy has no outputs: predict first, then run. It has no solutions either: where a page speaks
of one, your teacher has it. Every exercise has a check that says what is off.

The code is under the BSD 3-Clause License, text and figures under CC BY 4.0.
"""


class LeakError(Exception):
    """A solution would be left in the students' copy."""


def is_solution(cell) -> bool:
    """Say whether a cell is tagged as a solution."""
    return "solution" in cell.metadata.get("tags", [])


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of `notebook` without solution cells, outputs and counts."""
    copy = nbformat.from_dict(notebook)
    copy.cells = [cell for cell in copy.cells if not is_solution(cell)]
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def code_lines(source: str) -> set[str]:
    """Return the lines of code that say something: whitespace evened out, short ones dropped."""
    lines = (re.sub(r"\s+", " ", line.split("#")[0]).strip() for line in source.splitlines())
    return {line for line in lines if len(line) >= 12}


def leaks(originals: list[nbformat.NotebookNode], copy: nbformat.NotebookNode) -> list[str]:
    """Return what is left of the solutions of `originals` in `copy`: nothing, one hopes."""
    found, taught, solved = [], set(), set()
    for cell in (cell for page in originals for cell in page.cells):
        (solved if is_solution(cell) else taught).update(code_lines(cell.source))
    for cell in copy.cells:
        told = cell.source
        if is_solution(cell):
            found.append(f"a cell tagged solution: {told[:60]!r}")
        if cell.get("outputs") or cell.get("execution_count"):
            found.append(f"a cell with output: {told[:60]!r}")
        left = code_lines(told) & (solved - taught)
        if left:
            found.append(f"lines of a solution: {sorted(left)[0]!r}")
        if cell.cell_type == "markdown":
            if re.search(r"<details|answer_\d+_\d+ *=", told):
                found.append(f"a folded text or an answer in Markdown: {told[:60]!r}")
            continue
        for name, given in re.findall(r"^(answer_\d+_\d+) *= *(.*)$", told, flags=re.MULTILINE):
            given = given.split("#")[0].strip()  # a stub may hand on a name, as `my_bet`
            if "..." not in told and not given.isidentifier():
                found.append(f"an answer outside a solution: {name} = {given}")
        for call in re.findall(r"""^check\(\s*["'][\d.]+["'], *(.+)\)""", told, flags=re.MULTILINE):
            if not re.match(r"\(*[a-z]\w*", call):
                found.append(f"a check of a written answer outside a solution: {call}")
    return found


def marking_key(pages: dict[str, nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """Return one notebook with the text, stub and stored solution of every exercise."""
    cells = [new_markdown_cell("# Marking key\n\nEvery exercise of the course with its solution.")]
    for name, notebook in pages.items():
        title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
        cells.append(new_markdown_cell(f"## {name[:2]} {title}"))
        text, stub = [], None
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "markdown":
                text.append(re.sub(r"^(#+ )", r"##\1", cell.source, flags=re.MULTILINE))
            elif "exercise" in tags:
                stub = cell
            elif "solution" in tags:
                cells.append(new_markdown_cell("\n\n".join(text)))
                cells.append(
                    new_markdown_cell(f"The student begins with\n\n```python\n{stub.source}\n```")
                )
                solution = nbformat.from_dict(cell)
                solution.metadata = {"tags": ["solution"]}
                cells.append(solution)
                text = []
            elif "check" not in tags:
                text = []
    notebook = new_notebook(cells=cells)
    notebook.metadata = next(iter(pages.values())).metadata
    return notebook


def short_makefile(text: str) -> str:
    """Return the Makefile with the rules of `RULES` alone."""
    blocks = []
    for block in text.split("\n\n"):
        rule = re.search(r"^(\S+?):(?!=)", block, flags=re.MULTILINE)
        if rule and rule[1] not in RULES and not rule[1].startswith("."):
            continue
        if not rule and not re.search(r"^(?:PYTHON|VENV)\b", block, flags=re.MULTILINE):
            continue
        blocks.append(block)
    listed = " ".join(rule for rule in RULES if "$" not in rule)
    cut = re.sub(r"^\.PHONY:.*$", f".PHONY: {listed}", "\n\n".join(blocks), flags=re.MULTILINE)
    return cut.rstrip() + "\n"


def broken_links(folder: Path) -> list[str]:
    """Return the links of the pages in `folder` that lead to no file."""
    broken = []
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
                    outside = re.match(r"https?:|#|mailto:", target)
                    if not outside and not (path.parent / target.split("#")[0]).exists():
                        broken.append(f"{path.name}: {target}")
    return broken


def write(build: Path, root: Path = ROOT) -> int:
    """Write `student` and `student_key` into the folder `build`; return the number of exercises.

    Raises
    ------
    LeakError
        If anything of a solution is left, or a page without solutions leads nowhere.
    """
    student, key = build / "student", build / "student_key"
    pages = {
        path.stem: nbformat.read(path, as_version=4)
        for path in sorted((root / "notebooks").glob("[0-9]*.ipynb"))
    }
    if not pages:
        raise FileNotFoundError(f"no notebook in {root / 'notebooks'}")
    copies = {name: without_solutions(page) for name, page in pages.items()}
    for name, copy in copies.items():
        found = leaks(list(pages.values()), copy)
        if found:
            raise LeakError(f"{name}: {found[0]}")
    for folder in (student, key):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    (student / "notebooks").mkdir()
    for name, copy in copies.items():
        nbformat.write(copy, student / "notebooks" / f"{name}.ipynb")
    for pattern in NEEDED:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not path.name.startswith("."):
                target = student / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    makefile = short_makefile((root / "Makefile").read_text(encoding="utf-8"))
    (student / "Makefile").write_text(makefile, encoding="utf-8")
    (student / "README.md").write_text(README, encoding="utf-8")
    broken = broken_links(student)
    if broken:
        raise LeakError(f"a link leads out of the students' copy: {broken[0]}")
    nbformat.write(marking_key(pages), key / "marking_key.ipynb")
    return sum(is_solution(cell) for page in pages.values() for cell in page.cells)


if __name__ == "__main__":
    try:
        exercises = write(ROOT / "build")
    except (LeakError, FileNotFoundError) as error:
        sys.exit(f"No students' copy was written: {error}")
    print(f"build/student: the course without its {exercises} solutions, for the students.")
    print("build/student_key/marking_key.ipynb: every exercise with its solution, for the teacher.")
