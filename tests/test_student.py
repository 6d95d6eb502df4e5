"""`make student`: a copy that runs and holds no solution, and a key that holds them all."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from listing import notebooks, page_name, texts

ROOT = Path(__file__).resolve().parent.parent


def load_script():
    spec = importlib.util.spec_from_file_location("student", ROOT / "site" / "student.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


student = load_script()
PAGES = {page_name(path): nbformat.read(path, 4) for path in notebooks(ROOT)}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    build = tmp_path_factory.mktemp("build")
    exercises = student.write(build)
    return build, exercises


def cells_of(path: Path) -> list:
    return nbformat.read(path, 4).cells


def solutions(page) -> list:
    return [cell for cell in page.cells if "<summary>Solution" in cell.source]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_page_is_there_with_all_its_other_cells(built):
    for name, page in PAGES.items():
        wanted = [cell.source for cell in page.cells if cell not in solutions(page)]
        for folder in ("notebooks", ".pages"):  # the second is for `make restore`
            kept = [c.source for c in cells_of(built[0] / f"student/{folder}/{name}.ipynb")]
            assert len(kept) == len(wanted)
            for ours, theirs in zip(wanted, kept, strict=True):
                assert ours == theirs or "<!-- course -->" in ours


def test_no_solution_is_left(built):
    """No solution cell, no output, and no code of a solution anywhere but in helpers/answers."""
    told = ""
    for path in filter(Path.is_file, (built[0] / "student" / "notebooks").rglob("*")):
        assert path.suffix == ".ipynb", "the texts hold the solutions too"
        for cell in cells_of(path):
            assert "<details" not in cell.source
            if cell.cell_type == "code":
                assert cell.outputs == [] and cell.execution_count is None
            told += squeeze(cell.source) + "\n"
    stubs = [
        c.source
        for p in PAGES.values()
        for c in p.cells
        if "exercise" in c.metadata.get("tags", [])
    ]
    begun = squeeze("".join(stubs))  # a half-written stub may hand on its names: (move_P, move_Q)
    for page in PAGES.values():
        for cell in solutions(page):
            (code, *_) = re.findall(r"```python\n(.*?)```", cell.source, flags=re.DOTALL)
            assert squeeze(code) not in told
            for given in re.findall(r"^answer_\d+_\d+ *=.*$", code, flags=re.MULTILINE):
                assert squeeze(given) in begun or squeeze(given) not in told, given
    for path in (built[0] / "student").rglob("*"):
        if (
            path.is_file()
            and "answers" not in path.parts
            and path.suffix not in {".json", ".ipynb", ".png"}
        ):
            assert not re.search(r"answer_\d+_\d+ *=", path.read_text(encoding="utf-8")), path


FOLD = """\
<details><summary>Solution</summary>

```python
rate = deaths / person_years
answer_1_1 = rate.sum()
```

It prints:

```text
42
```

