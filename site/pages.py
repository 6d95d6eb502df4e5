"""From stored notebooks to pages: what `conf.py` needs beyond what myst-nb does by itself."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from base64 import b64decode
from pathlib import Path

import nbformat
from docutils import nodes


def copy_notebooks(source: Path, target: Path) -> None:
    """Make `target` hold exactly the notebooks of `source`, touching only what changed.

    Sphinx reads only below its own folder; the notebooks live beside it. The copy is not in git.
    """
    target.mkdir(exist_ok=True)
    wanted = {path.name: path for path in source.glob("[0-9]*.ipynb")}
    for stale in target.iterdir():
        if stale.name not in wanted:
            stale.unlink()
    for name, path in wanted.items():
        copy = target / name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)


def read(text: str) -> nbformat.NotebookNode:
    """Read a notebook for myst-nb: its solutions are folded, everything else stays."""
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tags = cell.metadata.setdefault("tags", [])
        if "solution" in tags:
            tags.append("hide-cell")
            cell.metadata["mystnb"] = {
                "code_prompt_show": "Show the solution",
                "code_prompt_hide": "Hide the solution",
            }
    return notebook


def anchor(title: str) -> str:
    """Name a heading as JupyterLab does, so that one link works in both places."""
    return title.strip().replace(" ", "-")


def title_and_minutes(path: Path) -> tuple[str, str]:
    """Return a notebook's title and the minutes it asks for ("" where it names none)."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    title = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    minutes = re.search(r"(\d+)\s+minutes", text) or re.search(r"[Mm]inutes\W{1,6}(\d+)", text)
    return (title[1].strip() if title else path.stem), (minutes[1] if minutes else "")


def fill_contents(app, docname: str, source: list[str]) -> None:
    """Replace the line `CONTENTS` of the index by a table of the notebooks."""
    if docname != "index":
        return
    rows = ["| | notebook | minutes |", "|---|---|---|"]
    for path in sorted((Path(app.srcdir) / "notebooks").glob("*.ipynb")):
        title, minutes = title_and_minutes(path)
        rows.append(f"| {path.stem[:2]} | [{title}](notebooks/{path.name}) | {minutes} |")
        app.env.note_dependency(str(path))
    source[0] = re.sub(r"^CONTENTS$", lambda _: "\n".join(rows), source[0], flags=re.MULTILINE)


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


def mend_for_screen_readers(app, pagename, template, context: dict, doctree) -> None:
    """Give a folded solution its visible name, and empty header cells of tables none."""
    if "body" in context:
        body = context["body"].replace('<summary aria-label="Toggle hidden content">', "<summary>")
        context["body"] = re.sub(r"<th\b[^>]*>(?:\s|<p></p>)*</th>", "<td></td>", body)
