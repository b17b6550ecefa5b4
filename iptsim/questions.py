"""From what a user gave (options, keywords, a line of JSON) to a packet that can be.

All ways in use the same keys, those of the options with `_` for `-`, and the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError, misspelt, wrong
from iptsim.extensions.matches.tcp import read_flags
from iptsim.extensions.values.hostnames import NO_NAMES, HostNames, by_name, family_of_names
from iptsim.extensions.values.services import PROTOCOLS, SERVICES
from iptsim.extensions.values.value_types import read_number
from iptsim.packet import (
    CT_STATES,
    ECN_FLAGS,
    EXT_HEADERS,
    HOOKS,
    IN_FIRST_FRAGMENT,
    SKIPPED,
    Packet,
    option_of,
)
from iptsim.question_sets import of_nobody, sets_in
from iptsim.regex import regex
from iptsim.values import parse_address

KEYS = (
    "proto", "src", "dst", "sport", "dport", "in", "out", "tcp_flags", "icmp_type", "mark", "uid",
    "gid", "ctstate", "ttl", "tos", "length", "mac_src", "hook", "tcp_options", "tcp_mss", "spi",
    "ext_headers", "payload", "fragment",
)  # fmt: skip

_MAC = regex(r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}")
ARRIVING = ("PREROUTING", "INPUT", "FORWARD")
SENT = ("OUTPUT", "POSTROUTING")
TCP = 6
WITH_PORTS = frozenset({TCP, 17, 33, 132, 136})
ICMP_PROTOCOLS = {4: 1, 6: 58}
# IFNAMSIZ is 16 with the closing zero (include/uapi/linux/if.h).
LONGEST_INTERFACE = 15
# The whole packet: IPv4's total length; IPv6's payload length plus its header of 40 bytes.
LENGTHS = {4: (20, 65535), 6: (40, 65575)}
# AH and ESP have a security parameter index, IPComp a compression parameter index.
AH, ESP, IPCOMP = 51, 50, 108
MSS_OPTION = 1 << 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A packet, the hook where it starts (None: as the packet tells) and the `id` to answer with.

    `family` is None where nothing that was given tells whether it is IPv4 or IPv6; `packet` then
    says 4.
    """

    packet: Packet
    family: int | None = None
    hook: str | None = None
    id: Any = None


def read_packet(
    given: Mapping[str, Any], family: int | None = None, names: HostNames = NO_NAMES
) -> Question:
    """The question that texts (or numbers) by key ask; None is «not given».

    `family` is that of `-4` or `-6`; `names` are those by which a value may be asked for. Raises
    `UsageError` that names the option for an unknown key, a value out of range and a packet that
    cannot be.
    """
    texts, nobody = of_nobody(_texts(given))
    single, sets, family_told = sets_in(texts, _one, family, names.in_set(family))
    texts, named = by_name(single, family, names)
    values = {key: _READERS[key](option_of(key), text) for key, text in texts.items()}
    addresses, told = _addresses(texts, family or family_of_names(named, names))
    fields = {"in_" if key == "in" else key: value for key, value in values.items()}
    hook = fields.pop("hook", None)
    if fields.get("proto") == IPCOMP and "spi" in fields:
        fields["cpi"] = _number(16)("--spi", str(fields.pop("spi")))
    told = told or family_told or _family_of_protocol(fields.get("proto"))
    fields |= addresses | _icmp(texts, told or 4)
    if "ext_headers" in fields:
        told = _ipv6(told)
    packet = _implied(Packet(family=told or 4, names=named, sets=sets, **nobody, **fields), told)
    _refuse_impossible(packet, told, certain=family is not None)
    packet = _with_payload(packet)
    _refuse_elsewhere(packet, hook)
    return Question(packet=packet, family=told, hook=hook, id=given.get("id"))


