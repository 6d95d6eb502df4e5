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
import tomllib
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from listing import notebooks, page_name

ROOT = Path(__file__).resolve().parent.parent
#: Copied as they are, besides what pyproject.toml lists and the pictures that the pages show.
NEEDED = ["pyproject.toml", "environment.yml", "requirements.lock", "postBuild"]
#: The Makefile's line where the rules end that a student needs.
END = "# ---- What follows is for those who change the course"
SOLUTION = "<details><summary>Solution</summary>"
README = """\
# Partial pooling, four ways

A course in Jupyter notebooks. You need Python 3.11 or newer and `make`:

```bash
make lab     # makes the environment, fetches the kidney data if it can, opens the notebooks
```

Begin with `notebooks/00_start_here.ipynb`. `make` alone lists the other commands.

This copy has no outputs: predict first, then run. It has no solutions either: where a page speaks
of one, your teacher has it. Every exercise has a check: it says whether your answer is right, and
names the slip if it is a usual one.

## Without make

Linux and macOS:

```bash
python3 -m venv .venv
.venv/bin/python -m pip install --require-hashes -r requirements.lock
.venv/bin/python -m pip install --no-deps --no-build-isolation --editable .
.venv/bin/python -m helpers.datasets --fetch --if-possible
.venv/bin/python -m jupyterlab --notebook-dir=notebooks
```

Windows, in PowerShell:

```powershell
py -3.11 -m venv .venv
.venv\\Scripts\\python -m pip install --require-hashes -r requirements.lock
.venv\\Scripts\\python -m pip install --no-deps --no-build-isolation --editable .
.venv\\Scripts\\python -m helpers.datasets --fetch --if-possible
.venv\\Scripts\\python -m jupyterlab --notebook-dir=notebooks
```

conda (the same packages within the same bounds, not the exact versions):

```sh
conda env create --file environment.yml
conda activate partial-pooling
python -m helpers.datasets --fetch --if-possible
python -m jupyterlab --notebook-dir=notebooks
```

The line with `--fetch` gets the kidney-cancer table, once. Without it everything still runs, on a
simulated twin.

## A page back as it was

`make restore` brings all pages back, `make restore PAGE=03_radon` one of them. Yours are kept in a
folder `notebooks/mine-...`. Without make: give your page another name, then copy the page from the
folder `.pages` into `notebooks`.

The code is under the [BSD 3-Clause License](LICENSE), text and figures under
[CC BY 4.0](LICENSE-text).
"""


class LeakError(Exception):
    """A solution would be left in the students' copy, or a page speaks of what is not there."""


def is_solution(cell) -> bool:
    """Say whether a cell is the folded solution of an exercise, and nothing else."""
    source = cell.source.strip()
    whole = source.startswith(SOLUTION) and source.endswith("</details>")
    return cell.cell_type == "markdown" and whole and source.count("<details") == 1


def opened(cell) -> str:
    """Return the Markdown of a solution without its fold."""
    return cell.source.strip().removeprefix(SOLUTION).removesuffix("</details>").strip()


def code_in(text: str) -> str:
    """Return the Python code that stands in fences in a Markdown text."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))


def students_words(text: str) -> str:
    """Return a text with the words of the students' copy for those of the course.

    `<!-- course -->` to `<!-- /course -->` goes, and `<!-- student: words -->` becomes the words.
    """
    text = re.sub(r"<!-- course -->.*?<!-- /course -->\n?", "", text, flags=re.DOTALL)
    return re.sub(r"<!-- student: (.*?) -->", r"\1", text, flags=re.DOTALL)


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy of `notebook` without solutions, outputs and counts, in the students' words."""
    copy = nbformat.from_dict(notebook)
    copy.cells = [cell for cell in copy.cells if not is_solution(cell)]
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = students_words(cell.source)
    return copy


def code_lines(source: str) -> set[str]:
    """Return the lines of code that say something: whitespace evened out, short ones dropped."""
    lines = (re.sub(r"\s+", " ", line.split("#")[0]).strip() for line in source.splitlines())
    return {line for line in lines if len(line) >= 12}


def leaks(originals: list[nbformat.NotebookNode], copy: nbformat.NotebookNode) -> list[str]:
    """Return what is left of the solutions of `originals` in `copy`: nothing, one hopes."""
    found, taught, solved = [], set(), set()
    for cell in (cell for page in originals for cell in page.cells):
        if is_solution(cell):
            solved.update(code_lines(code_in(cell.source)))
        else:
            taught.update(code_lines(cell.source))
    for cell in copy.cells:
        told = cell.source
        if re.search(r"<summary>[^<]*\bsolution", told, flags=re.IGNORECASE):
            found.append(f"a folded solution: {told[:60]!r}")
        if "solution" in cell.metadata.get("tags", []):
            found.append(f"a cell tagged solution: {told[:60]!r}")
        if cell.get("outputs") or cell.get("execution_count"):
            found.append(f"a cell with output: {told[:60]!r}")
        left = code_lines(told) & (solved - taught)
        if left:
            found.append(f"lines of a solution: {sorted(left)[0]!r}")
        if cell.cell_type == "markdown":
            if re.search(r"answer_\d+_\d+ *=", told):
                found.append(f"an answer in Markdown: {told[:60]!r}")
            continue
        for name, given in re.findall(r"^(answer_\d+_\d+) *= *(.*)$", told, flags=re.MULTILINE):
            given = given.split("#")[0].strip()  # a stub may hand on a name, as `my_bet`
            if "..." not in told and not given.isidentifier():
                found.append(f"an answer outside a solution: {name} = {given}")
        for call in re.findall(r"""^check\(\s*["'][\d.]+["'], *(.+)\)""", told, flags=re.MULTILINE):
            if not re.match(r"\(*[a-z]\w*", call):
                found.append(f"a check of a written answer outside a solution: {call}")
    return found


