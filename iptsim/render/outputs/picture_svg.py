"""Pictures as SVG files."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.render.pictures.drawn import Picture
from iptsim.render.pictures.sheets import wide_all
from iptsim.render.pictures.svg import svg


def picture_svg(pictures: Sequence[Picture]) -> str:
    """One SVG file of all pictures, one below the other."""
    return svg(wide_all(pictures))
