"""Folded Markdown of a page: solutions, what they print, and the stubs they stand for."""

from __future__ import annotations

import re
from typing import NamedTuple

FOLD = re.compile(
    r"<details><summary>(?P<summary>[^<>]+)</summary>\n\n(?P<body>.+?)\n\n</details>",
    flags=re.DOTALL,
)


class Exercise(NamedTuple):
    """An exercise of a page: three cells by their places, and what its solution says."""

    number: str  # as in "4.2"
    stub: int  # place of the cell among the page's cells
    check: int
    fold: int
    code: str  # the solution
    printed: str  # what it prints, "" if nothing


def is_folded(cell) -> bool:
    """Say whether a cell holds a fold, whole or in part."""
    return cell.cell_type == "markdown" and "details>" in cell.source


def fold(cell) -> dict[str, str]:
    """Return `summary` and `body` of a cell that is one fold and nothing else."""
    found = FOLD.fullmatch(cell.source.strip())
    assert found, f"no well-formed fold in a cell of its own:\n{cell.source}"
    return found.groupdict()


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language, each without its last line break."""
    return re.findall(rf"^```{language}\n(.*?)\n```$", text, flags=re.MULTILINE | re.DOTALL)


def kind(cell) -> str:
    """Return "exercise", "check" or "fold" for the cells of an exercise, else ""."""
    tags = {"exercise", "check"} & set(cell.metadata.get("tags", []))
    folded = is_folded(cell) and fold(cell)["summary"] == "Solution"
    return tags.pop() if tags else "fold" * folded


def exercises(cells: list) -> list[Exercise]:
    """Return the exercises of a page: each a stub, then one check, then one folded solution."""
    places = [place for place, cell in enumerate(cells) if kind(cell)]
    kinds = [kind(cells[place]) for place in places]
    assert kinds == ["exercise", "check", "fold"] * (len(kinds) // 3), kinds
    found = []
    for stub, check, folded in zip(*[iter(places)] * 3, strict=True):
        (number,) = re.findall(r'^check\("(\d+\.\d+)"\)$', cells[check].source, flags=re.MULTILINE)
        body = fold(cells[folded])["body"]
        (code,), printed = blocks(body, "python"), blocks(body, "text")
        assert len(printed) <= 1, f"{number}: one block says what the solution prints"
        answer = f"answer_{number.replace('.', '_')}"
        assert answer in cells[stub].source and answer in code, f"{answer} is what the check reads"
        found.append(Exercise(number, stub, check, folded, code, "".join(printed)))
    return found


def printed(cells: list) -> str:
    """Return all that a page's cells print as stored, and its solutions as their folds say."""
    stored = [output.get("text", "") for cell in cells for output in cell.get("outputs", [])]
    return "".join(stored + [one.printed + "\n" for one in exercises(cells)])