def strange(text: str, targets: set[str]) -> list[str]:
    """Return what a page says of things that the students' copy has not: git, other targets."""
    found = re.findall(r"\bgit\b|<!-- /?course|\bfolded\b", text)
    return found + [f"make {name}" for name in named(text) if name not in targets]


def named(text: str) -> list[str]:
    """Return the targets of make that a text names in code."""
    return re.findall(r"`make ([a-z-]+)", text)


def marking_key(pages: dict[str, nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """Return one notebook with the text, stub and open solution of every exercise."""
    cells = [new_markdown_cell("# Marking key\n\nEvery exercise of the course with its solution.")]
    for name, notebook in pages.items():
        if not any(map(is_solution, notebook.cells)):
            continue
        title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
        cells.append(new_markdown_cell(f"## {name.split('_')[0]} {title}"))
        text, stub = [], None
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            if is_solution(cell):
                cells.append(new_markdown_cell("\n\n".join(text)))
                cells.append(
                    new_markdown_cell(f"The student begins with\n\n```python\n{stub.source}\n```")
                )
                cells.append(new_markdown_cell(f"**Solution**\n\n{opened(cell)}"))
                text, stub = [], None
            elif cell.cell_type == "markdown":
                text.append(re.sub(r"^(#+ )", r"##\1", cell.source, flags=re.MULTILINE))
            elif "exercise" in tags:
                stub = cell
            elif "check" not in tags:
                text = []
    notebook = new_notebook(cells=cells)
    notebook.metadata = next(iter(pages.values())).metadata
    return notebook


def short_makefile(text: str) -> str:
    """Return the part of the Makefile that a student needs."""
    return text[: text.index(END)].rstrip() + "\n"


def linked(text: str) -> list[str]:
    """Return the files that a Markdown text links to, as it names them."""
    targets = re.findall(r"""\]\(([^)\s]+)\)|<img [^>]*?src=["']([^"']+)""", text)
    targets = ["".join(target) for target in targets]
    return [one.split("#")[0] for one in targets if not re.match(r"\w+:|#", one)]


def broken_links(folder: Path) -> list[str]:
    """Return the links of the pages in `folder` that lead to no file."""
    return [
        f"{path.name}: {target}"
        for path in sorted((folder / "notebooks").rglob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
        for target in linked(cell.source)
        if not (path.parent / target).exists()
    ]


def needed(root: Path, copies: dict[str, nbformat.NotebookNode]) -> list[Path]:
    """Return what is copied as it is: the files of every package, and the pages' pictures.

    A package that pyproject.toml leaves out is missed by every installation, not by this one alone.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    setup = project["tool"]["setuptools"]
    places = setup.get("package-dir", {})
    files = [root / name for name in NEEDED + project["project"]["license-files"]]
    for package in setup["packages"]:
        files += (root / places.get(package, package.replace(".", "/"))).iterdir()
    for name, page in copies.items():
        place = (root / "notebooks" / name).parent
        shown = [one for cell in page.cells for one in linked(cell.source) if "../images/" in one]
        files += [place / one for one in shown]
    return [path.resolve() for path in files if path.is_file() and path.name[0] != "."]


def write(build: Path, root: Path = ROOT) -> int:
    """Write `student` and `student_key` into the folder `build`; return the number of exercises.

    Raises
    ------
    LeakError
        If anything of a solution is left, or a page speaks of what the copy has not.
    """
    student, key = build / "student", build / "student_key"
    pages = {page_name(path): nbformat.read(path, as_version=4) for path in notebooks(root)}
    if not pages:
        raise FileNotFoundError(f"no notebook in {root / 'notebooks'}")
    makefile = short_makefile((root / "Makefile").read_text(encoding="utf-8"))
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, flags=re.MULTILINE))
    copies = {name: without_solutions(page) for name, page in pages.items()}
    for name, copy in copies.items():
        found = leaks(list(pages.values()), copy)
        told = "\n".join(cell.source for cell in copy.cells if cell.cell_type == "markdown")
        found += [f"it speaks of {one!r}" for one in strange(told, targets)]
        if found:
            raise LeakError(f"{name}: {found[0]}")
    for folder in (student, key):
        shutil.rmtree(folder, ignore_errors=True)
    key.mkdir(parents=True)
    for name, copy in copies.items():
        for place in ("notebooks", ".pages"):  # the second is for `make restore`
            path = student / place / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(copy, path)
    for path in needed(root, copies):
        target = student / path.relative_to(root.resolve())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
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
