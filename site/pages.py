"""From stored notebooks to pages: what `conf.py` needs beyond what myst-nb does by itself."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from base64 import b64decode
from pathlib import Path

from docutils import nodes

from helpers import explore
from listing import notebooks, page_name


def copy_notebooks(root: Path, target: Path) -> None:
    """Make `target` hold exactly the pages' notebooks, touching only what changed.

    Sphinx reads only below its own folder; the notebooks live beside it. The copy is not in git.
    """
    wanted = {target / f"{page_name(path)}.ipynb": path for path in notebooks(root)}
    for stale in target.rglob("*"):
        if stale.is_file() and stale not in wanted:
            stale.unlink()
    for copy, path in wanted.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)


def copy_pictures(source: Path, target: Path) -> None:
    """Copy the pictures that pages show, to where `../images/` leads from a copied notebook."""
    target.mkdir(exist_ok=True)
    for picture in source.glob("*.png"):
        shutil.copyfile(picture, target / picture.name)


def copy_data_page(source: Path, target: Path) -> None:
    """Make a page of the data's README, so that links to it from the notebooks lead there too.

    The licences it links to come along; links to what is not on the site become plain words.
    """
    target.mkdir(exist_ok=True)

    def link(found: re.Match) -> str:
        if (source / found[2]).is_file() and "/" not in found[2]:
            shutil.copyfile(source / found[2], target / found[2])
            return found[0]
        return found[0] if found[2].startswith("http") else found[1]

    text = (source / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", link, text)
    page = target / "README.md"
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def anchor(title: str) -> str:
    """Name a heading as JupyterLab does, so that one link works in both places."""
    return title.strip().replace(" ", "-")


def fill_index(app, docname: str, source: list[str]) -> None:
    """Give the index the README's own picture and table of notebooks: one truth for both.

    Replaces the lines MAP and EXPLORABLE (pictures to touch), COVER, CONTENTS (the table) and PAGES
    (the navigation, in the table's short names). A notebook that the README does not name yet gets
    a row with its title; a row of the README whose notebook is not there yet is left out.
    """
    if docname != "index":
        return
    root = Path(app.srcdir).parent
    readme = (root / "README.md").read_text(encoding="utf-8")
    head, *rows = re.findall(r"^\| (?!-).*\|$", readme, flags=re.MULTILINE)
    rows = {
        re.search(r"\((notebooks/[^)]+)\)", row)[1]: row for row in rows if "(notebooks/" in row
    }
    pages, table = [], [head, "|---" * head.count(" |") + "|"]
    for path in notebooks(root):
        link = f"notebooks/{page_name(path)}.ipynb"
        table.append(rows.get(link, f"| [{title(path)}]({link}) | | |"))
        short = re.search(r"\[(.+?)\]", table[-1])[1]
        pages.append(f"{short} <{link.removesuffix('.ipynb')}>")
        app.env.note_dependency(str(path))
    cover = re.search(r"^!\[.*?\]\((.+?)\)\n\n\*.*?\*$", readme, flags=re.MULTILINE | re.DOTALL)
    if cover and (root / cover[1]).exists():
        cover = cover[0].replace(f"({cover[1]})", f"(../{cover[1]})")
    else:
        cover = ""
    app.env.note_dependency(str(root / "README.md"))
    raw = "```{{raw}} html\n{}\n```"
    parts = {
        "COVER": cover,
        "MAP": raw.format(explore.twin(small=True, code=False).data),
        "EXPLORABLE": raw.format(explore.weight(code=False).data),
        "CONTENTS": "\n".join(table),
        "PAGES": "\n".join(pages),
    }
    for mark, text in parts.items():
        source[0] = re.sub(f"^{mark}$", lambda _, text=text: text, source[0], flags=re.MULTILINE)


def title(path: Path) -> str:
    """Return a notebook's first heading."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    return found[1].strip() if found else path.stem


def alt_texts(path: Path) -> dict[str, str]:
    """Return the alternative texts of a notebook's figures, by the sha256 of the picture."""
    texts = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt:
                picture = b64decode("".join(output["data"]["image/png"]))
                texts[hashlib.sha256(picture).hexdigest()] = alt
    return texts


def carry_alt_text(app, doctree: nodes.document) -> None:
    """Give each figure the alternative text stored beside it (myst-nb knows one per cell only)."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    texts = alt_texts(path)
    for image in doctree.findall(nodes.image):
        alt = texts.get(Path(image["uri"]).stem)
        if alt:
            image["alt"] = alt


def link_figures(app, pagename, template, context: dict, doctree) -> None:
    """Make every figure a link to itself, so that a phone shows it in full size."""
    if pagename.startswith("notebooks/") and "body" in context:
        figure = re.compile(r'<img alt="[^"]*" src="([^"]+)" />')
        context["body"] = figure.sub(r'<a class="figure" href="\1">\g<0></a>', context["body"])


def link_explorables(app, pagename, template, context: dict, doctree) -> None:
    """Give a page with explorables one link to their shared code, in place of the code itself."""
    body = context.get("body", "")
    if 'class="pp-explore"' in body:
        code = f"<script>{explore.BUNDLE.read_text(encoding='utf-8').strip()}</script>"
        context["body"] = body.replace(code, "")
        app.add_js_file("explore.min.js")


def mend_for_screen_readers(app, pagename, template, context: dict, doctree) -> None:
    """Give empty header cells of tables no name."""
    if "body" in context:
        empty = r"<th\b[^>]*>(?:\s|<p></p>)*</th>"
        context["body"] = re.sub(empty, "<td></td>", context["body"])