</details>"""


def one_exercise():
    stub = new_code_cell("answer_1_1 = ...", metadata={"tags": ["exercise"]})
    asked = new_code_cell('check("1.1")', metadata={"tags": ["check"]})
    text = new_markdown_cell("# Page"), new_markdown_cell("How many?")
    return new_notebook(cells=[*text, stub, asked, new_markdown_cell(FOLD)])


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (new_code_cell("answer_1_1 = 42"), "an answer outside"),
        (new_code_cell('check("1.1", "c")'), "a check of a written answer"),
        (new_code_cell('check("1.1", 42)'), "a check of a written answer"),
        (new_code_cell("rate = deaths / person_years"), "lines of a solution"),
        (new_markdown_cell("Write\n\n    rate = deaths / person_years"), "lines of a solution"),
        (new_code_cell("x = 1", metadata={"tags": ["solution"]}), "tagged solution"),
        (new_code_cell("x = 1", execution_count=3), "output"),
        (new_markdown_cell(FOLD), "a folded solution"),
        (new_markdown_cell("More.\n\n" + FOLD.replace("Solution", "A solution")), "a folded"),
        (new_markdown_cell("Solution: answer_1_1 = 42"), "Markdown"),
    ],
)
def test_a_leak_is_found(left, says):
    original = one_exercise()
    clean = student.without_solutions(original)
    assert len(clean.cells) == 4
    assert student.leaks([original], clean) == []
    clean.cells.append(left)
    assert any(says in found for found in student.leaks([original], clean))


def test_a_stub_may_hand_on_a_name():
    stub = new_code_cell(
        "answer_1_1 = my_bet  # or another letter", metadata={"tags": ["exercise"]}
    )
    page = new_notebook(cells=[new_markdown_cell("# Page"), stub])
    assert student.leaks([page], page) == []


def test_the_key_of_one_exercise_is_open():
    cells = student.marking_key({"01_page": one_exercise()}).cells
    assert [cell.source for cell in cells[1:]] == [
        "## 01 Page",
        "### Page\n\nHow many?",
        "The student begins with\n\n```python\nanswer_1_1 = ...\n```",
        "**Solution**\n\n" + "\n".join(FOLD.splitlines()[2:-2]),
    ]


def test_the_key_holds_every_exercise_with_text_stub_and_solution(built):
    build, exercises = built
    told = [cell.source for cell in cells_of(build / "student_key" / "marking_key.ipynb")]
    wanted = [cell for page in PAGES.values() for cell in solutions(page)]
    kept = [source for source in told if source.startswith("**Solution**")]
    assert len(kept) == len(wanted) == exercises > 0
    for ours, theirs in zip(wanted, kept, strict=True):
        assert "<details" not in theirs
        assert squeeze(theirs.removeprefix("**Solution**")) in squeeze(ours.source)
        assert student.code_in(theirs) == student.code_in(ours.source) != ""
    for page in PAGES.values():
        for cell in page.cells:
            if "exercise" in cell.metadata.get("tags", []):
                assert any(cell.source in source for source in told)


def test_the_copy_lists_the_commands_it_has(built, targets_in):
    told = targets_in(built[0] / "student")
    assert [line.split()[1] for line in told] == ["help", "env", "lab", "data", "restore", "clean"]
    text = (built[0] / "student" / "Makefile").read_text(encoding="utf-8")
    assert "jupyter lab --notebook-dir=notebooks $(ALONE)" in text
    for name in re.findall(r"^([A-Z]+) *[:?]*=", text, flags=re.MULTILINE):
        assert f"$({name}" in text, f"{name} is used by no rule that is left"
    for name in re.findall(r"\$\(([A-Z]+)[):]", text):
        assert re.search(rf"^{name} *[:?]*=", text, flags=re.MULTILINE), f"{name} is set nowhere"


def test_a_page_in_the_copy_speaks_of_what_is_there(built):
    """The course has git, solutions and more targets of make: there, not in the copy."""
    words = "<!-- course -->\nIt is folded.\n<!-- /course -->\n<!-- student: Ask. -->\n\nOn."
    assert student.students_words(words) == "Ask.\n\nOn."
    assert student.strange(words, {"lab"}) == ["<!-- course", "folded", "<!-- /course"]
    assert student.strange("`make lab`, `make notebooks`, `git restore`", {"lab"}) == [
        "git",
        "make notebooks",
    ]
    start = cells_of(built[0] / "student" / "notebooks" / "00_start_here.ipynb")
    told = "\n".join(cell.source for cell in start if cell.cell_type == "markdown")
    assert "your teacher has it" in told and "`make restore`" in told
    assert "git" not in told.split() and "<!--" not in told


@pytest.mark.parametrize("edition", ["course", "copy"])
def test_make_restore_brings_pages_back_and_keeps_mine(built, tmp_path, edition):
    """In the course from git, in the copy from what lies beside the pages."""
    folder = tmp_path / "course"
    if edition == "copy":
        shutil.copytree(built[0] / "student", folder)
    else:
        for path in [ROOT / "Makefile", *texts(ROOT), *notebooks(ROOT)]:
            (folder / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / path.relative_to(ROOT))
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "pages"]):
            subprocess.run(["git", *command], cwd=folder, check=True)
    first, second, *_ = sorted((folder / "notebooks").glob("*.ipynb"))
    words, own = (folder / "notebooks" / name for name in ("further/words.ipynb", "my_own.ipynb"))
    before = {path: path.read_bytes() for path in (first, second, words)}
    for path in (first, second, words, own):
        path.write_text(f"my work in {path.name}")
    alone = {name: value for name, value in os.environ.items() if "MAKE" not in name}

    def restore(*page):
        told = subprocess.run(
            ["make", "restore", *page], cwd=folder, env=alone, check=True, capture_output=True
        )
        (kept,) = (folder / "notebooks").glob("mine-*")
        assert f"notebooks/{kept.name}" in told.stdout.decode()
        pages = {str(p.relative_to(kept)): p.read_text() for p in kept.rglob("*.ipynb")}
        shutil.rmtree(kept)
        return pages

    kept = restore(f"PAGE={first.stem}")
    assert kept == {first.name: f"my work in {first.name}"}
    assert first.read_bytes() == before[first]
    assert second.read_text() == f"my work in {second.name}"
    for name in ("words", "further/words"):
        assert restore(f"PAGE={name}") == {"further/words.ipynb": "my work in words.ipynb"}
        assert words.read_bytes() == before[words]
        words.write_text("my work in words.ipynb")
    told = subprocess.run(
        ["make", "restore", "PAGE=nothing"], cwd=folder, env=alone, capture_output=True, text=True
    )
    assert told.returncode and "There is no page nothing. The pages: 00_start_here" in told.stderr
    assert "further/words" in told.stderr and not list(folder.glob("notebooks/mine-*"))
    first.unlink()
    shutil.rmtree(words.parent)
    kept = restore()
    assert kept[second.name] == f"my work in {second.name}" and first.name not in kept
    assert {path: path.read_bytes() for path in before} == before
    assert own.read_text() == "my work in my_own.ipynb"


# The copy, installed where the course cannot be imported ---------------------------------------

#: Import every module, load every table, look for every file that is no module.
PROBE = """
import importlib, pkgutil, sys, tomllib
from pathlib import Path
import helpers
from helpers import datasets
for module in pkgutil.walk_packages(helpers.__path__, "helpers."):
    if not module.name.startswith("helpers.data"):
        importlib.import_module(module.name)
