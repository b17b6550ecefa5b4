"""Whether the API server asks mutating webhooks at all, by its flags.

Source: k8s.io/apiserver, pkg/server/options/admission.go; pkg/kubeapiserver/options/plugins.go: the
plugin is on by default since Kubernetes 1.10.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.dataclass import dataclass
from iptsim.errors import Place
from iptsim.injection.checklist import Evidence, Sign, Step
from iptsim.regex import regex

PLUGIN = "MutatingAdmissionWebhook"
_LONGEST = 90
_ENABLE, _DISABLE, _OLD = (
    "enable-admission-plugins",
    "disable-admission-plugins",
    "admission-control",
)
_RUNTIME = "runtime-config"
_FLAG = regex(
    r"--(enable-admission-plugins|disable-admission-plugins|admission-control|runtime-config)"
    r"(?:=|\s+)[\"']?([\w,./=-]+)"
)
_DEFAULTS = regex(r"default enabled ones\s*\(([^)]*)\)")
_HELP = regex(r"--[\w-]+\s+(?:strings|stringSlice|mapStringBool|mapStringString)\b")
_WAY = "kubectl -n kube-system get pod -l component=kube-apiserver -o yaml"
_MISSPELT = regex(r"(?:Mutating|Validating)(?:Admission)?Webhooks?")
_RIGHT = (PLUGIN, "ValidatingAdmissionWebhook")
_OFF = regex(r"(?:^|,)(?:admissionregistration\.k8s\.io/v1(?:beta1)?|api/all)=false(?:,|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flag:
    name: str
    value: str
    at: Evidence

    @property
    def names(self) -> list[str]:
        return self.value.split(",")


def plugin_step(text: str | None, file: str) -> Step:
    """The step of the post's a) and b); `text` is what is told of the flags, if anything is."""
    if text is None:
        return Step(name="plugins", sign=Sign.PRESUMED, said="inject.plugins.untold", command=_WAY)
    flags, default = list(_flags(text, file)), _default(text, file)
    if not flags and default is None:
        return Step(name="plugins", sign=Sign.UNKNOWN, said="inject.plugins.none", command=_WAY)
    return _refused(flags) or _told(flags, default)


def _told(flags: list[_Flag], default: tuple[bool, Evidence] | None) -> Step:
    """Where one flag stands twice, the last counts, as in any program of Go's pflag."""
    last = {flag.name: flag for flag in flags}
    for name, sign in ((_DISABLE, Sign.NO), (_OLD, None), (_ENABLE, Sign.YES)):
        flag = last.get(name)
        if flag is None:
            continue
        named = PLUGIN in flag.names
        if name == _OLD:
            return _step(Sign.YES if named else Sign.NO, "old.on" if named else "old.off", flag.at)
        if named and sign is not None:
            return _step(sign, "on" if sign is Sign.YES else "disabled", flag.at)
    if default is not None:
        on, at = default
        return _step(Sign.YES if on else Sign.NO, "default" if on else "not", at)
    return _step(Sign.PRESUMED, "added", flags[-1].at)


def _refused(flags: list[_Flag]) -> Step | None:
    """What the API server does not start with, or without."""
    for flag in flags:
        if flag.name == _RUNTIME:
            if _OFF.search(flag.value):
                return _step(Sign.NO, "api", flag.at)
            continue
        wrong = [one for one in flag.names if one not in _RIGHT and _MISSPELT.fullmatch(one)]
        if wrong:
            return _step(Sign.NO, "misspelt", flag.at, (("word", wrong[0]),))
    return None


def _step(sign: Sign, said: str, at: Evidence, facts: tuple[tuple[str, str], ...] = ()) -> Step:
    command = "" if sign is Sign.YES else f"--enable-admission-plugins=NodeRestriction,{PLUGIN}"
    if said == "added":
        command = "kube-apiserver -h | grep enable-admission-plugins"
    return Step(
        name="plugins", sign=sign, said=f"inject.plugins.{said}", evidence=(at,),
        command="" if said == "api" else command, facts=facts,
    )  # fmt: skip


def _flags(text: str, file: str) -> Iterator[_Flag]:
    for number, line in enumerate(text.splitlines(), 1):
        for found in _FLAG.finditer(line):
            if _HELP.match(line, found.start()):
                continue
            yield _Flag(
                name=found[1], value=found[2], at=_at(line, file, number, found.start() + 1)
            )


def _default(text: str, file: str) -> tuple[bool, Evidence] | None:
    """Whether the help that the API server prints names it among those that are on."""
    joined = " ".join(text.split())
    found = _DEFAULTS.search(joined)
    if found is None:
        return None
    on = PLUGIN in [word.strip() for word in found[1].split(",")]
    for number, line in enumerate(text.splitlines(), 1):
        at = line.find("default enabled ones")
        if at >= 0:
            return on, _at(line, file, number, at + 1)
    return on, Evidence(place=Place(file=file, line=1), text="")


def _at(line: str, file: str, number: int, column: int) -> Evidence:
    """The line; of a long one what is around the plugin, else its beginning."""
    return Evidence(place=Place(file=file, line=number, column=column), text=_excerpt(line.strip()))


def _excerpt(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    start = max(0, text.find(PLUGIN) - _LONGEST // 2)
    return f"{'…' * (start > 0)}{text[start : start + _LONGEST]}…"
