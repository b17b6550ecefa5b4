"""`iptsim istio rules`: the rules that a pod would get."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from iptsim import codes
from iptsim.cli.declared import Argument, option
from iptsim.cli.dump_files import read_once, refuse_no_table
from iptsim.cli.options import Lang
from iptsim.cli.output import style, tell, tell_json, tell_notes
from iptsim.dataclass import dataclass, replace
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.diff import Difference
    from iptsim.manifests.documents import Manifest
    from iptsim.mesh.rules_of_pods import Mesh, PodRules
    from iptsim.model import Dump
    from iptsim.render.shared.terminal import Style

DONE, DIFFERENT = 0, 1


class RuleForm(StrEnum):
    """How rules are written."""

    SAVE = "save"
    LIST = "list"
    JSON = "json"


class Backend(StrEnum):
    """What rules are made of."""

    IPTABLES = "iptables"
    NFT = "nft"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshOptions:
    """What is told of the mesh, and of the pod besides its manifest."""

    istio_version: Annotated[
        str | None,
        option(
            "--istio-version",
            metavar="X.Y[.Z]",
            help="Version of Istio; by default that of the proxy's image, or 1.30.",
        ),
    ] = None
    and_: Annotated[
        str | None,
        option("--and", metavar="X.Y[.Z]", help="Tell what changes from the version to this one."),
    ] = None
    mesh_config: Annotated[
        str | None,
        option(
            "--mesh-config",
            metavar="FILE",
            help="MeshConfig, bare or in its ConfigMap.",
        ),
    ] = None
    values: Annotated[
        str | None,
        option("--values", metavar="FILE", help="Values of the injector, as Helm takes them."),
    ] = None
    cni: Annotated[
        bool, option("--cni", help="istio-cni writes the rules, not an init container.")
    ] = False
    backend: Annotated[Backend, option("--backend", help="What the rules are made of.")] = (
        Backend.IPTABLES
    )
    pod: Annotated[
        str | None,
        option("--pod", metavar="NAME", help="The pod of this name, where there are several."),
    ] = None
    dns_server: Annotated[
        list[str] | None,
        option(
            "--dns-server",
            metavar="ADDRESS",
            help="A server of the pod's resolv.conf, for captured DNS.",
        ),
    ] = None
    ipv4: Annotated[bool, option("-4", help="The IPv4 rules, as by default.")] = False
    ipv6: Annotated[bool, option("-6", help="The IPv6 rules.")] = False

    @property
    def family(self) -> int:
        """4 or 6."""
        return 6 if self.ipv6 else 4


def istio_rules(
    manifest: Annotated[
        str,
        Argument(
            metavar="POD.yaml",
            help="A manifest that makes pods; - is standard input.",
            piped=True,
        ),
    ],
    *,
    asked: MeshOptions,
    to: Annotated[
        RuleForm, option("--to", help="As iptables-save, as iptables -L -n -v, or as JSON.")
    ] = RuleForm.SAVE,
    table: Annotated[
        str | None, option("-t", "--table", metavar="TABLE", help="This table alone.")
    ] = None,
    lang: Lang = None,
) -> int:
    """Write the rules that Istio would give a pod.

    What decided them is told on standard error: the version, and which setting chose the inbound
    ports. A pod that was injected is taken by its init container's arguments. With --and, exit
    code 1 where the two versions differ in effect.
    """
    _refuse_beside_nft(asked, to, table)
    read_once((manifest, asked.mesh_config, asked.values))
    question = _question(manifest, asked)
    found = question.rules()
    shown = style(lang)
    if asked.and_ is not None:
        return _compared(found, question.of(asked.and_).rules(), asked.family, to, shown)
    _tell_notes(found, shown)
    if asked.backend is Backend.NFT:
        _tell_scripts(found)
        return DONE
    answers = [(each, _only(_dump(each, asked.family), table)) for each in _unlike(found)]
    _tell(answers, to, shown)
    return DONE


def _refuse_beside_nft(asked: MeshOptions, to: RuleForm, table: str | None) -> None:
    """What asks of a script for nft what it cannot be."""
    told = {"--and": asked.and_ is not None, "--to": to is not RuleForm.SAVE, "-t": bool(table)}
    beside = next((name for name, given in told.items() if given), None)
    if asked.backend is Backend.NFT and beside is not None:
        message = f"--backend nft writes a script for nft, so there is no {beside}"
        raise UsageError(message, code=codes.NFT_SCRIPT_ALONE, option=beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked; each text was read once, for a pipe cannot be read again."""

    manifests: tuple[Manifest, ...]
    mesh: Mesh
    pod: str | None

    def of(self, version: str) -> _Question:
        """The same of another version."""
        from iptsim.mesh.istio_versions import read_version

        return replace(self, mesh=replace(self.mesh, version=read_version(version)))

    def rules(self) -> list[PodRules]:
        """Those of the pod that is named, or of all."""
        from iptsim.mesh.rules_of_pods import rules_of_pods

        found = [*rules_of_pods(self.manifests, self.mesh)]
        if self.pod is None:
            return found
        chosen = [each for each in found if self.pod in (each.pod.name, f"{each.pod}")]
        if not chosen:
            known = ", ".join(f"{each.pod}" for each in found)
            message = f"the manifest makes no pod {self.pod}, but {known}"
            raise UsageError(message, code=codes.NO_POD_OF_NAME, name=self.pod, known=known)
        return chosen