def _one(key: str, text: str) -> int:
    return int(_READERS[key](option_of(key), text))


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in given.items():
        if key == "id" or value is None:
            continue
        if key not in KEYS:
            raise wrong(key, codes.NO_SUCH_FIELD, "a packet has no such field")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise wrong(
                option_of(key), codes.NEITHER_TEXT_NOR_NUMBER, "neither a text nor a whole number"
            )
        texts[key] = str(value) if key == "payload" else str(value).strip()
    return texts


def _addresses(texts: dict[str, str], family: int | None) -> tuple[dict[str, int], int | None]:
    """The addresses as integers, and the family they agree on."""
    found: dict[str, int] = {}
    for key in ("src", "dst"):
        if key not in texts:
            continue
        found[key], width = _address(option_of(key), texts[key])
        mine = 4 if width == 32 else 6
        if family not in (None, mine):
            raise wrong(
                option_of(key),
                codes.TWO_FAMILIES,
                f"{texts[key]} is IPv{mine}, the packet is IPv{family}",
            )
        family = mine
    return found, family


def _address(option: str, text: str) -> tuple[int, int]:
    try:
        return parse_address(text)
    except ValueError:
        raise wrong(
            option, codes.NO_ADDRESS, f"{text!r} is not an address, such as 10.0.0.7 or fd00::7"
        ) from None


def _ipv6(told: int | None) -> int:
    if told == 4:
        raise wrong(
            "--ext-headers", codes.TWO_FAMILIES, "only an IPv6 packet has extension headers"
        )
    return 6


def _family_of_protocol(proto: int | None) -> int | None:
    return next((family for family, number in ICMP_PROTOCOLS.items() if number == proto), None)


def _implied(packet: Packet, told: int | None) -> Packet:
    """Ports and flags alone mean tcp, an ICMP type alone the ICMP of the family."""
    if packet.proto is not None:
        return packet
    if packet.icmp_type is not None:
        return packet.with_(proto=ICMP_PROTOCOLS[told or 4])
    of_tcp = ("sport", "dport", "tcp_flags", "tcp_options", "tcp_mss")
    return packet.with_(proto=TCP) if packet.tells(*of_tcp) else packet


def _headers(packet: Packet) -> tuple[int, int | None]:
    """The bytes of the packet's headers without options; None for a transport without a size."""
    from iptsim.extensions.packet_bytes import layout  # noqa: PLC0415  # few packets

    return layout.IP_HEADER[packet.family], layout.transport_header(
        packet.family, packet.proto or 0
    )


def _with_payload(packet: Packet) -> Packet:
    """A payload tells how long a packet is whose headers have no options and extensions."""
    if packet.payload is None or packet.proto is None:
        return packet
    header, transport = _headers(packet)
    if transport is None:
        raise wrong(
            "--payload", codes.HAS_NONE, "only tcp, udp, udplite, sctp and icmp have one here"
        )
    if packet.tcp_options or packet.tcp_mss is not None or packet.ext_headers:
        return packet
    length = header + transport + len(packet.payload)
    if packet.length not in (None, length):
        raise wrong(
            "--length", codes.NOT_IN_RANGE, f"with its payload the packet has {length} bytes"
        )
    usual = {"tcp_options": 0} if packet.proto == TCP else {}
    _refuse_length(packet.with_(length=length), "--payload")
    return packet.with_(length=length, **usual)


def _refuse_impossible(packet: Packet, told: int | None, *, certain: bool) -> None:
    """`certain` is whether the family was asked for: then its packet may have any protocol."""
    proto = packet.proto
    for key in ("sport", "dport"):
        if packet.tells(key) and proto not in WITH_PORTS:
            raise wrong(
                option_of(key), codes.HAS_NONE, "only tcp, udp, udplite, sctp and dccp have ports"
            )
    if packet.tcp_flags is not None and proto != TCP:
        raise wrong("--tcp-flags", codes.HAS_NONE, "only tcp has flags")
    if packet.icmp_type is not None and proto not in ICMP_PROTOCOLS.values():
        raise wrong("--icmp-type", codes.HAS_NONE, "only icmp and ipv6-icmp have types")
    other = told and proto in ICMP_PROTOCOLS.values() and proto != ICMP_PROTOCOLS[told]
    if other and (packet.icmp_type is not None or not certain):
        raise wrong("--proto", codes.TWO_FAMILIES, f"IPv{told} has another ICMP")
    _refuse_fragment(packet)
    _refuse_headers(packet, told)
    _refuse_length(packet)


