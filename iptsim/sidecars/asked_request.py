"""The request that is asked for: who calls whom, and what is presumed of that."""

from __future__ import annotations

from collections.abc import Mapping

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError, wrong
from iptsim.model import Note
from iptsim.packet import Packet, option_of
from iptsim.questions import read_packet
from iptsim.values import format_address

TCP, UDP = 6, 17
_CLIENT = {4: "10.244.1.5", 6: "fd00:10:244:1::5"}
_SERVER = {4: "10.244.2.8", 6: "fd00:10:244:2::8"}
_NODE = {4: "10.244.2.1", 6: "fd00:10:244:2::1"}
_USER, _PROXY, _PORT, _PROBED = 1000, 1337, 80, 15020


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, every part of it told; `presumed` says which nobody told.

    `dst` and `dport` are what the client's application asks for, `server` and `port` the pod and
    its port that answer. `uid` and `gid` are the client's application's, `app` those of the
    server's, `proxy` the proxy's (None: as its mode has it). `node` is where the kubelet asks
    from. `itself`: both pods are one; `probe`: the kubelet asks. `app_address` is where the proxy
    reaches the application, None where its version tells.
    """

    proto: int
    family: int
    client: int
    server: int
    dst: int
    dport: int
    port: int
    uid: int
    gid: int
    app: tuple[int, int]
    proxy: tuple[int | None, int]
    node: int
    itself: bool = False
    probe: bool = False
    app_address: int | None = None
    presumed: tuple[Note, ...] = ()

    @property
    def width(self) -> int:
        """Bits of an address."""
        return 32 if self.family == 4 else 128

    def text(self, address: int) -> str:
        """An address as a text."""
        return format_address(address, self.width)

    def packet(self, **fields: int | str | None) -> Packet:
        """A packet of the request's protocol, without a mark unless one is told."""
        return Packet(family=self.family, proto=self.proto, mark=0).with_(**fields)


def read_request(
    given: Mapping[str, str | int | None],
    *,
    itself: bool = False,
    probe: bool = False,
    family: int | None = None,
) -> Request:
    """The request that texts by key ask for: `dst`, `dport`, `client_ip`, `client_uid` and so on.

    `family` is 4 or 6 where no address tells. Raises `UsageError` that names the option for what is
    no address, port, user or protocol.
    """
    return _Reading(given=given, told=family).request(itself=itself, probe=probe)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    given: Mapping[str, str | int | None]
    told: int | None

    def request(self, *, itself: bool, probe: bool) -> Request:
        proto, dport, port = self.ports(probe=probe)
        family = self.family()
        server = self.address("server_ip", family, itself=itself)
        client = server if itself else self.address("client_ip", family)
        dst = self.value("dst", "dst")
        return Request(
            proto=proto, family=family, client=client, server=server,
            dst=server if dst is None or probe else dst, dport=dport, port=port,
            uid=self.number("client_uid", "uid", _USER),
            gid=self.number("client_gid", "gid", _USER),
            app=(self.number("app_uid", "uid", _USER), self.number("app_gid", "gid", _USER)),
            proxy=(self.value("proxy_uid", "uid"), self.number("proxy_gid", "gid", _PROXY)),
            node=_parsed("src", _NODE[family]), itself=itself, probe=probe,
            app_address=self.value("app_address", "dst"),
            presumed=tuple(self.presumed(family, itself=itself, probe=probe)),
        )  # fmt: skip

    def ports(self, *, probe: bool) -> tuple[int, int, int]:
        proto = self.value("proto", "proto") or TCP
        if proto not in (TCP, UDP):
            raise wrong("--proto", codes.NO_VALUE, "a request is tcp or udp")
        dport = self.number("dport", "dport", _PROBED if probe else _PORT)
        return proto, dport, self.number("target_port", "dport", dport)

    def family(self) -> int:
        """4 unless an address, or the user, tells 6; all are of one."""
        told = {":" in str(self.given[key]) for key in _ADDRESSES if self.given.get(key)}
        told |= set() if self.told is None else {self.told == 6}
        if len(told) > 1:
            raise wrong("--dst", codes.TWO_FAMILIES, "a request is of IPv4 or of IPv6")
        return 6 if True in told else 4

    def address(self, key: str, family: int, *, itself: bool = False) -> int:
        usual = _SERVER if key == "server_ip" else _CLIENT
        told = self.value(key, "dst")
        if told is None and itself:
            told = self.value("client_ip", "dst")
        return _parsed("dst", usual[family]) if told is None else told

    def number(self, key: str, field: str, usual: int) -> int:
        told = self.value(key, field)
        return usual if told is None else told

    def value(self, key: str, field: str) -> int | None:
        """What was told, read as that field of a packet."""
        told = self.given.get(key)
        if told is None:
            return None
        try:
            return _parsed(field, told)
        except UsageError as error:
            raise _renamed(error, key) from None

    def presumed(self, family: int, *, itself: bool, probe: bool) -> list[Note]:
        usual = {"client_ip": _CLIENT[family], "server_ip": _SERVER[family]}
        untold = [key for key in usual if self.given.get(key) is None]
        if itself and len(untold) < 2:
            untold = []
        if itself or probe:
            untold = [key for key in untold if key == "server_ip"]
        notes = [
            Note(code=f"{codes.POD_ADDRESS_PRESUMED}.{key[:6]}", facts=(("address", usual[key]),))
            for key in untold
        ]
        return [*notes, *self._ports_presumed(probe=probe)]

    def _ports_presumed(self, *, probe: bool) -> list[Note]:
        port = _PROBED if probe else _PORT
        form = ".probe" if probe else ""
        if self.given.get("dport") is not None:
            return []
        return [Note(code=codes.PORT_PRESUMED + form, facts=(("port", str(port)),))]


_ADDRESSES = ("dst", "client_ip", "server_ip", "app_address")


def _parsed(field: str, text: str | int) -> int:
    given = {field: text} if field != "dport" else {"dport": text, "proto": "tcp"}
    packet = read_packet(given).packet
    found = getattr(packet, field)
    if not isinstance(found, int):
        raise wrong(option_of(field), codes.NO_VALUE, f"{text!r} is not one value")
    return found


def _renamed(error: UsageError, key: str) -> UsageError:
    """The error about a packet's option as one about the request's."""
    if "why" not in error.facts:
        return error
    return wrong(option_of(key), error.code, error.facts["why"])
