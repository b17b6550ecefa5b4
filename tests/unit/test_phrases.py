"""Errors and help tell nothing in English to who reads Chinese: each phrase is translated."""

from __future__ import annotations

import ast
import errno
import os
import re
from collections.abc import Iterator
from functools import cache

from every_row import every_row
from house_trees import HOUSE, trees

from iptsim import codes
from iptsim.cli.help_pages import OF_ITSELF, command_help, paragraphs, program_help, sections
from iptsim.cli.learn import Action
from iptsim.cli.options import COMMANDS
from iptsim.errors import IptsimError
from iptsim.explain.catalogue import sentences
from iptsim.explain.error_words import PHRASES, error_words
from iptsim.explain.phrases import in_language, knows_phrase, phrases

_FIELD = re.compile(r"\{[^{}]*\}")
_SAYS = re.compile(r"(?:Error|^_?wrong|^_?error|_Refused|^_checked)$")
"""Calls to which a phrase is given."""
_OF_PYTHON = {"TypeError", "AttributeError", "AssertionError", "KeyError", "FileNotFoundError"}
_HOLDERS = {"message", "expected", "what"}
"""Names and keywords that hold a phrase."""
_NO_PHRASES = {"dataclass.py", "spec.py", "wording.py", "phrases.py", "mcp_tools.py"}
"""What their errors tell is for who writes code, or for an assistant that does."""
_RULE_TEXT = {"to_save"}
"""Rooms whose errors tell words of a rule, which no language changes."""


