"""Each page, run with its exercises solved: solutions, facts, formulas, figures, minutes."""

from __future__ import annotations

import functools
import re
import runpy
from types import SimpleNamespace

import pytest

from tests import pages
from tests.folds import exercises

# Their checks never say right: letters that are kept for later, and a text that no check can read.
NEVER_RIGHT = {"0.2", "5.7"}
#: At most so many minutes a page; a sitting ends at `<!-- sitting -->`.
MINUTES = {
    "00_start_here": [25],
    "01_kidney_cancer": [70],
    "02_garages": [70],
    "03_radon": [45, 45],
    "further/garages": [60, 60],
    "further/kidney_cancer": [60, 60],
    "further/radon": [60, 60],
}
#: The same of pages of the first edition, until they are rewritten: they promise fewer.
FIRST_EDITION = {
    "04_rat_tumors": [230],
    "05_your_turn": [175],
}
#: Pages whose every claim has a fact; the others follow as they are rewritten.
WITH_FACTS = list(MINUTES)
#: Pages whose cells' printed numbers have a second route too.
WITH_PRINTED = [
    "00_start_here",
    "01_kidney_cancer",
    "further/kidney_cancer",
    "02_garages",
    "further/garages",
]
each_page = pytest.mark.parametrize("name", list(pages.PAGES))
each_with_facts = pytest.mark.parametrize("name", WITH_FACTS)


@functools.cache
def facts_of(name: str) -> SimpleNamespace:
    """Return what a page's table of facts defines."""
    path = pages.ROOT / "tests" / "facts" / f"{name.replace('/', '_')}.py"
    return SimpleNamespace(**runpy.run_path(path))


def passes(number: str, told: str) -> bool:
    """Say whether a check accepts an answer; in `NEVER_RIGHT`, whether it notes it."""
    noted, right = (f"Exercise {number}: {word}." for word in ("noted", "right"))
    return told.startswith(noted) if number in NEVER_RIGHT else told == f"{right}\n"


@each_page
def test_solutions_pass_their_checks_and_print_what_they_say(name, kidney_is_real):
    """Run the page once more as a reader opens it: no other cell needs an answer.

    What a stub gives (its lines without `...`) stands in the solution too.
    """
    page = pages.solved(name)
    opened = pages.run_page(pages.PAGES[name], page.cells, {}).printed
    asked, wrong = exercises(page.cells), []
    for one in asked:
        printed = page.printed[one.stub].rstrip("\n")
        on_kidney = "kidney-data" in page.cells[one.stub].metadata.get("tags", [])
        if printed != one.printed and (kidney_is_real or not on_kidney):
            wrong.append(f"{one.number} says\n{one.printed}\nand prints\n{printed}")
        if not passes(one.number, page.printed[one.check]):
            wrong.append(page.printed[one.check])
        if passes(one.number, opened[one.check]):
            wrong.append(f"{one.number} passes unanswered")
        lines = (x.partition("#")[0].rstrip() for x in page.cells[one.stub].source.splitlines())
        lost = [x for x in lines if "..." not in x and x not in one.code]
        wrong += [f"{one.number} gives {x!r}, its solution does not have it" for x in lost]
    cells = range(len(page.cells))
    for place in set(cells) - {place for one in asked for place in (one.stub, one.check)}:
        if opened[place] != page.printed[place]:
            wrong.append(f"this cell depends on an answer:\n{page.cells[place].source}")
    assert not wrong, "\n".join(wrong)


@each_with_facts
def test_the_page_says_what_is_so(name, kidney_is_real):
    """Each fact stands near its words; three in four claims of the prose have a fact."""
    module, told = facts_of(name), pages.prose(name)
    on_real = getattr(module, "ON_REAL", [])  # what only the real kidney table says
    facts = module.FACTS + (on_real if kidney_is_real else [])
    assert len(facts) <= 120
    names, covered, wrong = pages.solved(name).names, set(), []
    for fact in facts:
        missing, used = pages.unsaid(fact, told, names)
        covered |= used
        wrong += [missing] if missing else []
    claims = [(s, t) for s in told for t in s.tokens if t.claims and not s.asks]
    bare = [(s, t) for s, t in claims if id(t) not in covered]
    if len(bare) > len(claims) / 4 and (kidney_is_real or not on_real):
        listed = (f"{s.where}: {t.text} in {' '.join(x.text for x in s.tokens)}" for s, t in bare)
        wrong.append(f"{len(bare)} of {len(claims)} claims have no fact:\n" + "\n".join(listed))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", WITH_PRINTED)