def _question(manifest: str, asked: MeshOptions) -> _Question:
    from iptsim.manifests.documents import manifests, read_text
    from iptsim.mesh.mesh_config import Told, read_mesh_config, read_values
    from iptsim.mesh.rules_of_pods import Mesh, read_servers

    config, values = asked.mesh_config, asked.values
    mesh = Mesh(
        config=Told() if config is None else read_mesh_config(read_text(config), config),
        values=Told() if values is None else read_values(read_text(values), values),
        by_cni=asked.cni,
        family=asked.family,
        native=asked.backend is Backend.NFT,
        dns_servers=read_servers(asked.dns_server or ()),
    )
    told = manifests(read_text(manifest), manifest)
    question = _Question(manifests=told, mesh=mesh, pod=asked.pod)
    return question if asked.istio_version is None else question.of(asked.istio_version)


def _dump(one: PodRules, family: int) -> Dump:
    from iptsim.mesh.pod_rule_sets import rule_set

    return rule_set(one.settings, one.version, family)


def _only(dump: Dump, table: str | None) -> Dump:
    if table is None:
        return dump
    refuse_no_table(table, dump)
    rulesets = [
        replace(each, tables=tuple(one for one in each.tables if one.name == table))
        for each in dump.rulesets
    ]
    return replace(dump, rulesets=tuple(rulesets))


def _unlike(found: Sequence[PodRules]) -> Sequence[PodRules]:
    from iptsim.mesh.rules_of_pods import are_alike

    return found[:1] if are_alike(found) else found


def _tell_notes(found: Sequence[PodRules], shown: Style) -> None:
    from iptsim.mesh.rules_of_pods import notes_of

    tell_notes(notes_of(found), shown)


def _tell_scripts(found: Sequence[PodRules]) -> None:
    from iptsim.mesh.native_rules import native_text

    told = _unlike(found)
    for one in told:
        if len(told) > 1:
            tell(f"# {one.pod}")
        tell(native_text(one.settings, one.version).rstrip("\n"))


def _tell(answers: Sequence[tuple[PodRules, Dump]], to: RuleForm, shown: Style) -> None:
    for one, dump in answers:
        if len(answers) > 1 and to is not RuleForm.JSON:
            tell(f"# {one.pod}")
        if to is RuleForm.JSON:
            from iptsim.render.outputs.ruleset_json import dump_json

            tell_json(dump_json(dump, lang=shown.lang))
        else:
            tell(_text(dump, to).rstrip("\n"))


def _text(dump: Dump, to: RuleForm) -> str:
    if to is RuleForm.LIST:
        from iptsim.render.outputs.rules_listing import rules_listing

        return "".join(map(rules_listing, dump.rulesets))
    from iptsim.dialects.writing.write import write_save

    return "".join(map(write_save, dump.rulesets))


def _compared(
    found: Sequence[PodRules], later: Sequence[PodRules], family: int, to: RuleForm, shown: Style
) -> int:
    """What changes for each pod from its version to the other."""
    from iptsim.diff import diff

    _tell_notes([*found, *later], shown)
    same = True
    for one, other in zip(found, later, strict=True):
        change = diff(_dump(one, family), _dump(other, family), briefly=to is not RuleForm.JSON)
        same = same and change.same_effect
        if len(found) > 1 and to is not RuleForm.JSON:
            tell(f"# {one.pod}")
        _tell_change(change, to, shown)
    return DONE if same else DIFFERENT


def _tell_change(change: Difference, to: RuleForm, shown: Style) -> None:
    if to is RuleForm.JSON:
        from iptsim.render.outputs.diff_json import diff_json

        tell_json(diff_json(change, lang=shown.lang))
    else:
        from iptsim.render.outputs.diff_text import diff_text

        tell(diff_text(change, shown))