def _name(call: ast.Call) -> str:
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _bare(node: ast.expr | None) -> Iterator[str]:
    """The phrases of an expression, with `{}` for each field."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        yield "".join(parts)
    elif isinstance(node, ast.IfExp):
        yield from (*_bare(node.body), *_bare(node.orelse))


def _said(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            held = [*_messages(node)]
            yield from held if held and not _tells_facts(node) else ()
        if isinstance(node, ast.Call) and _is_error(node):
            texts = [text for each in node.args for text in _bare(each)]
            yield from texts[1:] if _tells_facts(node) else texts
        if isinstance(node, ast.keyword) and node.arg in ("expected", "why"):
            yield from _bare(node.value)
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "expected":
            yield from _bare(node.value)


def _is_error(node: ast.Call) -> bool:
    return _name(node) not in _OF_PYTHON and _SAYS.search(_name(node)) is not None


def _messages(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in _HOLDERS:
            yield from _bare(node.value)


def _tells_facts(node: ast.AST) -> bool:
    """Whether it has codes, and the sentences of all tell facts, not the message."""
    fields = (
        ("{message}", "{why}")
        if getattr(getattr(node, "func", None), "id", "") == "wrong"
        else ("{message}",)
    )
    said = [
        chinese
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and getattr(each.value, "id", "") == "codes"
        for chinese in [sentences("zh").get(getattr(codes, each.attr, ""), "{message}")]
    ]
    return bool(said) and not any(field in one for one in said for field in fields)


@cache
def _texts() -> frozenset[str]:
    """Every text of the house, with `{}` for each field, and what an operating system tells."""
    nodes = (node for tree in trees().values() for node in ast.walk(tree))
    kinds = (ast.Constant, ast.JoinedStr)
    said = {text for node in nodes if isinstance(node, kinds) for text in _bare(node)}
    helped = (text for command in COMMANDS for text in paragraphs(command))
    return frozenset({*said, *helped, *map(os.strerror, errno.errorcode)})


def _is_phrase(text: str) -> bool:
    """Words that say something, unlike a code, an option or a key."""
    return re.search(r"[a-z]{2,} (?:[a-z]|\{)|\} [a-z]{2,}", text) is not None


def _without_names(text: str) -> str:
    return _FIELD.sub("{}", text)


@cache
def _known() -> frozenset[str]:
    return frozenset(map(_without_names, phrases()))


def _is_translated(text: str) -> bool:
    said = re.sub(r"^(?:\{\}|--?\S+): ", "", text)
    return bool({text, said} & _known()) or any(
        knows_phrase(said.replace("{}", x)) for x in ("x", "")
    )


def test_each_phrase_of_an_error_is_translated() -> None:
    left = [
        f"{path.relative_to(HOUSE)}: {text}"
        for path, tree in trees().items()
        if path.name not in _NO_PHRASES and path.parent.name not in _RULE_TEXT
        for text in _said(tree)
        if _is_phrase(text) and not _is_translated(text)
    ]
    assert left == []


def test_no_translation_is_stale() -> None:
    """Beginnings and parts of a phrase count: some are put together."""
    said = _texts()
    stale = []
    for english in phrases():
        bare = _without_names(english)
        parts = [part for part in bare.split("{}") if part.strip()]
        if bare not in said and not any(all(part in text for part in parts) for text in said):
            stale.append(english)
    assert stale == []


def test_a_phrase_within_a_phrase_is_translated_too() -> None:
    told = in_language("'10.0.0.300' is not an address or prefix, such as 10.0.0.0/8", "zh")
    assert told == "“10.0.0.300” 不是地址或前缀，例如 10.0.0.0/8"
    assert in_language("what nobody said", "zh") == "what nobody said"
    assert in_language("not an address", "en") == "not an address"


# What is no English: commands, options and values that are typed as they stand.
_TYPED = re.compile(
    r"`[^`]*`|'[^']*'|--?[a-zA-Z][\w-]*|\b[A-Z][A-Z0-9_]{2,}\b|[\w./:+\[\],|@*=-]*[0-9./:|=,+][\w./:+|@*=,-]*"
)
_NAMES = frozenset(
    re.findall(
        r"\S+",
        "iptsim iptables iptables-save pcap pcapng man bash zsh fish shell root "
        "busybox json tcp udp "
        "udplite sctp icmp ah esp ipcomp hop dst route frag none mss timestamp echo request local "
        "forward out diff fwmark trace sh text auto always never save query "
        "ConfigMap Deployment Helm Istio IstioOperator Namespace Pod Server Sidecar Webhook values "
        "containerPort Pyodide Python Web",
    )
)


_OF_MESHES = frozenset(
    re.findall(
        r"\S+",
        "istio rules Istio Pod MeshConfig ConfigMap Helm init istio-cni resolv conf values "
        "nftables containerPort ztunnel istio-iptables kubelet nativeNftables podIPs dns-server "
        "istio-version backend includeInboundPorts traffic io dataplane-mode inject ambient "
        "global status pod netfilter Envoy Service sidecar",
    )
)
"""What Istio and Kubernetes call their own."""
_CALLED = {word for command in COMMANDS for word in command.split(" ")} | {*Action}
"""Commands, and what `learn` can do."""


def english_left(text: str) -> set[str]:
    """Words in Latin letters that nobody types."""
    words = set(re.findall(r"[A-Za-z][A-Za-z-]+", _TYPED.sub(" ", text)))
    return words - _NAMES - _OF_MESHES - _CALLED


@every_row("command", COMMANDS)
def test_help_is_chinese(command: str) -> None:
    assert english_left(command_help(command, "zh")) == set()


def test_help_of_the_program_is_chinese() -> None:
    assert english_left(program_help("zh")) == set()


def test_all_help_is_translated() -> None:
    told = [
        text
        for command in COMMANDS
        for text in (
            *paragraphs(command),
            *(
                what.partition(" [default")[0]
                for rows in sections(command).values()
                for _, what in rows
            ),
        )
    ]
    assert [
        text for text in [*told, *(what for _, what in OF_ITSELF)] if text not in phrases()
    ] == []


_VALUES = frozenset(
    re.findall(
        r"\S+",
        "accept add agent all ambient bridge cooked dot flowtable git install mermaid pcapy pip "
        "any hook binding blackhole blocked cat cookie dccp default exit "
        "false filter ftp gid goto hosts ifconfig ipset kube kubelet lang legacy lo localnet "
        "lookup mark nat nf nfnetlink nft only prohibit realm rp security sidecar src swarm table "
        "return tables tproxy true uid unreachable "
        "alwaysInjectSelector caBundle disabled enabled excludeInboundPorts failurePolicy "
        "hostNetwork includeInboundPorts init ip ipFamilies iptables- ipvs istiod matchConditions "
        "namespaceSelector neverInjectSelector objectSelector owner pods reinvocationPolicy rules "
        "ufw ztunnel "
        "excludeInterfaces excludeOutboundIPRanges npm pyodide excludeOutboundPorts hairpin "
        "includeOutboundIPRanges portLevelMtls ruleset runAsGroup runAsUser tls",
    )
)
"""Names of tables, settings, programs and values, which sentences name as they are."""


def test_no_sentence_has_english() -> None:
    said = {**sentences("zh"), **phrases()}
    left = {
        (code, word)
        for code, chinese in said.items()
        for word in english_left(_FIELD.sub(" ", chinese))
        if word[0].islower() and word not in _VALUES
    }
    assert left == set()


@every_row("code", [code for code in sentences("zh") if code.startswith("IPT")])
def test_an_error_with_invented_facts_is_chinese(code: str) -> None:
    """What is told in English where it arises is a phrase; the rest are values."""
    names = re.findall(r"\{(\w+)\}", sentences("zh")[code])
    facts = dict.fromkeys({*names} - {"message"}, "7") | dict.fromkeys(
        PHRASES - {"message"}, "not an address"
    )
    told = error_words(IptsimError("no dump given", code=code, **facts), "zh")
    assert {word for word in english_left(told) if word[0].islower()} <= _VALUES
