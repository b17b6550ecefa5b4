"""Pages of one file: their head, which lets nothing in from outside, their style, their parts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from iptsim.explain.catalogue import sentence
from iptsim.render.pictures.drawn import Line, Picture
from iptsim.render.pictures.folded_away import Folded, Served
from iptsim.render.pictures.shares import part_text
from iptsim.render.pictures.sheets import narrow, wide
from iptsim.render.pictures.svg import style_sheet, svg
from iptsim.render.shared.terminal import printable

_SMALLEST = 0.85
_MANY = 24
_PAGE = """
*{box-sizing:border-box}
html{color-scheme:light dark}
body{margin:0;overflow-wrap:anywhere;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans CJK SC',sans-serif}
main,header.page{max-width:1600px;margin:0 auto;padding:0 16px}
h1{font-size:1.35rem;margin:.8em 0 .4em;overflow-wrap:anywhere}
td,th{overflow-wrap:break-word}
main [style*='#2a8a4a']{color:var(--good)!important}
main [style*='#d2453a']{color:var(--bad)!important}
main [style*='#a8700a']{color:var(--unsure)!important}
h1.good{color:var(--good)}h1.bad{color:var(--bad)}h1.unsure{color:var(--unsure)}
h2{font-size:1.1rem;margin:1.4em 0 .4em}
a{color:var(--path)}
code,pre,td.rule{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',
monospace;font-size:.9em}
.skip{position:absolute;left:-999em}.skip:focus{left:8px;top:8px;background:var(--box);padding:8px}
.scroll{overflow-x:auto;border-radius:8px}.scroll:focus-visible{outline:2px solid var(--path)}
svg.ipt{display:block}svg.narrow{display:none}
details{border:1px solid var(--line);border-radius:6px;margin:.35em 0;background:var(--box)}
summary{cursor:pointer;padding:.45em .7em;overflow-wrap:anywhere}
summary:focus-visible{outline:2px solid var(--path)}
details>div{padding:0 .7em .6em;overflow-x:auto}
table.plain{border-collapse:collapse;font-size:.92rem;width:100%}
table.plain th,table.plain td{text-align:left;vertical-align:top;padding:.2em .9em .2em 0;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.dim{color:var(--dim)}
@media(max-width:720px){.wide{display:none}svg.narrow{display:block;width:100%;height:auto}
main,header.page{padding:0 8px}
table:not(.plain) tr{display:block;padding:.1em 0 .1em 2.4em}
table:not(.plain) :is(td,th){display:inline;vertical-align:baseline!important;
overflow-wrap:anywhere}
table:not(.plain) td::after{content:' '}
table:not(.plain) :is(th,td:first-child){display:inline-block;margin-left:-2.4em}
table:not(.plain) td:first-child{min-width:2.4em}}
@media print{.scroll{overflow:visible}.wide svg{max-width:100%;height:auto}.skip{display:none}}
"""


def page(title: str, lang: str, parts: Iterable[str], *, style: str = "", script: str = "") -> str:
    """A page of one file. Its policy allows nothing but its own style, and its own script.

    `parts` are HTML of our own making; everything else was escaped by who made them.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    scripts = f"script-src 'sha256-{digest}';" if script else ""
    policy = (
        f"default-src 'none';style-src 'unsafe-inline';{scripts}base-uri 'none';form-action 'none'"
    )
    code = f"<script>{script}</script>" if script else ""
    tag = "zh-CN" if lang == "zh" else "en"
    return "\n".join(
        [
            f'<!DOCTYPE html><html lang="{tag}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{shown(title)}</title>",
            f"<style>{page_style()}{style}</style></head><body>",
            *parts,
            f"{code}</body></html>",
        ]
    )


def page_style() -> str:
    """The style of every page, and of the pictures in it."""
    return style_sheet() + _PAGE


def shown(text: str) -> str:
    """A text of a dump as it may stand in a page."""
    return escape(printable(text))


def picture_parts(picture: Picture, lang: str) -> Iterator[str]:
    """The picture for screens, and for telephones."""
    name = sentence("page.picture", lang)
    broad = wide(picture, titled=False)
    # Smaller letters than that nobody reads: then it is moved sideways.
    size = f"width:100%;min-width:{broad.width * _SMALLEST:.0f}px;max-width:{broad.width:.0f}px"
    drawn = svg(broad, alone=False).replace("<svg ", f'<svg style="{size};height:auto" ', 1)
    hint = sentence("page.wide", lang)
    yield (
        f'<div class="wide scroll" tabindex="0" role="group" aria-label="{shown(name)}"'
        f' title="{shown(hint)}">{drawn}</div>'
    )
    slim = svg(narrow(picture, titled=False), alone=False).replace(
        'class="ipt"', 'class="ipt narrow"', 1
    )
    yield slim


def folded_parts(chains: Sequence[Folded], services: Sequence[Served], lang: str) -> Iterator[str]:
    """Services with their destinations, and chains whole; each opens when it is asked for."""
    told = (
        ("page.services", [_service(one, lang) for one in services]),
        ("page.folded", [_chain(one, lang) for one in chains]),
    )
    for code, parts in told:
        if not parts:
            continue
        head = f"{shown(sentence(code, lang))} ({len(parts)})"
        if len(parts) > _MANY:
            yield f"<section><details><summary><b>{head}</b></summary><div>"
            yield from (*parts, "</div></details></section>")
        else:
            yield from (f"<section><h2>{head}</h2>", *parts, "</section>")


def _service(one: Served, lang: str) -> str:
    count = sentence("picture.spread.uneven", lang, count=len(one.shares))
    if len(one.shares) == 1:
        count = sentence("picture.spread.one", lang, to=one.shares[0].to)
    head = f'<b>{shown(one.name)}</b> <code>{shown(one.when)}</code> <span class="dim">'
    rows = [(share.to, "" if share.part is None else part_text(share.part)) for share in one.shares]
    names = [sentence(f"page.{name}", lang) for name in ("to", "share")]
    summary = f"<summary>{head}{shown(count)}</span></summary>"
    return f"<details>{summary}<div>{table(names, rows)}</div></details>"


def _chain(one: Folded, lang: str) -> str:
    count = rules_counted(len(one.lines), lang)
    note = f" {shown(one.note)}" if one.note else ""
    head = (
        f'<summary><b>{shown(one.key)}</b>{note} <span class="dim">{shown(count)}</span></summary>'
    )
    return f"<details>{head}<div>{rules_table(one.lines, lang)}</div></details>"


def rules_counted(count: int, lang: str) -> str:
    """`3 rules`."""
    return sentence("picture.one" if count == 1 else "picture.several", lang, count=count)


def rules_table(lines: Sequence[Line], lang: str) -> str:
    """Rules in a table."""
    counted = any(line.count for line in lines)
    names = ["", *(sentence(f"page.{name}", lang) for name in ("asks", "does"))]
    names += [sentence("page.met", lang)] if counted else []
    rows = [
        (line.number, line.asks, line.does, *([line.count] if counted else [])) for line in lines
    ]
    return table(names, rows)


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a head."""
    head = "".join(f'<th scope="col">{shown(name)}</th>' for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td class=rule>{shown(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