for name in dir(datasets):
    if name.startswith("load_"):
        getattr(datasets, name)()
setup = tomllib.loads(Path(sys.argv[1], "pyproject.toml").read_text())["tool"]["setuptools"]
for file in setup["package-data"]["helpers"]:
    assert (Path(helpers.__file__).parent / file).is_file(), file
print(Path(helpers.__file__).parent.parent)
"""
#: Run every page of a folder; the working folder is another one.
RUN = """
import sys
from pathlib import Path
import nbformat
from nbclient import NotebookClient
for path in sorted(Path(sys.argv[1]).rglob("*.ipynb")):
    page = nbformat.read(path, 4)
    page.cells.append(nbformat.v4.new_code_cell("import helpers; print(helpers.__file__)"))
    NotebookClient(page, timeout=600, resources={"metadata": {"path": "."}}).execute()
    told = [o for cell in page.cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]
    assert told == [], (path.name, told)
    name = path.relative_to(sys.argv[1]).with_suffix("").as_posix()
    print(name, page.cells[-1].outputs[0].text.strip())
"""


class Place:
    """A virtual environment with the packages installed here, but not with the course."""

    def __init__(self, folder: Path, elsewhere: Path):
        self.elsewhere = elsewhere
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self.env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "VIRTUAL_ENV") and "MAKE" not in name
        } | {
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PARTIAL_POOLING_QUIET": "1",
        }
        if not self.python.exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        # A folder named in a .pth file is searched, but the .pth files in it are not followed:
        # the course, installed here in place, is not found through it.
        code = "import sysconfig; print(sysconfig.get_path('purelib'))"
        own = Path(self.run("-c", code).stdout.strip())
        here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (own / "packages.pth").write_text("\n".join(sorted(here)) + "\n")
        missing = self.run("-c", "import helpers")
        assert missing.returncode and "No module named 'helpers'" in missing.stderr, missing

    def run(self, *arguments, cwd=None) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.python, *map(str, arguments)],
            cwd=cwd or self.elsewhere,
            env=self.env,
            capture_output=True,
            text=True,
        )

    def install(self, *what, cwd=None) -> subprocess.CompletedProcess:
        command = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation")
        return self.run(*command, *what, cwd=cwd)


@pytest.fixture
def copy(built, tmp_path):
    """Return a copy of the copy, to be installed or spoilt."""
    return Path(shutil.copytree(built[0] / "student", tmp_path / "student"))


@pytest.fixture
def place(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    return Place(tmp_path / "environment", tmp_path / "elsewhere")


def works(copy: Path, place: Place) -> str:
    """Install the copy in place and probe it; return what went wrong, or nothing."""
    for told in (place.install("--editable", copy), place.run("-c", PROBE, copy)):
        if told.returncode:
            return told.stderr
    assert Path(told.stdout.strip()).resolve() == copy.resolve()
    return ""


@pytest.mark.parametrize(
    "left_out",
    [
        None,
        "helpers/answers",
        "helpers/slider.js",
        "data",
        "data/radon.csv",
    ],
)
def test_the_copy_works_where_the_course_is_not_unless_something_is_left_out(copy, place, left_out):
    if left_out is None:
        assert works(copy, place) == ""
        return
    part = copy / left_out
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    assert Path(left_out).name in works(copy, place)


def test_the_readme_of_the_copy_leads_somewhere(copy):
    targets = student.linked((copy / "README.md").read_text(encoding="utf-8"))
    assert targets and all((copy / target).exists() for target in targets)


def test_every_package_is_copied_whole(copy):
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package in packages["tool"]["setuptools"]["packages"]:
        part = "data" if package == "helpers.data" else package.replace(".", "/")
        ours = {p.name for p in (ROOT / part).iterdir() if p.is_file() and p.suffix != ".pyc"}
        theirs = {p.name for p in (copy / part).iterdir() if p.is_file()}
        assert theirs == {name for name in ours if not name.startswith(".")}


def ran(place: Place, copy: Path, home: Path) -> None:
    """Run every page from another folder, with the helpers that lie in `home`."""
    told = place.run("-c", RUN, copy / "notebooks")
    assert told.returncode == 0, told.stderr[-3000:]
    lines = dict(line.split(" ", 1) for line in told.stdout.splitlines())
    assert list(lines) == sorted(PAGES)
    for name, file in lines.items():
        assert home.resolve() in Path(file).resolve().parents, name


@pytest.mark.long
def test_every_page_runs_with_the_copy_installed_by_its_own_readme(copy, tmp_path):
    """The commands are the README's, in the copy's folder; nothing is fetched.

    The locked packages are seen through the .pth file, so pip has none of them to install. A venv
    with a pip of its own may bring an older setuptools, which would stand before the locked one.
    """
    readme = (copy / "README.md").read_text(encoding="utf-8")
    without_make = readme[readme.index("## Without make") :]
    commands = re.search(r"```bash\n(.*?)```", without_make, flags=re.DOTALL)[1].splitlines()
    make, *steps, lab = [shlex.split(command) for command in commands]
    assert make == ["python3", "-m", "venv", ".venv"]
    assert lab[:3] == [".venv/bin/python", "-m", "jupyterlab"]
    subprocess.run([sys.executable, *make[1:], "--without-pip"], cwd=copy, check=True)
    place = Place(copy / ".venv", tmp_path)
    for program, *arguments in [*steps, [*lab, "--show-config"]]:
        assert copy / program == place.python
        told = place.run(*arguments, cwd=copy)
        assert told.returncode == 0, (arguments, told.stderr)
    ran(place, copy, copy)


@pytest.mark.long
def test_every_page_runs_with_the_copy_installed_as_a_wheel(copy, place):
    assert place.install(copy).returncode == 0
    shutil.move(copy / "helpers", copy / "not_here")
    shutil.move(copy / "data", copy / "nor_here")
    ran(place, copy, place.python.parent.parent)


def test_conda_would_install_the_copy(copy, place):
    """Conda hands what stands under `pip:` to pip, as a file in the folder of environment.yml."""
    listed = yaml.safe_load((copy / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (last,) = [one["pip"] for one in listed if isinstance(one, dict)]
    asked = copy / "condaenv.requirements.txt"
    asked.write_text("\n".join(last))
    told = place.run(
        *("-m", "pip", "install", "-U", "--no-build-isolation", "--exists-action=b", "-r", asked),
        cwd=copy,
    )
    assert told.returncode == 0, told.stderr
    assert place.run("-c", PROBE, copy).stdout.strip() == str(copy.resolve())


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
