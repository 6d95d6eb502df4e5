"""Every folded solution, in the place of its stub: its check passes, and it prints what it says."""

from __future__ import annotations

import ast
import contextlib
import io
import warnings
from pathlib import Path

import jupytext
import pytest
from matplotlib import pyplot as plt

from listing import page_name, texts
from tests.folds import exercises

ROOT = Path(__file__).resolve().parent.parent
# Their checks never say right: letters that are kept for later, and a text that no check can read.
NEVER_RIGHT = {"0.2", "5.7"}


def passes(number: str, told: str) -> bool:
    """Say whether a check accepts an answer; in `NEVER_RIGHT`, whether it notes it."""
    start = f"Exercise {number}: "
    return (
        told.startswith(f"{start}noted.") if number in NEVER_RIGHT else told == f"{start}right.\n"
    )


def run(source: str, names: dict, where: str) -> str:
    """Run a cell as a kernel does and return all that it prints or shows."""
    body = ast.parse(source, where).body
    last = [body.pop()] if body and isinstance(body[-1], ast.Expr) else []
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), where, "exec"), names)
        exec(compile(ast.Interactive(last), where, "single"), names)
    return printed.getvalue()


def run_page(path: Path, cells: list, solutions: dict[int, str]) -> list[str]:
    """Run all cells, solutions in the places of their stubs; return what each prints or shows."""
    names, told = {"__name__": "__main__"}, []
    with warnings.catch_warnings(), plt.rc_context():
        warnings.simplefilter("ignore")  # the twin says so in a warning
        for place, cell in enumerate(cells):
            source = solutions.get(place, cell.source if cell.cell_type == "code" else "")
            told.append(run(source, names, f"{page_name(path)}, cell {place}"))
    plt.close("all")
    return told


@pytest.mark.parametrize("path", texts(ROOT), ids=page_name)
def test_solutions_pass_their_checks_and_print_what_they_say(path, monkeypatch, kidney_is_real):
    """Run the page twice: as a reader opens it, and with every exercise solved."""
    monkeypatch.setattr("IPython.display.display", lambda data, **_: print(data["text/plain"]))
    cells = jupytext.read(path).cells
    asked = exercises(cells)
    opened = run_page(path, cells, {})
    solved = run_page(path, cells, {one.stub: one.code for one in asked})
    wrong = []
    for one in asked:
        printed = solved[one.stub].rstrip("\n")
        on_kidney = "kidney-data" in cells[one.stub].metadata.get("tags", [])
        if printed != one.printed and (kidney_is_real or not on_kidney):
            wrong.append(f"{one.number} says\n{one.printed}\nand prints\n{printed}")
        if not passes(one.number, solved[one.check]):
            wrong.append(solved[one.check])
        if passes(one.number, opened[one.check]):
            wrong.append(f"{one.number} passes unanswered")
    others = set(range(len(cells))) - {place for one in asked for place in (one.stub, one.check)}
    for place in others:
        if opened[place] != solved[place]:
            wrong.append(f"this cell depends on an answer:\n{cells[place].source}")
    assert not wrong, "\n".join(wrong)


def test_a_wrong_solution_is_noticed():
    assert passes("1.4", "Exercise 1.4: right.\n") and passes("5.7", "Exercise 5.7: noted. Why.\n")
    for number, told in (("1.4", "1.4: not yet."), ("1.4", "1.5: right."), ("1.4", "1.4: noted.")):
        assert not passes(number, f"Exercise {told}\n")
    for told in ("not yet.", "no answer yet.", "right."):
        assert not passes("5.7", f"Exercise 5.7: {told}\n")
    assert run("x = 2\nx", {}, "a cell") == "2\n" and run("2;\nNone", {}, "a cell") == ""
