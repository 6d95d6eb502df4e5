"""The page of words and symbols: in order, whole, and each word leads to where it comes up."""

from __future__ import annotations

import re

import pytest

from listing import texts

# Words that people search for and that no page but this one uses yet.
UNUSED = {
    *("BLUP", "fixed effect", "MCMC", "mixed model", "random effect"),
}


@pytest.fixture(scope="module")
def rows(root):
    """Return (word, meaning, link) of every row of the glossary."""
    text = (root / "notebooks/further/words.md").read_text("utf-8").split("## 2. Words")[1]
    found = re.findall(r"^\| \*\*(.+?)\*\*.*? \| (.+) \| (?:\[\d\d\]\((\S+)\))? ?\|$", text, re.M)
    assert len(found) == len(re.findall(r"^\| \*\*", text, re.M)) >= 40
    return found


def test_words_stand_in_the_order_of_the_alphabet(rows):
    words = [re.sub("[^a-z ]", "", word.lower()) for word, _, _ in rows]
    assert words == sorted(set(words))


def test_a_meaning_is_one_to_three_short_sentences(rows):
    for word, meaning, _ in rows:
        assert len(meaning.split()) <= 40, word


def test_a_word_is_used_where_its_row_leads(rows, root):
    there = {f"../{path.stem}.ipynb": path.read_text("utf-8") for path in texts(root)}
    for word, meaning, link in rows:
        if not link:
            (other,) = re.findall(r"^See \*(.+)\*\.$", meaning)
            assert other in [word for word, _, _ in rows]
        elif word not in UNUSED:
            stem = re.sub(r"(able| sampler| step)$", "", word).replace(" ", r"\s+")
            assert re.search(stem, there[link], flags=re.IGNORECASE), f"{word}: not in {link}"
