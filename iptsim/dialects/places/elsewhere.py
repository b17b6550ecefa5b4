"""Commands that run in another place: `ip netns exec blue …`, `docker exec c1 …`, `ssh host2 …`.

What iptables does there changes nothing here: each container, pod, namespace and host has rules of
its own. Sources: ip-netns(8), nsenter(1), docker-exec(1), kubectl exec --help, ssh(1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from iptsim.dataclass import dataclass
from iptsim.dialects.commands.calls import PROGRAM
from iptsim.dialects.places.places import SIGNS
from iptsim.regex import regex

_WORD = regex(r"""(?:[^\s;&|"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+|;+|&&|\|\||\||&""", re.DOTALL)
_PARTS = frozenset({";", ";;", "&&", "||", "&"})
_CALLS_TABLES = regex(PROGRAM)
_SHELL = regex(r"(?:\S*/)?(?:ba|da|a|z|k)?sh")
_HEREDOC = regex(r"(?<!<)<<(?!<)-?\s*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote)")
_BEFORE = frozenset({
        "sudo", "env", "exec", "time", "nohup", "command", "timeout", "doas", "do", "then", "else",
        "if", "while", "until", "!", "root", "sshpass", "vagrant", "minikube", "gcloud", "compute",
        "PostUp", "PostDown", "up", "post-up", "RUN",
    })  # fmt: skip
# A prompt, a bullet, an option or a setting before a program: `root@a:~#`, `12.`, `IP=x`, `-u`.
_LEADING = regex(r"\W*\d*\W*|\S*[#$%>❯➜:]|\S*@\S*|\[\S*|\S*\]|-\S*|\w+=.*|/\S*|~\S*", re.DOTALL)
_MOST_BEFORE, _MOST_NESTED = 10, 4
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A command of a line and the place where it runs: '' is here.

    `start` and `end` are where what runs there stands in the line. `opens`: a shell that stays open
    there, so that the lines below run there, too; until a line `until` where the shell reads a here
    document, else until it is left. `logs`: it only shows what was printed there.
    """

    place: str
    start: int
    end: int
    opens: bool = False
    until: str = ""
    logs: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Gone:
    """A program that runs another elsewhere: where, and which of the words is what it runs."""

    place: str
    inner: int
    logs: bool = False


def parts(text: str) -> list[Part]:
    """The commands of a line with their places; empty where none runs elsewhere."""
    if len(text) > _LONGEST or not any(sign in text for sign in SIGNS):
        return []
    found = list(_parts(text, 0, len(text), "", 0))
    return found if any(each.place for each in found) else []


def _parts(text: str, start: int, end: int, place: str, depth: int) -> Iterator[Part]:
    words: list[_Word] = []
    for found in _WORD.finditer(text, start, end):
        if found[0] in _PARTS:
            yield from _command(text, words, place, depth)
            words = []
        else:
            words.append(_Word(found[0], found.start(), found.end()))
    yield from _command(text, words, place, depth)


def _command(text: str, words: Sequence[_Word], place: str, depth: int) -> Iterator[Part]:
    if not words:
        return
    here = Part(place=place, start=words[0].start, end=words[-1].end)
    gone = _gone(words)
    if gone is None:
        yield from _shell(text, words, here, depth)
        return
    there = ", ".join(filter(None, (place, gone.place)))
    inner = words[gone.inner :]
    if depth >= _MOST_NESTED or gone.logs:
        yield Part(place=there, start=here.start, end=here.end, logs=gone.logs)
    elif not inner or inner[0].text.startswith("<"):
        heredoc = _HEREDOC.search(text, words[0].start)
        until = heredoc["end"] if heredoc is not None else ""
        yield Part(place=there, start=here.start, end=here.end, opens=True, until=until)
    else:
        yield from _command(text, inner, there, depth + 1)


def _shell(text: str, words: Sequence[_Word], here: Part, depth: int) -> Iterator[Part]:
    """`sh -c '…'`, a quoted command of ssh, a shell that stays open, or any other command."""
    first = next((n for n, word in enumerate(words) if word.text not in _BEFORE), 0)
    shell = _SHELL.fullmatch(words[first].text) is not None
    quoted = next((w for w in words[first:] if _is_quoted(w.text)), None)
    asked = shell and any(re.fullmatch(r"-\w*c", word.text) for word in words[first:])
    lone = depth > 0 and quoted is words[first] if quoted is not None else False
    if quoted is not None and (asked or lone) and depth < _MOST_NESTED:
        yield from _parts(text, quoted.start + 1, quoted.end - 1, here.place, depth + 1)
    elif shell and depth and not asked:
        heredoc = _HEREDOC.search(text, here.start)
        yield Part(
            place=here.place, start=here.start, end=here.end, opens=True,
            until=heredoc["end"] if heredoc is not None else "",
        )  # fmt: skip
    else:
        yield here


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


def _gone(words: Sequence[_Word]) -> _Gone | None:
    """The first program of a command that runs another elsewhere, before any iptables."""
    texts = [word.text for word in words]
    for at, text in enumerate(texts[:_MOST_BEFORE]):
        if _CALLS_TABLES.fullmatch(text) or _SHELL.fullmatch(text):
            return None
        program = text.rpartition("/")[2]
        find = _PROGRAMS.get(program)
        found = find(texts, at) if find is not None else None
        if found is not None:
            return found
        if not _LEADING.fullmatch(text) and text not in _BEFORE:
            return None
    return None


def _behind(texts: Sequence[str], at: int, valued: frozenset[str]) -> int:
    """The first word from `at` on that is no option, nor the value of one of those named."""
    while at < len(texts) and texts[at].startswith("-"):
        if texts[at] == "--":
            return at + 1
        at += 2 if texts[at] in valued else 1
    return at


def _ip(texts: Sequence[str], at: int) -> _Gone | None:
    """`ip netns exec NAME …`; `ip vrf exec` stays in the namespace."""
    at = _behind(texts, at + 1, frozenset({"-f", "-family"}))
    if texts[at + 1 : at + 2] not in (["exec"], ["e"]) or len(texts) < at + 3:
        return None
    if texts[at] in ("netns", "net", "netn"):
        return _Gone(f"netns {_plain(texts[at + 2])}", at + 3)
    return _Gone("", at + 3) if texts[at] == "vrf" else None


def _nsenter(texts: Sequence[str], at: int) -> _Gone | None:
    """Only with `-n` (`--net`) or `-a` is the network another."""
    valued = frozenset({"-t", "--target", "-S", "--setuid", "-G", "--setgid"})
    inner = _behind(texts, at + 1, valued)
    options = texts[at + 1 : inner]
    net = next((o for o in options if re.match(r"-n|--net|-a$|--all$|-[muipUCT]*n", o)), None)
    if net is None:
        return _Gone("", inner)
    file = re.sub(r"^(?:--net(?:=|$)|-n=?)", "", net)
    if "/" in file:
        owner = re.search(r"/proc/(\w+)/", file)
        return _Gone(f"process {owner[1]}" if owner else f"netns {file.rpartition('/')[2]}", inner)
    pid = re.search(r"(?:^|\s)(?:-t|--target)[ =]?(\S+)", " ".join(options))
    return _Gone(f"process {_plain(pid[1])}" if pid else "nsenter", inner)


_VALUED = frozenset(
    {
        "-n", "--namespace", "-c", "--container", "--context", "--kubeconfig", "--cluster", "-s",
        "--server", "--as", "-e", "--env", "-u", "--user", "-w", "--workdir", "--env-file",
        "--detach-keys", "--index", "-f", "--file", "-p", "--project-name", "-H", "--host", "-l",
        "--tail", "--since", "--timeout",
    }
)  # fmt: skip


def _pods(texts: Sequence[str], at: int) -> _Gone | None:
    """`kubectl exec POD -- …`: a pod is a network namespace, whatever its containers."""
    return _client(texts, at, frozenset({"exec", "rsh", "logs"}), "pod")


def _containers(texts: Sequence[str], at: int) -> _Gone | None:
    """`docker exec C …`, `docker compose exec SERVICE …`."""
    return _client(texts, at, frozenset({"exec", "logs"}), "container")


def _client(texts: Sequence[str], at: int, verbs: frozenset[str], kind: str) -> _Gone | None:
    verb = _behind(texts, at + 1, _VALUED)
    while texts[verb : verb + 1] and texts[verb] in ("compose", "container", "kubectl"):
        verb = _behind(texts, verb + 1, _VALUED)
    if verb >= len(texts) or texts[verb] not in verbs:
        return None
    named = _behind(texts, verb + 1, _VALUED)
    if named >= len(texts):
        return None
    name = _plain(texts[named]).removeprefix("pod/").removeprefix("pods/")
    inner = _behind(texts, named + 1, _VALUED)
    space = _namespace(texts[at:inner]) if kind == "pod" else ""
    return _Gone(f"{kind} {space}{name}", inner, logs=texts[verb] == "logs")


def _namespace(texts: Sequence[str]) -> str:
    told = re.search(r"(?:^|\s)(?:-n|--namespace)[ =](\S+)", " ".join(texts))
    return f"{_plain(told[1])}/" if told is not None else ""


_SSH_VALUED = frozenset(
    {f"-{letter}" for letter in "BbcDEeFIiJLlmOopQRSWwP"} | {"--zone", "--project", "--ssh-flag"}
)


def _ssh(texts: Sequence[str], at: int) -> _Gone | None:
    """`ssh [USER@]HOST …`; options may stand behind the host, too."""
    maker = texts[at - 1] if at else ""
    named = _behind(texts, at + 1, _SSH_VALUED)
    if maker in ("vagrant", "minikube") and (
        named >= len(texts) or named > at + 1 or _is_quoted(texts[named])
    ):
        return _Gone(
            maker, next((n for n in range(at + 1, len(texts)) if _is_quoted(texts[n])), named)
        )
    if named >= len(texts) or texts[named].startswith("<"):
        return None
    inner = _behind(texts, named + 1, _SSH_VALUED - {"-c"})
    return _Gone(f"host {_plain(texts[named]).rpartition('@')[2]}", inner)


def _attach(texts: Sequence[str], at: int) -> _Gone | None:
    """`lxc-attach -n NAME -- …`."""
    inner = _behind(texts, at + 1, frozenset({"-n", "-P", "-u", "-g", "-v"}))
    named = re.search(r"(?:^|\s)(?:-n ?|--name[= ])(\S+)", " ".join(texts[at + 1 : inner]))
    return _Gone(f"container {_plain(named[1])}", inner) if named is not None else None


def _adb(texts: Sequence[str], at: int) -> _Gone | None:
    shell = _behind(texts, at + 1, frozenset({"-s", "-t", "-P", "-H"}))
    return _Gone("adb", shell + 1) if texts[shell : shell + 1] == ["shell"] else None


def _unshare(texts: Sequence[str], at: int) -> _Gone | None:
    inner = _behind(texts, at + 1, frozenset({"-S", "-G", "--setuid", "--setgid", "-R", "-w"}))
    net = any(re.match(r"--net|-[a-zA-Z]*n", each) for each in texts[at + 1 : inner])
    return _Gone("unshare" if net else "", inner)


def _plain(text: str) -> str:
    return text[1:-1] if _is_quoted(text) else text


_PROGRAMS: Mapping[str, Callable[[Sequence[str], int], _Gone | None]] = {
    "ip": _ip,
    "nsenter": _nsenter,
    **dict.fromkeys(("kubectl", "oc", "k", "k3s", "microk8s", "microk8s.kubectl"), _pods),
    **dict.fromkeys(
        (
            "docker", "podman", "nerdctl", "crictl", "lxc", "incus", "pct", "docker-compose",
            "podman-compose",
        ),
        _containers,
    ),
    "ssh": _ssh,
    "lxc-attach": _attach,
    "adb": _adb,
    "unshare": _unshare,
}  # fmt: skip
