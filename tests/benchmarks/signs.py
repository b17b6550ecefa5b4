"""Which systems are recognised in dumps whose writers are known: `signs.py CORPUS`.

The corpus is a folder with an INDEX.tsv (path, source, …) as `fixtures/README.md` describes; it is
no part of the project. Prints a table: of each system how many dumps are recognised rightly,
claimed wrongly, missed, and, where the folder tells versions, in how many the span holds them.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from iptsim.dialects import read_text
from iptsim.errors import IptsimError
from iptsim.knowledge import Recognised, recognised
from iptsim.knowledge.recognition import version

# What a path's writers are, by the folder or a part of the name; first fit.
WRITERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"istio-live/[^/]+/ambient", ("istio-ambient",)),
    (r"istio-live/[^/]+/cni-plugin", ("istio", "istio-cni")),
    (r"istio-live/", ("istio",)),
    (r"moby-", ("docker",)),
    (r"calico/", ("calico", "docker", "kube-proxy", "kubelet")),
    (r"sqrl_shorewall__2014", ("shorewall",)),
)
NAMED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"random_srv", ("fail2ban",)),
    (r"srvs_ufw", ("ufw",)),
    (r"config_vsrv", ("ufw", "fail2ban")),
    (r"docker_topos|bbWXHaTn", ("docker",)),
    (r"openwrt\.org", ("openwrt",)),
)
# A made-up rule set that has some of each.
EDGE = (
    ("f2b-", "fail2ban"),
    ("ISTIO_", "istio"),
    ("KUBE-SVC", "kube-proxy"),
    ("! -o docker0", "docker"),
)
# What stands in a text that a system wrote something of; else there is nothing to recognise.
TRACES = {
    "istio": r"ISTIO_|owner .*CT zone|owner .*--zone",
    "istio-ambient": r"ISTIO_",
    "istio-cni": r"ISTIO_OUTPUT(?s:.)*?(?:dpt:15020|--dport 15020)(?s:.)*",
    "docker": r"DOCKER|docker",
}


def main(corpus: Path) -> None:
    """Print the table."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    for path in _paths(corpus):
        text = (corpus / path).read_text(errors="replace")
        found = {one.name: one for one in _recognised(text)}
        wanted = _wanted(path, text)
        for name in sorted({*found, *wanted}):
            kind = _kind(name, found, wanted)
            counts[name][kind] += 1
            if kind != "right":
                wrong.append(f"{kind} {name}: {path}")
        for name in found.keys() & wanted & {"istio", "istio-ambient"}:
            holds = _holds(found[name], corpus / path)
            counts[name]["span right" if holds else "span wrong"] += 1
            if not holds:
                wrong.append(f"span {found[name].since}-{found[name].until}: {path}")
    kinds = ("right", "wrong", "missed", "span right", "span wrong")
    print(f"{'system':16}" + "".join(f"{kind:>12}" for kind in kinds))
    for name in sorted(counts):
        print(f"{name:16}" + "".join(f"{counts[name][kind]:12}" for kind in kinds))
    print(*wrong[:60], sep="\n")


def _paths(corpus: Path) -> Iterator[str]:
    for line in (corpus / "INDEX.tsv").read_text().splitlines()[1:]:
        path, _source, _licence, form, *_ = line.split("\t")
        if form != "other" and (corpus / path).is_file():
            yield path


def _recognised(text: str) -> list[Recognised]:
    try:
        dump = read_text(text)
    except IptsimError:
        return []
    return [one for ruleset in dump.rulesets for one in recognised(ruleset)]


def _wanted(path: str, text: str) -> set[str]:
    if path.startswith("edge-live"):
        return {name for sign, name in EDGE if sign in text or _listed(sign, text)}
    tables = (NAMED, WRITERS)
    fitting = (names for table in tables for part, names in table if re.search(part, path))
    wanted = next(fitting, ())
    return {name for name in wanted if re.search(TRACES.get(name, ""), text)}


def _listed(sign: str, text: str) -> bool:
    """A rule's sign as a listing with interfaces shows it."""
    return sign == "! -o docker0" and re.search(r"MASQUERADE .*!docker0", text) is not None


def _kind(name: str, found: dict[str, Recognised], wanted: set[str]) -> str:
    if name not in found:
        return "missed"
    return "right" if name in wanted else "wrong"


def _holds(found: Recognised, path: Path) -> bool:
    """Whether the span holds every version that writes these very rules."""
    versions = path.parent / "VERSIONS"
    if not versions.is_file():
        return True
    told = re.findall(r"(?<![\d.])\d+\.\d+", versions.read_text())
    minors = {each for each in told if version(each) < (9,)}
    low, high = version(found.since or "0"), version(found.until or "999")
    return all(low <= version(minor) <= high for minor in minors)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
