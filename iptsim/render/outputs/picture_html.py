"""Pictures as pages of one file, with the answer in words and all that a picture folds away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iptsim.explain.catalogue import sentence
from iptsim.model import Ruleset
from iptsim.render.pictures.drawn import Picture
from iptsim.render.pictures.folded_away import folded_chains, served
from iptsim.render.pictures.pages import folded_parts, page, picture_parts, shown


def picture_html(
    pictures: Sequence[Picture],
    rulesets: Sequence[Ruleset],
    lang: str,
    *,
    answer: str = "",
    notes: Sequence[str] = (),
) -> str:
    """One page of all pictures; `rulesets` are those whose folded chains may be opened.

    `answer` is HTML of another output, which stands below the pictures.
    """
    title = pictures[0].title
    return page(title, lang, _parts(pictures, rulesets, lang, answer, notes))


def _parts(
    pictures: Sequence[Picture],
    rulesets: Sequence[Ruleset],
    lang: str,
    answer: str,
    notes: Sequence[str],
) -> Iterator[str]:
    skip = shown(sentence("page.skip", lang))
    if answer:
        yield f'<a class="skip" href="#answer">{skip}</a>'
    kind = f' class="{pictures[0].verdict}"' if pictures[0].verdict else ""
    yield f'<header class="page"><h1{kind}>{shown(pictures[0].title)}</h1></header><main>'
    for picture in pictures:
        yield from picture_parts(picture, lang)
    if answer:
        title = shown(sentence("page.answer", lang))
        yield f'<section id="answer"><h2>{title}</h2>{answer}</section>'
    for picture, ruleset in zip(pictures, rulesets, strict=False):
        chains = [*folded_chains(picture, ruleset, lang)]
        yield from folded_parts(chains, [*served(ruleset, lang)], lang)
    if notes:
        yield f'<section class="dim">{"".join(f"<p>{shown(note)}</p>" for note in notes)}</section>'
    yield "</main>"