def _refuse_fragment(packet: Packet) -> None:
    """Only the first fragment has the transport header (xt_tcpudp.c: `if (par->fragoff)`)."""
    theirs = (*IN_FIRST_FRAGMENT, "payload")
    key = next((key for key in theirs if packet.tells(key)), None)
    if packet.fragment and key is not None:
        what = "a second or later fragment has none"
        raise wrong(option_of(key), codes.HAS_NONE, what)
    headers = packet.ext_headers
    if packet.fragment and headers is not None and not headers & EXT_HEADERS["frag"]:
        raise wrong("--ext-headers", codes.HAS_NONE, "a fragment has frag among them")


def _refuse_headers(packet: Packet, told: int | None) -> None:
    for key in ("tcp_options", "tcp_mss"):
        if getattr(packet, key) is not None and packet.proto != TCP:
            raise wrong(option_of(key), codes.HAS_NONE, "only tcp has options")
    if packet.tcp_mss is not None and not (packet.tcp_options or MSS_OPTION) & MSS_OPTION:
        raise wrong("--tcp-mss", codes.HAS_NONE, "the options that are told do not have it")
    if (packet.spi, packet.cpi) != (None, None) and packet.proto not in (AH, ESP, IPCOMP):
        raise wrong("--spi", codes.HAS_NONE, "only ah, esp and ipcomp have one; tell --proto")
    if told == 6 and packet.proto in SKIPPED:
        raise wrong("--proto", codes.HAS_NONE, "an IPv6 extension header: tell it by --ext-headers")


def _refuse_elsewhere(packet: Packet, hook: str | None) -> None:
    """What a packet cannot have at a hook (linux/netfilter.h, struct nf_hook_state; xt_owner.c)."""
    sent = next((key for key in ("uid", "gid") if packet.tells(key)), None)
    if sent and (hook in ARRIVING or packet.in_ is not None):
        raise wrong(
            option_of(sent), codes.NOT_AT_HOOK, "only a packet that this host sends has one"
        )
    if packet.in_ is not None and hook in SENT:
        raise wrong("--in", codes.NOT_AT_HOOK, f"at {hook} no packet has an incoming interface")
    if packet.out is not None and hook == "INPUT":
        raise wrong("--out", codes.NOT_AT_HOOK, "at INPUT no packet has an outgoing interface")


def _refuse_length(packet: Packet, option: str = "--length") -> None:
    if packet.length is None:
        return
    low, high = LENGTHS[packet.family]
    # What is cut off within its header no match on it ever sees (xt_tcpudp.c: hotdrop).
    low += _headers(packet)[1] or 0
    kind = f"IPv{packet.family} packet" + (" of its protocol" if packet.proto else "")
    if not low <= packet.length <= high:
        raise wrong(option, codes.NOT_IN_RANGE, f"an {kind} has {low} to {high} bytes")


def _number(bits: int) -> Callable[[str, str], int]:
    def read(option: str, text: str) -> int:
        try:
            return read_number(text, bits)
        except ValueError:
            most = (1 << bits) - 1
            raise wrong(
                option, codes.NOT_IN_RANGE, f"{text!r} is not a whole number of 0 to {most}"
            ) from None

    return read


def _user(option: str, text: str) -> int:
    """A number; root is the same one everywhere."""
    return 0 if text == "root" else _number(32)(option, text)


def _port(option: str, text: str) -> int:
    return SERVICES[text] if text in SERVICES else _named_number(option, text, 16, SERVICES)


