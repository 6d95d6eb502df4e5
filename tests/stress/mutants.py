"""Plant faults in the numerical modules, one at a time, and see whether their own tests notice.

    .venv/bin/python tests/stress/mutants.py [--sample N] [--seed K] [--only PATTERN] [MODULE ...]

`make mutants` tests all faults of all modules. `--sample 100` draws as many from each module, the
same ones every time unless another `--seed` is given; `--only '*centre*'` keeps to the functions
of that name.

mutmut plants the faults: a + for a -, a < for a <=, a number that is one larger, an argument or an
assignment left out. It works in a temporary copy. Each fault meets the tests of its module that
reach its function, quickest first, until one fails. What no test notices is printed, unless
MUTANTS.md, beside this file, says why it makes no difference.

Left alone, because they are text: strings, what is raised, and the functions that only write.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scipy.stats import binomtest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
#: Modules by the name that their test files share.
TESTED = {
    "normal_normal": ["normal_normal"],
    "multilevel": ["_two_level", "multilevel", "multilevel_bayes"],
    "simulate": ["simulate"],
    "gamma_poisson": ["gamma_poisson"],
    "beta_binomial": ["_beta_grid", "_beta_likelihood", "beta_binomial"],
    "mcmc": ["draws", "mcmc"],
}
MODULES = [module for modules in TESTED.values() for module in modules]
#: Topics whose long tests are left out: they take minutes, and faults by the hundred.
QUICK = {"mcmc", "simulate"}
#: A failing example is enough: nobody reads the smallest one.
NO_SHRINKING = """
from hypothesis import Phase
settings.register_profile(
    "mutants", max_examples=20, phases=[Phase.explicit, Phase.generate], **ALWAYS
)
settings.load_profile("mutants")
"""
TEXT = {"__str__", "_table", "summary_table"}
COPIED = ["helpers", "tests", "data", "notebooks", "pyproject.toml", "Makefile"]
KILLED, SURVIVED, UNREACHED = {1, 3, -24, 24, 152, 255, 36, -9, -11}, 0, {5, 33}


def main(arguments: list[str]) -> int:
    """Print the score of each module; return how many faults nothing notices or explains."""
    read = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    read.add_argument("modules", nargs="*", metavar="MODULE", choices=[*MODULES, []])
    read.add_argument("--sample", type=int, default=0, metavar="N")
    read.add_argument("--seed", type=int, default=1, metavar="K")
    read.add_argument("--only", default="*", metavar="PATTERN")
    asked = read.parse_args(arguments)
    argued, missed = explained((HERE / "MUTANTS.md").read_text(encoding="utf-8")), 0
    for topic, modules in TESTED.items():
        modules = [module for module in modules if module in (asked.modules or MODULES)]
        if not modules:
            continue
        with tempfile.TemporaryDirectory() as place:
            lay_out(topic, modules, Path(place))
            run(modules, asked, Path(place))
            found = subprocess.run(
                [sys.executable, __file__, "--changes"], cwd=place, capture_output=True, check=True
            )
        for module, faults in json.loads(found.stdout).items():
            missed += tell(module, faults, argued)
    return missed


def lay_out(topic: str, modules: list[str], place: Path) -> None:
    """Make a copy in which mutmut finds the modules, their tests and its settings."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    for module in modules:
        path = place / "helpers" / f"{module}.py"
        path.write_text(laid_bare(path.read_text(encoding="utf-8")), encoding="utf-8")
    with (place / "tests" / "strategies.py").open("a", encoding="utf-8") as strategies:
        strategies.write(NO_SHRINKING)
    tests = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(f"tests/test_*{topic}*.py"))
    settings = {
        "source_paths": ["helpers"],
        "only_mutate": [f"helpers/{module}.py" for module in modules],
        "also_copy": COPIED[2:],
        "pytest_add_cli_args_test_selection": tests,
        "pytest_add_cli_args": [
            "-m",
            "not long" if topic in QUICK else "",
            "-p",
            "no:cacheprovider",
        ],
        "timeout_constant": 2.0,
        "timeout_multiplier": 4.0,
    }
    with (place / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("\n[tool.mutmut]\n")
        project.writelines(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())


def run(modules: list[str], asked: argparse.Namespace, place: Path) -> None:
    """Run mutmut in the copy, on one core."""
    command = [sys.executable, __file__, "--inside", f"{asked.sample},{asked.seed}"]
    command += ["run", "--max-children=1"]
    patterns = [f"helpers.{module}.x*{asked.only}" for module in modules]
    with (place / "log").open("w") as log:
        done = subprocess.run([*command, *patterns], cwd=place, stdout=log, stderr=log)
    if done.returncode:
        raise SystemExit((place / "log").read_text(errors="replace")[-4000:])


def laid_bare(source: str) -> str:
    """Make the code fit for mutmut: it skips what is decorated, and it must skip what is text."""
    lines = source.split("\n")
    later = {}
    for node in ast.walk(ast.parse(source)):
        text = isinstance(node, ast.FunctionDef) and node.name in TEXT
        if text or isinstance(node, ast.Raise):
            for at in range(node.lineno - 1, node.end_lineno):
                lines[at] += "  # pragma: no mutate"
        if isinstance(node, ast.FunctionDef) and len(node.decorator_list) == 1:
            decorator = ast.unparse(node.decorator_list[0])
            if decorator in ("property", "cached_property"):  # x = property(x), behind the function
                lines[node.decorator_list[0].lineno - 1] = ""
                later[node.end_lineno] = f"    {node.name} = {decorator}({node.name})"
    return "\n".join(
        line + ("\n" + later[at] if at in later else "") for at, line in enumerate(lines, start=1)
    )


def tell(module: str, faults: dict[str, tuple], argued: dict) -> int:
    """Print the score of a module and its faults that nothing notices; return their number."""
    tested = {name: fault for name, fault in faults.items() if fault[0] is not None}
    left = {name: change for name, (code, change) in tested.items() if code not in KILLED}
    same = {name for name, change in left.items() if (module, *change) in argued}
    viable, open_ = len(tested) - len(same), len(left) - len(same)
    if viable:
        low, high = binomtest(viable - open_, viable).proportion_ci(method="wilson")
        between = f" ({low:.1%} to {high:.1%})" if len(tested) < len(faults) else ""
        print(
            f"{module:16} {1 - open_ / viable:.1%}{between}: {len(faults)} faults, "
            f"{len(tested)} tested, {viable - open_} noticed, {len(same)} without effect"
        )
    for name, change in left.items():
        if name not in same:
            print(
                f"  {name}: {tested[name][0]}\n    - `{change[0]}`: `{change[1]}` → `{change[2]}`:"
            )
    sys.stdout.flush()
    return open_


def explained(text: str) -> set[tuple[str, str, str, str]]:
    """Read (module, function, code, faulty code) from lines "- `f`: `code` → `faulty`: why"."""
    found, module = set(), ""
    for line in text.splitlines():
        if title := re.match(r"### `(\w+)`", line):
            module = title[1]
        if match := re.match(r"- `(.+?)`: `(.+?)` → `(.*?)`: .", line):
            found.add((module, *match.groups()))
    return found


# ------------------------------------------------------------------------- inside of the copy


def inside(sample: int, seed: int, arguments: list[str]) -> None:
    """Run mutmut without its faults in strings, with the quickest tests first."""
    import libcst
    import mutmut.__main__ as tool
    from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_string
    from mutmut.runners.harness import PytestRunner
    from mutmut.state import state

    words = libcst.SimpleString | libcst.FormattedString | libcst.ConcatenatedString

    def numerical(node):
        for mutant in operator_arg_removal(node):
            if not all(isinstance(a.value, words) for a in node.args if a not in mutant.args):
                yield mutant

    kept = [(of, make) for of, make in mutation_operators if make is not operator_string]
    mutation_operators[:] = [
        (of, numerical if make is operator_arg_removal else make) for of, make in kept
    ]
    usual = PytestRunner._pytest_args_regular_run

    def quickest_first(self, tests):
        return usual(self, sorted(tests, key=lambda test: (state().duration_by_test[test], test)))

    PytestRunner._pytest_args_regular_run = quickest_first
    every = tool.collect_source_file_mutation_data

    def some(**names):
        faults, files = every(**names)
        chosen = []
        for file in files.values():
            mine = [fault for fault in faults if fault[0] is file]
            chosen += random.Random(f"{seed}{file.path.stem}").sample(
                mine, min(sample or len(mine), len(mine))
            )
        return chosen, files

    tool.collect_source_file_mutation_data = some
    tool.cli(arguments)


def changes() -> None:
    """Print each module's faults as JSON: name -> outcome, and (function, code, faulty code)."""
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.utils.file_utils import walk_mutatable_files

    told = {}
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        faults = told[path.stem] = {}
        for name, code in data.exit_code_by_key.items():
            change = "", "", ""
            if code not in KILLED and code is not None:
                lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
                old, new = (
                    " ".join(" ".join(x[1:].split()) for x in lines if x[:1] == sign)
                    for sign in "-+"
                )
                function = re.sub(r"^.*\.(?:x_|xǁ)|__mutmut_\d+$", "", name).replace("ǁ", ".")
                change = function, old, new
            faults[name] = code, change
    print(json.dumps(told))


if __name__ == "__main__":
    sys.path = [place for place in sys.path if Path(place or ".").resolve() != HERE]
    if sys.argv[1:2] == ["--inside"]:
        inside(*map(int, sys.argv[2].split(",")), sys.argv[3:])
    elif sys.argv[1:2] == ["--changes"]:
        changes()
    else:
        sys.exit(main(sys.argv[1:]) > 0)
