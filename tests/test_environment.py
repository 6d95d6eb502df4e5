"""The environment: three lists that must agree, and where `helpers` comes from."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"matplotlib": "matplotlib-base", "seaborn": "seaborn-base"}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "helpers").rglob("*.py")
    if path.stem != "__init__"
)


def declared(*extras: str) -> dict[str, str]:
    listed = list(PROJECT["dependencies"])
    for extra in extras:
        listed += PROJECT["optional-dependencies"][extra]
    return {r.name: str(r.specifier) for r in map(Requirement, listed)}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str = "requirements.lock") -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^ \\]+)", text, flags=re.MULTILINE)
    return {plain(name): version for name, version in pins}


def test_conda_lists_the_same_packages_and_bounds():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    conda = {
        r.name: str(r.specifier)
        for r in map(Requirement, [x for x in listed if isinstance(x, str)])
    }
    assert conda.pop("python") == PROJECT["requires-python"]
    assert conda.pop("pip") == ""
    assert conda == {CONDA_NAMES.get(k, k): v for k, v in declared("test").items()}
    assert [x for x in listed if isinstance(x, dict)] == [{"pip": ["--editable ."]}]


def test_the_locks_pin_every_declared_package_within_its_range():
    """What pages and tests need in the first lock, the rest in the second, nothing in both."""
    pins, more = locked(), locked("requirements-dev.lock")
    assert not set(pins) & set(more)
    extras = set(PROJECT["optional-dependencies"]) - {"test", "scale"}  # scale: test_bench.py
    for name, bounds in declared("test").items():
        assert Requirement(f"{name}{bounds}").specifier.contains(pins[name]), name
    for name, bounds in declared(*extras).items():
        assert Requirement(f"{name}{bounds}").specifier.contains((pins | more)[name]), name
    for extra in extras:
        for one in map(Requirement, PROJECT["optional-dependencies"][extra]):
            assert one.name in more, f"{one.name}: no page and no test needs it"


def test_every_declared_package_has_its_reason_in_contributing():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([a-z][a-z, -]*) \| .{5,} \|$", text, flags=re.MULTILINE)
    names = {name for row in listed for name in row.split(", ")}
    assert names == set(declared(*PROJECT["optional-dependencies"]))


LOCKS = ["requirements.lock", "requirements-dev.lock", "tests/stress/requirements.lock"]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_is_hashed_and_names_no_index(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "@ file" not in text
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.fixture(scope="module")
def installed():
    """Return what is installed here, plain name -> distribution; skip if it is not the lock's."""
    here = {plain(d.metadata["Name"]): d for d in metadata.distributions()}
    if any(name in here and here[name].version != pin for name, pin in locked().items()):
        pytest.skip("this is not the locked environment: what it holds was not compared")
    return here


def test_lock_installs_with_hashes_required(installed):
    """As `make env` asks for it. Nothing is fetched: all of it has to be here already."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--quiet"]
    command += ["--disable-pip-version-check", "--require-hashes", "-r", "requirements.lock"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.findall(r"^\t.*(?:pip install|\$\(PIP[):]).*$", text, flags=re.MULTILINE)
    assert len(lines) == text.count("$(PIP") > 0
    for line in lines:
        assert "--require-hashes" in line or "--no-deps" in line, line


@pytest.mark.parametrize("more", [[], ["requirements-dev.lock"]], ids=["first", "both"])
def test_locks_are_closed(installed, more):
    """With hashes required, a dependency that the lock leaves out would stop the installation."""
    pins = set(locked()).union(*map(locked, more))
    for name in pins & set(installed):
        for text in installed[name].requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert plain(needed.name) in pins, f"{name} needs {needed.name}"


def test_nothing_is_installed_that_the_lock_does_not_name(installed):
    pins = {*locked(), *locked("requirements-dev.lock")}
    assert set(installed) - pins <= {"pip", "partial-pooling"}


def test_every_declared_package_is_installed_within_its_range():
    for name, bounds in declared("test").items():
        assert Requirement(f"{name}{bounds}").specifier.contains(metadata.version(name)), name


def test_helpers_is_this_checkout_from_any_folder(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", "import helpers; print(helpers.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(told.stdout.strip()).resolve() == ROOT / "helpers" / "__init__.py"


@pytest.mark.parametrize("name", ["helpers", "tests"])
def test_no_installed_package_shadows_ours(name):
    """A stranger's top-level `helpers` in site-packages would be imported instead of ours."""
    owners = set(metadata.packages_distributions().get(name, []))
    assert owners <= {"partial-pooling"}, owners
    for one in metadata.distributions():  # by its files too, whatever it says of itself
        if one.metadata["Name"] == "partial-pooling":
            continue  # this checkout, installed in place
        own = {str(path) for path in one.files or [] if path.parts[0] in (name, f"{name}.py")}
        assert not own, f"{one.metadata['Name']} ships {sorted(own)[:3]}"


@pytest.mark.parametrize("module", [name for name in MODULES if ".answers." not in name])
def test_importing_helpers_is_light(module):
    heavy = ["seaborn", "pandas", "scipy.stats", "matplotlib.pyplot"]
    code = f"import sys, {module}; print([m for m in {heavy!r} if m in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.strip() == "[]", f"{module} loads {told.stdout.strip()}"


def test_make_alone_lists_every_target(targets_in):
    told = targets_in(ROOT)
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", text, flags=re.MULTILINE)).split()
    assert sorted(line.split()[1] for line in told) == sorted(phony)
    assert all(len(line.split()) > 3 for line in told), "a line each"
