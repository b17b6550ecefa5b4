"""What is wrong where a text is no YAML, in words that say what would be right."""

from __future__ import annotations

from typing import Any

from iptsim import codes
from iptsim.errors import DumpError
from iptsim.manifests.nodes import Source
from iptsim.regex import regex

DEEPEST = 100
"""Values within each other."""
_TEMPLATE = regex(r"\s*(?:-\s+)*(?:[\w./\"'-]+:\s+)?[^\s#\"':]*(\{\{)")
_OTHERWISE = ("it is no YAML", "YAML or JSON, as `kubectl get -o yaml` prints it")
_FROM_THE_START = ("could not find expected ':'", "unexpected end of stream", "document separator")
# What PyYAML and libyaml say, and what it comes from.
_PROBLEMS = (
    ("mapping values are not allowed", "a second ': ' in one line",
     "a value with ': ' in quotes, or the key on a line of its own"),
    ("could not find expected ':'", "a line that is neither KEY: VALUE nor below a key",
     "KEY: VALUE, indented as the keys around it"),
    ("block end", "a line that is indented as none above it",
     "as many blanks as the keys around it"),
    ("did not find expected key", "a line that is indented as none above it",
     "as many blanks as the keys around it"),
    ("did not find expected '-'", "a line that is indented as none above it",
     "as many blanks as the keys around it"),
    ("unexpected end of stream", "a quote that nothing closes", "the quote again behind the text"),
    ("document separator", "a quote that nothing closes", "the quote again behind the text"),
    ("',' or ']'", "a list in brackets that goes on otherwise", "a comma or ]"),
    ("',' or '}'", "a mapping in braces that goes on otherwise", "a comma or }"),
    ("start any token", "a sign that no bare value begins with", "the value in quotes"),
    ("escape", "a backslash in double quotes before a letter that means nothing there",
     "single quotes, or the backslash twice"),
)  # fmt: skip


def not_yaml(error: Any, source: Source) -> DumpError:
    """The error of a text that PyYAML cannot read (a `MarkedYAMLError`)."""
    mark = error.problem_mark or error.context_mark
    if error.context_mark and any(sign in error.problem for sign in _FROM_THE_START):
        mark = error.context_mark
    line = min(mark.line + 1, len(source.lines)) if mark else 1
    column = mark.column + 1 if mark and mark.line < len(source.lines) else 1
    before = source.line(line)[: column - 1]
    if "escape" in error.problem and before.endswith("\\"):
        column -= 1  # libyaml points at the backslash, Python's own reader behind it
    template = unrendered(source, line)
    if template is not None:
        return template
    if "nesting depth" in error.problem:
        return too_deep(source, line, column)
    why, expected = _words(f"{error.problem}", source.line(line)[column - 1 : column])
    return source.error(
        f"not YAML: {why}", line, column, code=codes.NOT_YAML, expected=expected, why=why
    )


def too_deep(source: Source, line: int, column: int) -> DumpError:
    """The error of values within values without end."""
    return source.error(
        f"more than {DEEPEST} values within each other", line, column,
        code=codes.MANIFEST_TOO_DEEP, expected="a manifest of a few objects", most=f"{DEEPEST}",
    )  # fmt: skip


def _words(problem: str, letter: str) -> tuple[str, str]:
    if letter == "\t":
        return "a tab where YAML takes blanks alone", "blanks"
    found = ((why, expected) for sign, why, expected in _PROBLEMS if sign in problem)
    return next(found, _OTHERWISE)


def unrendered(source: Source, last: int) -> DumpError | None:
    """The error of a Helm template, where a line up to the last has its braces as YAML."""
    for number, line in enumerate(source.lines[:last], 1):
        found = _TEMPLATE.match(line)
        if found is not None:
            return template_at(source, number, found.start(1) + 1)
    return None


def template_at(source: Source, line: int, column: int) -> DumpError:
    """The error of a Helm template that stands there."""
    return source.error(
        "this is a Helm template, and {{ }} is not filled in",
        line,
        column,
        code=codes.TEMPLATE_UNRENDERED,
        expected="what `helm template` or `kubectl get -o yaml` prints",
        length=2,
    )