def _proto(option: str, text: str) -> int | None:
    """A protocol by name or number; `all` and 0, as iptables has it, tell nothing."""
    name = text.lower()
    found = PROTOCOLS.get(name)
    return (_named_number(option, text, 8, PROTOCOLS) if found is None else found) or None


def _named_number(option: str, text: str, bits: int, names: Mapping[str, int]) -> int:
    """A number in place of a name; what is like a name was meant to be it."""
    try:
        return _number(bits)(option, text)
    except UsageError as error:
        raise misspelt(option, text, names) or error from None


def _interface(option: str, text: str) -> str:
    # net/core/dev.c, dev_valid_name
    if not text or len(text) > LONGEST_INTERFACE or any(c.isspace() or c in "/:" for c in text):
        raise wrong(option, codes.NOT_AN_INTERFACE, f"{text!r} is not the name of an interface")
    return text


def _one_of(names: tuple[str, ...]) -> Callable[[str, str], str]:
    def read(option: str, text: str) -> str:
        if text.upper() not in names:
            message = f"{text!r} is none of {', '.join(names)}"
            raise misspelt(option, text, names) or wrong(option, codes.NO_VALUE, message)
        return text.upper()

    return read


def _flags(option: str, text: str) -> int:
    """`SYN,ACK`, `NONE` or `ALL`, as iptables' own --tcp-flags names them, and ECE and CWR."""
    words = text.upper().split(",")
    ecn = [word for word in words if word in ECN_FLAGS]
    named = ",".join(word for word in words if word not in ECN_FLAGS)
    try:
        flags = read_flags(named) if named or not ecn else 0
    except ValueError as error:
        raise wrong(option, codes.NO_VALUE, str(error)) from None
    return flags | sum(ECN_FLAGS[name] for name in set(ecn))


def _rare(field: str) -> Callable[[str, str], Any]:
    """What reads a field that few packets are asked with."""

    def read(option: str, text: str) -> Any:
        from iptsim import rare_fields  # noqa: PLC0415  # few packets

        try:
            return getattr(rare_fields, field)(text)
        except ValueError as error:
            raise wrong(option, codes.NO_VALUE, str(error)) from None

    return read


def _icmp(texts: Mapping[str, str], family: int) -> dict[str, int | None]:
    """`8/0`, `8` or one of iptables' names, which differ between the families."""
    if "icmp_type" not in texts:
        return {}
    from iptsim.extensions.shared.icmp_types import ICMP, ICMP6, IcmpTypeValue  # noqa: PLC0415  # few

    kinds = IcmpTypeValue(table=ICMP if family == 4 else ICMP6)
    try:
        found = kinds.read([texts["icmp_type"]], family)
        if found.last is not None:
            raise ValueError
    except ValueError:
        text = texts["icmp_type"]
        raise wrong("--icmp-type", codes.NO_VALUE, f"{text!r} is not {kinds.expected}") from None
    return {"icmp_type": found.type, "icmp_code": found.code}


def _mac(option: str, text: str) -> int:
    if _MAC.fullmatch(text) is None:
        raise wrong(
            option, codes.NO_ADDRESS, f"{text!r} is not an address such as 02:42:ac:11:00:02"
        )
    return int(text.replace(":", "").replace("-", ""), 16)


def _as_text(_option: str, text: str) -> str:
    return text


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "proto": _proto,
    "src": _as_text,
    "dst": _as_text,
    "sport": _port,
    "dport": _port,
    "in": _interface,
    "out": _interface,
    "tcp_flags": _flags,
    "icmp_type": _as_text,
    "mark": _number(32),
    "uid": _user,
    "gid": _user,
    "ctstate": _one_of(CT_STATES),
    "ttl": _number(8),
    "tos": _number(8),
    "length": _number(32),
    "mac_src": _mac,
    "fragment": _number(1),
    "hook": _one_of(HOOKS),
    "tcp_options": _rare("tcp_options"),
    "tcp_mss": _number(16),
    "spi": _number(32),
    "ext_headers": _rare("ext_headers"),
    "payload": _rare("payload"),
}
