"""The numbers of interfaces, which a capture of several tells them by."""

from __future__ import annotations

import json
from collections.abc import Mapping

from iptsim.regex import regex

_LINE = regex(r"(?m)^(\d{1,9}): ([^\s:@]+)")


def link_names(text: str) -> Mapping[int, str]:
    """The names by number in the output of `ip addr` or `ip -j addr`; of other texts none."""
    if not text.lstrip().startswith("["):
        return {int(number): name for number, name in _LINE.findall(text)}
    try:
        links = json.loads(text)
    except ValueError:
        return {}
    told = (link for link in links if isinstance(link, dict))
    return {
        link["ifindex"]: link["ifname"] for link in told if {"ifindex", "ifname"} <= link.keys()
    }
