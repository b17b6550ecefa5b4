"""The site: `make docs` builds it into build/docs. Pages that the program tells are made first."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from made_pages import write_pages, write_play  # noqa: E402  # it stands beside this file

write_pages(HERE)
if write_play(HERE):
    tags.add("playground")  # type: ignore[name-defined]  # noqa: F821  # Sphinx's own

project = "iptsim"
copyright = "the iptsim authors"  # noqa: A001  # Sphinx's name
extensions = ["myst_nb"]
exclude_patterns = ["container", "man", "notebooks/sources", "**/.ipynb_checkpoints"]
nitpicky = True
# A plan's walk through its rooms is a heading of the third level below a table.
suppress_warnings = ["myst.header"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

# Notebooks keep the outputs that stand in them: tests run them.
nb_execution_mode = "off"
nb_merge_streams = True
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
# Blocks without a language are terminals and dumps.
highlight_language = "none"

html_theme = "furo"
html_title = "iptsim"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = ["made"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}

linkcheck_ignore = [r"https?://localhost", r".*OWNER.*"]