def test_what_cells_print_is_what_a_second_route_gives(name, kidney_is_real):
    """Numbers in their order, each within its last digit; three in four are compared."""
    facts, told = facts_of(name), pages.outputs(name)
    if hasattr(facts, "ON_REAL") and not kidney_is_real:
        pytest.skip("the real kidney table is not here (make data)")
    wrong, numbers = [], sum(map(len, told.values()))
    for section, values in facts.PRINTED.items():
        left = iter(told[section])
        for value in values:
            value, error = value if isinstance(value, tuple) else (value, 0)
            if not any(abs(t.value - value) <= max(t.error, error) for t in left):
                wrong.append(f"section {section} prints {value} not, or not in this order")
                break
    assert not wrong, "\n".join(wrong)
    assert sum(map(len, facts.PRINTED.values())) >= 3 / 4 * numbers, told


@pytest.mark.parametrize("name", [name for name in MINUTES if name.startswith("further/")])
def test_each_section_of_a_further_page_stands_alone(name):
    """The cells before the first section, then those of one section alone."""
    page, path = pages.solved(name), pages.PAGES[name]
    starts = [i for i, cell in enumerate(page.cells) if re.match(r"## \d", cell.source)]
    assert len(starts) > 1
    before = pages.run_page(path, page.cells[: starts[0]], {}).names
    for start, end in zip(starts, [*starts[1:], len(page.cells)], strict=True):
        code = {one.stub - start: one.code for one in exercises(page.cells)}
        alone = pages.run_page(path, page.cells[start:end], code, before)
        assert alone.printed == page.printed[start:end]


@each_with_facts
def test_each_formula_has_a_twin_that_agrees(name):
    twins, page = facts_of(name).FORMULAS, pages.solved(name)
    found = pages.formulas(name)
    assert found == list(twins), f"{set(found) - set(twins)} | {set(twins) - set(found)}"
    assert not [formula for formula, twin in twins.items() if not twin(page.names)]


@each_with_facts
def test_each_figure_shows_what_its_facts_say(name):
    page, facts = pages.solved(name), facts_of(name).FIGURES
    assert len(page.figures) == len(facts), "a page draws what a fact describes, and nothing else"
    for (figure, alt, names), panels in zip(page.figures, facts, strict=True):
        wrong = pages.misdrawn(figure, names, panels)
        assert not wrong, f"{alt}\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name in pages.PAGES if name != "further/words"])
def test_minutes_are_counted(name):
    sittings = [round(sitting) for sitting in pages.minutes(pages.PAGES[name])]
    most = (MINUTES | FIRST_EDITION)[name]
    fits = len(sittings) == len(most) and all(a <= b for a, b in zip(sittings, most, strict=True))
    assert fits, f"{name}: sittings of {sittings} minutes, at most {most}"
    if name in MINUTES:
        text = pages.PAGES[name].read_text(encoding="utf-8")
        told = re.search(r"^\*\*Minutes\.\*\* (\d+)", text, flags=re.MULTILINE)[1]
        assert int(told) == 5 * round(sum(sittings) / 5)


def test_a_wrong_solution_is_noticed():
    assert passes("1.4", "Exercise 1.4: right.\n") and passes("5.7", "Exercise 5.7: noted. Why.\n")
    for number, told in (("1.4", "1.4: not yet."), ("1.4", "1.5: right."), ("1.4", "1.4: noted.")):
        assert not passes(number, f"Exercise {told}\n")
    for told in ("not yet.", "no answer yet.", "right."):
        assert not passes("5.7", f"Exercise 5.7: {told}\n")
    assert pages.run("x = 2\nx", {}, "a cell") == "2\n" and pages.run("2;\nNone", {}, "") == ""
