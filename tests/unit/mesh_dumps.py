"""A sidecar's rules as Istio 1.10 writes them, to be spoiled by tests."""

from __future__ import annotations

HEALTHY = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:ISTIO_INBOUND - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15090 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15021 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 15020 -j RETURN
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -m owner --gid-owner 1337 -j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --gid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
"""
NO_RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
"""


def without(*words: str, text: str = HEALTHY) -> str:
    """The dump without the lines that have one of the words."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not any(word in line for word in words))


def behind(line: str, *more: str, text: str = HEALTHY) -> str:
    """The dump with more lines behind one."""
    assert f"{line}\n" in text
    return text.replace(f"{line}\n", "\n".join((line, *more, "")), 1)


def before(line: str, *more: str, text: str = HEALTHY) -> str:
    """The dump with more lines before one."""
    assert f"{line}\n" in text
    return text.replace(f"{line}\n", "\n".join((*more, line, "")), 1)


def changed(old: str, new: str, text: str = HEALTHY) -> str:
    """The dump with a part of it changed."""
    assert old in text
    return text.replace(old, new)


def added(*rules: str, chains: tuple[str, ...] = (), text: str = HEALTHY) -> str:
    """The dump with more chains and rules at its end."""
    named = "".join(f":{chain} - [0:0]\n" for chain in chains)
    told = changed(":ISTIO_INBOUND", f"{named}:ISTIO_INBOUND", text) if chains else text
    return told.replace("COMMIT\n", "".join(f"{rule}\n" for rule in rules) + "COMMIT\n")
