"""The site: the stored notebooks as static pages that need no server, no kernel and no network."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import pages  # noqa: E402

pages.copy_notebooks(HERE.parent, HERE / "notebooks")
pages.copy_pictures(HERE.parent / "images", HERE / "images")
pages.copy_data_page(HERE.parent / "data", HERE / "data")

project = "Partial pooling, four ways"
author = "the authors of the course"
project_copyright = "the authors of the course. Text and figures CC BY 4.0, code BSD-3-Clause"
language = "en"

extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx_copybutton"]
templates_path = ["_templates"]
exclude_patterns = ["_static", "_templates", "explorables", "mathjax"]

# The pages show what the notebooks hold: nothing is run here.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "pages.anchor"

# MathJax 3.2.2 in one file (npm package mathjax, es5/tex-svg.js): formulas are drawn as SVG, so no
# font or script comes from elsewhere.
mathjax_path = "tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}}

html_theme = "furo"
html_title = project
html_static_path = ["_static", "mathjax", "../helpers/explore.min.js"]
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_copy_source = True
html_sourcelink_suffix = ""
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
html_use_index = False
html_permalinks_icon = "#"
copybutton_selector = "div.cell_input pre, div.highlight-python pre, div.highlight-sh pre"
copybutton_exclude = ".linenos, .gp, .go"


def setup(app):
    """Hook the steps of `pages` into Sphinx's build."""
    app.connect("source-read", pages.fill_index)
    app.connect("doctree-read", pages.carry_alt_text)
    app.connect("html-page-context", pages.link_explorables)
    app.connect("html-page-context", pages.link_figures)
    app.connect("html-page-context", pages.mend_for_screen_readers)
