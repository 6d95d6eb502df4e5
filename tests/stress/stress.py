"""Run every notebook again and again in changed surroundings, each time against its stored outputs.

    .venv/bin/python tests/stress/stress.py [RUNS]      (`make stress`: 20 runs)

Every run takes a fresh copy of the last commit, made read-only, and draws at random: the order of
the notebooks, the working directory, PYTHONHASHSEED, TZ, the locale (C, or one with a decimal
comma), one BLAS thread or many, HOME or none. Where the system lets a process give up its network,
it has none. A run counts only if every cell prints what is stored, compared strictly.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "site"))

import listing  # noqa: E402

ZONES = ("UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu")
#: A process with a network of its own, in which only the machine itself can be reached.
ALONE = ["unshare", "--net", "--mount", "sh", "-c"]
SETTLE = 'ip link set lo up && mount --bind -o ro "$0" "$0" && exec "$@"'


def main(runs: int) -> int:
    """Print a line for each run; return how many differed."""
    comma, alone = comma_locale(), can_be_alone()
    print(f"decimal comma: {'yes' if comma else 'no such locale here'}")
    print(f"network and writing refused by the system: {'yes' if alone else 'not allowed here'}")
    different = 0
    for number in range(1, runs + 1):
        with tempfile.TemporaryDirectory() as place:
            different += not run(number, Path(place), comma, alone)
    print(f"{runs - different} of {runs} identical")
    return different


def run(number: int, place: Path, comma: dict, alone: bool) -> bool:
    """Run all notebooks of a fresh copy once; say how, and whether all was as stored."""
    chance = random.Random(number)
    copy, elsewhere = place / "checkout", place / "elsewhere"
    subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
    subprocess.run(["chmod", "-R", "a-w", copy], check=True)
    elsewhere.mkdir()
    pages = listing.notebooks(copy)
    chance.shuffle(pages)
    changed = {
        "PYTHONHASHSEED": str(chance.randrange(2**32)),
        "TZ": chance.choice(ZONES),
        "OPENBLAS_NUM_THREADS": chance.choice(["1", "8"]),
    }
    words = comma if comma and number % 2 else {"LC_ALL": "C"}
    home = number % 3 > 0
    inside = chance.choice([elsewhere, copy, copy / "notebooks"])

    environment = {
        **os.environ,
        **changed,
        **words,
        "PARTIAL_POOLING_QUIET": "1",
        "PYTHONPATH": str(copy),
    }
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # the copy is read-only
    if not home:
        environment.pop("HOME", None)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    command += ["-p", "no:cacheprovider", "-c", copy / "pyproject.toml", "--rootdir", copy]
    command += [copy / "tests" / "test_notebook_files.py", *pages]  # it brings tests/conftest.py
    if alone:
        command = [*ALONE, SETTLE, copy, *command]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=inside, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    subprocess.run(["chmod", "-R", "u+w", copy], check=True)

    told = {**changed, **words, "HOME": "set" if home else "none", "in": inside.name}
    same = done.returncode == 0
    print(f"{number:3d} {'identical' if same else 'DIFFERENT'} {seconds:4.0f} s", told, flush=True)
    print("    order:", *map(listing.page_name, pages), "|", *summary(done.stdout), flush=True)
    if not same:
        print(done.stdout[-4000:], done.stderr[-1000:], sep="\n", flush=True)
    return same


def summary(output: str) -> list[str]:
    """What was compared and what was not, from pytest's own account."""
    return [" ".join(x.split()) for x in output.splitlines() if x.endswith(("compared", "passed"))]


def comma_locale() -> dict[str, str]:
    """Return the environment of a locale that writes 0,5: an installed one, or one made here."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
    for name in ("de_DE.utf8", "fr_FR.utf8", "es_ES.utf8"):
        if name in known:
            return {"LC_ALL": name}
    if not shutil.which("localedef"):
        return {}
    folder = Path(tempfile.mkdtemp())
    made = ["localedef", "-i", "de_DE", "-f", "UTF-8", folder / "de_DE.UTF-8"]
    if subprocess.run(made, capture_output=True).returncode:
        return {}
    return {"LC_ALL": "de_DE.UTF-8", "LOCPATH": str(folder)}


def can_be_alone() -> bool:
    """Say whether this system lets us run without a network and on a read-only folder."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            tried = subprocess.run([*ALONE, SETTLE, folder, "true"], capture_output=True)
        except FileNotFoundError:
            return False
    return tried.returncode == 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 20) > 0)
