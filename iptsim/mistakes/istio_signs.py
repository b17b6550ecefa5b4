"""Signs by which rules of Istio's sidecar tell their version.

Source: istio/istio, tools/deb/istio-iptables.sh (1.0, 1.1), tools/packaging/common/
istio-iptables.sh (1.2 to 1.4), tools/istio-iptables/pkg/capture/run.go (1.5 on).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.mistakes.rule_lines import Line, Lines
from iptsim.regex import regex

NEWEST = 99
_HERE = r"! -d (?:127\.0\.0\.1/32|::1/128|\S+)"
_LO = r"(?: -o lo)?"
SIXTH = r"-s (?:127\.0\.0\.6/32|::6/128)(?: -o lo)? -j RETURN"
"""The rule for what Envoy sends on from its passthrough address: since 1.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A rule of nat that only some versions write: minor versions from `since` to `until`."""

    chain: str
    text: str
    since: int
    until: int = NEWEST


SIGNS = (
    Sign(chain="ISTIO_OUTPUT", text=rf"{_HERE}{_LO} -j ISTIO_REDIRECT", since=0, until=2),
    Sign(chain="ISTIO_OUTPUT", text=rf"{_HERE}{_LO} -j ISTIO_IN_REDIRECT", since=3, until=4),
    Sign(chain="ISTIO_OUTPUT", text=SIXTH, since=3),
    Sign(chain="ISTIO_OUTPUT", text=rf"{_HERE}{_LO} -m owner --uid-owner \d+ -j ISTIO_IN_REDIRECT",
         since=5, until=17),
    Sign(chain="ISTIO_OUTPUT",
         text=rf"{_HERE}{_LO} -p tcp -m tcp ! --dport 53 -m owner --uid-owner \d+"
              r" -j ISTIO_IN_REDIRECT",
         since=9, until=17),
    Sign(chain="ISTIO_OUTPUT",
         text=rf"{_HERE}{_LO} -p tcp -m (?:tcp ! --dport 15008|multiport ! --dports 53,15008)"
              r" -m owner --uid-owner \d+ -j ISTIO_IN_REDIRECT",
         since=18),
    Sign(chain="ISTIO_OUTPUT", text=r".*-m owner ! --[ug]id-owner \d+ -j RETURN", since=5),
    Sign(chain="ISTIO_INBOUND", text=r"-p tcp -m tcp --dport 15008 -j RETURN", since=7),
    Sign(chain="ISTIO_REDIRECT", text=r"-p tcp -m tcp --dport 53 -j REDIRECT --to-ports 15053",
         since=8, until=8),
    Sign(chain="OUTPUT", text=r"-p udp .*-j DNAT --to-destination 127\.0\.0\.1:15053", since=7,
         until=8),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A rule that is a sign."""

    sign: Sign
    line: Line


def seen(lines: Lines) -> Iterator[Seen]:
    """The rules of nat that tell a version, in the order of the signs."""
    for sign in SIGNS:
        for line in lines.chain("nat", sign.chain):
            if re.fullmatch(sign.text, line.told):
                yield Seen(sign=sign, line=line)


def span(lines: Lines) -> tuple[int, int]:
    """The minor versions that all signs allow; the first is after the last where none does."""
    found = [one.sign for one in seen(lines)]
    since = max((one.since for one in found), default=0)
    return since, min((one.until for one in found), default=NEWEST)


def version_words(since: int, until: int) -> str:
    """`1.0–1.2`, `1.5+`, `1.8`."""
    if until == NEWEST:
        return f"1.{since}+"
    return f"1.{since}" if since == until else f"1.{since}–1.{until}"


REDIRECT = regex(r"(?:-p tcp )?(?:-m tcp )?-j REDIRECT --to-ports (\d+)")


def listener(lines: Lines, chain: str) -> tuple[int, Line] | None:
    """The port that a chain redirects all of TCP to."""
    for line in lines.chain("nat", chain):
        found = REDIRECT.fullmatch(line.told)
        if found:
            return int(found[1]), line
    return None
