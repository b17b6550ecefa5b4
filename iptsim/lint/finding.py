"""What `lint` finds, as values: no sentence, no form."""

from __future__ import annotations

from enum import StrEnum

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import Place
from iptsim.model import Note
from iptsim.packet import Packet


class Level(StrEnum):
    """How much a finding matters; the words are SARIF's."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Kind(StrEnum):
    """The kinds of findings; the value is the stable code."""

    SHADOWED = codes.LINT_SHADOWED
    SHADOWED_OTHERWISE = codes.LINT_SHADOWED_OTHERWISE
    NOT_ASKED = codes.LINT_NOT_ASKED
    CONTRADICTION = codes.LINT_CONTRADICTION
    NOT_AT_HOOK = codes.LINT_NOT_AT_HOOK
    UNREFERENCED = codes.LINT_UNREFERENCED
    UNREACHED = codes.LINT_UNREACHED
    LOOP = codes.LINT_LOOP
    ABSENT = codes.LINT_ABSENT
    EMPTY = codes.LINT_EMPTY
    NO_EFFECT = codes.LINT_NO_EFFECT
    DUPLICATE = codes.LINT_DUPLICATE
    POLICY = codes.LINT_POLICY
    OTHER_TABLE = codes.LINT_OTHER_TABLE
    REFUSED_AT_HOOK = codes.LINT_REFUSED_AT_HOOK
    TO_BUILTIN = codes.LINT_TO_BUILTIN
    NEEDS_PROTOCOL = codes.LINT_NEEDS_PROTOCOL
    LACKS_OPTION = codes.LINT_LACKS_OPTION
    EXCLUSIVE_OPTIONS = codes.LINT_EXCLUSIVE_OPTIONS
    REPEATED_OPTION = codes.LINT_REPEATED_OPTION
    WRONG_VALUE = codes.LINT_WRONG_VALUE
    OTHER_FAMILY = codes.LINT_OTHER_FAMILY
    NO_POLICY = codes.LINT_NO_POLICY
    UNREADABLE = codes.LINT_UNREADABLE
    SPOOFED = codes.LINT_SPOOFED
    MAY_BE_SPOOFED = codes.LINT_MAY_BE_SPOOFED
    MESH_SWAPPED = codes.MESH_SWAPPED
    MESH_MIXED = codes.MESH_MIXED
    MESH_DOUBLED = codes.MESH_DOUBLED
    MESH_INIT_AND_CNI = codes.MESH_INIT_AND_CNI
    MESH_BOTH_LISTS = codes.MESH_BOTH_LISTS
    MESH_NOT_CAPTURED = codes.MESH_NOT_CAPTURED
    MESH_LOOP = codes.MESH_LOOP
    MESH_OTHERS_FIRST = codes.MESH_OTHERS_FIRST
    MESH_NOTHING_JUMPS = codes.MESH_NOTHING_JUMPS
    MESH_IPV6_OPEN = codes.MESH_IPV6_OPEN
    MESH_TWO_BACK_ENDS = codes.MESH_TWO_BACK_ENDS
    MESH_UNKNOWN_CHAIN = codes.MESH_UNKNOWN_CHAIN
    MESH_TWO_MODES = codes.MESH_TWO_MODES
    MESH_OTHER_USER = codes.MESH_OTHER_USER
    DOCKER_BEFORE_UFW = codes.MESH_DOCKER_BEFORE_UFW
    DOCKER_DROPS_OTHERS = codes.MESH_DOCKER_DROPS_OTHERS
    TWO_KUBE_PROXIES = codes.MESH_TWO_KUBE_PROXIES
    TWO_CNIS = codes.MESH_TWO_CNIS

    @property
    def level(self) -> Level:
        """A rule that does not do what it says is an error; what is merely idle is a note."""
        if self in _ERRORS:
            return Level.ERROR
        return Level.NOTE if self in _NOTES else Level.WARNING


REFUSED = frozenset(
    {
        Kind.OTHER_TABLE, Kind.REFUSED_AT_HOOK, Kind.TO_BUILTIN, Kind.NEEDS_PROTOCOL,
        Kind.LACKS_OPTION, Kind.EXCLUSIVE_OPTIONS, Kind.REPEATED_OPTION, Kind.WRONG_VALUE,
        Kind.OTHER_FAMILY,
    }
)  # fmt: skip
"""What iptables refuses to load."""
_ERRORS = REFUSED | {
    Kind.SHADOWED_OTHERWISE, Kind.CONTRADICTION, Kind.NOT_AT_HOOK, Kind.LOOP, Kind.ABSENT,
    Kind.UNREADABLE, Kind.SPOOFED, Kind.MESH_SWAPPED, Kind.MESH_MIXED, Kind.MESH_TWO_MODES,
    Kind.MESH_INIT_AND_CNI, Kind.MESH_LOOP, Kind.MESH_NOTHING_JUMPS,
}  # fmt: skip
MESHES = frozenset(kind for kind in Kind if codes.MESH_SWAPPED <= kind.value < codes.MESH_ABSENT)
"""What `istio check` finds; the others are lint's."""
_NOTES = frozenset(
    {Kind.UNREFERENCED, Kind.EMPTY, Kind.NO_EFFECT, Kind.POLICY, Kind.MESH_UNKNOWN_CHAIN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A rule, a policy (`rule` None) or a chain (the same, without text) of a dump.

    `text` is as iptables-save writes it.
    """

    family: int
    table: str
    chain: str
    rule: int | None = None
    place: Place | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A rule that a finding speaks of besides its own.

    `deed` is what it does: a word of a trace's steps. `otherwise` is whether it decides otherwise
    than the rule of the finding would.
    """

    at: At
    deed: str
    otherwise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong or idle in a rule set, which holds for every packet.

    `others` are the rules that the proof names, in the order of the dump; `facts` fill the
    sentence in. `example` is a packet that the rule asks for, arriving at `hook`, and that one of
    the others took.
    """

    kind: Kind
    at: At
    others: tuple[Other, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    example: Packet | None = None
    hook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Whether spoofed packets come in by an interface: those from elsewhere than its `sources`.

    `finding` tells of the first rule that lets one in; None where none does, certainly.
    """

    family: int
    interface: str
    sources: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings, in the order of the dump, and what there is to tell of the reading.

    `chains` are the dump's: family, table and name of each. `passages` are of the interfaces of
    which somebody told what comes by them; their findings are among the others.
    """

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()
    chains: frozenset[tuple[int, str, str]] = frozenset()
    passages: tuple[Passage, ...] = ()
