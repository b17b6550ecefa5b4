"""What completes calls in a shell: a script that holds every command's options.

It asks nobody: completing starts no program, and the program does not know of it. So it is written
anew where iptsim is (`source <(iptsim --show-completion bash)`), or after an update.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from iptsim import codes
from iptsim.cli.called import command_of, wrong_call
from iptsim.cli.declared import Argument, Parameter, parameters
from iptsim.cli.help_pages import HELP_ROW, OF_ITSELF, summary
from iptsim.cli.options import COMMANDS, GROUPS, HELP

SHELLS = ("bash", "zsh", "fish")
_PLACES = {
    "bash": ".local/share/bash-completion/completions/iptsim",
    "zsh": ".zfunc/_iptsim",
    "fish": ".config/fish/completions/iptsim.fish",
}
"""Where each shell looks for a user's own (zsh, where its `fpath` tells so)."""


def shell_of(words: Sequence[str]) -> str:
    """The shell that is named, or that of who asks; `UsageError` for others."""
    shell = words[0] if words else Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        option, known = "--show-completion", ", ".join(SHELLS)
        wrong_call(codes.NONE_OF_THESE, option=option, text=shell, known=known)
    return shell


def script(shell: str) -> str:
    """The script of a shell."""
    lines = {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()
    return "\n".join(lines)


def install(shell: str, lang: str) -> str:
    """Write the script where the shell finds it; a sentence that says where, and what is left."""
    from iptsim.explain.catalogue import sentence  # for this alone

    place = Path.home() / _PLACES[shell]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(script(shell) + "\n", encoding="utf-8")
    return sentence(f"word.installed.{'zsh' if shell == 'zsh' else 'other'}", lang, place=place)


def _options(command: str) -> list[Parameter]:
    found = parameters(command_of(command))
    return [one for one in found if not isinstance(one.told, Argument)]


def _own() -> list[str]:
    return [word.rstrip(",") for names, _ in OF_ITSELF for word in names.split() if word[0] == "-"]


def _bash() -> Iterator[str]:
    yield from _BASH_HEAD.format(own=" ".join(_own()), names=" ".join(_first())).splitlines()
    yield from _bash_groups()
    for command in COMMANDS:
        options = _options(command)
        yield f"    {_pattern(command)})"
        yield "      case $before in"
        for one in options:
            if one.choices:
                names, values = "|".join(one.names), " ".join(one.choices)
                yield f'        {names}) _iptsim_of "{values}"; return ;;'
        every = " ".join([name for one in options for name in one.names] + [*HELP])
        yield from ("      esac", f'      options="{every}" ;;')
    yield from _BASH_TAIL.splitlines()


def _first() -> list[str]:
    """The words that may stand first."""
    return list(dict.fromkeys(name.split(" ")[0] for name in COMMANDS))


def _second(group: str) -> list[str]:
    """The words that may follow the first of a command of two."""
    return [name.split(" ")[1] for name in COMMANDS if name.startswith(f"{group} ")]


def _pattern(command: str) -> str:
    return f"'{command}'" if " " in command else command


def _bash_groups() -> Iterator[str]:
    yield "  local called=${COMP_WORDS[1]}"
    for group in sorted(GROUPS):
        words = " ".join(_second(group))
        yield f"  if [[ $called == {group} ]]; then"
        yield f'    if ((COMP_CWORD == 2)); then _iptsim_of "{words}"; return; fi'
        yield '    called="$called ${COMP_WORDS[2]}"'
        yield "  fi"
    yield "  case $called in"
    yield '    --show-completion|--install-completion) _iptsim_of "bash zsh fish"; return ;;'


_BASH_HEAD = """\
# bash completion of iptsim
_iptsim_of() {{ COMPREPLY=($(compgen -W "$1" -- "$word")); }}
_iptsim() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options=
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    case $word in -*) _iptsim_of "{own}" ;; *) _iptsim_of "{names}" ;; esac
    return
  fi"""
_BASH_TAIL = """\
  esac
  case $word in -*) _iptsim_of "$options" ;; esac
}
complete -o bashdefault -o default -F _iptsim iptsim"""


def _zsh() -> Iterator[str]:
    yield from ("#compdef iptsim", "_iptsim() {", "  local -a commands=(")
    plain = [name for name in COMMANDS if " " not in name]
    yield from (f"    {_quoted(f'{name}:{summary(name)}')}" for name in plain)
    yield from (f"    {group}" for group in sorted(GROUPS))
    yield from ("  )", "  if ((CURRENT == 2)); then", "    _describe command commands")
    own = (f"{_zsh_name(names)}[{_bare(what)}]" for names, what in OF_ITSELF)
    yield f"    _arguments {' '.join(map(_quoted, own))}"
    yield from ("    return", "  fi", "  local called=$words[2]")
    for group in sorted(GROUPS):
        words = " ".join(_second(group))
        yield f"  if [[ $called == {group} ]]; then"
        yield f"    if ((CURRENT == 3)); then compadd {words}; return; fi"
        yield '    called="$called $words[3]"; shift words; ((CURRENT--))'
        yield "  fi"
    yield "  case $called in"
    yield "    --*-completion) compadd bash zsh fish ;;"
    for command in COMMANDS:
        specs = [_zsh_spec(name, one) for one in _options(command) for name in one.names]
        specs += [f"{name}[{_bare(HELP_ROW[1])}]" for name in HELP]
        yield f"    {_pattern(command)}) shift words; ((CURRENT--))"
        yield f"      _arguments -s {' '.join(map(_quoted, [*specs, '*:file:_files']))} ;;"
    yield from ("  esac", "}", 'if [ "$funcstack[1]" = _iptsim ]; then', '  _iptsim "$@"')
    yield from ("else", "  compdef _iptsim iptsim", "fi")


def _zsh_name(names: str) -> str:
    return names.split(" ", maxsplit=1)[0].rstrip(",")


def _zsh_spec(name: str, one: Parameter) -> str:
    several = "*" if one.value_kind[1] else ""
    told = f"{several}{name}[{_bare(one.told.help)}]"
    if one.is_flag:
        return told
    values = f"({' '.join(one.choices)})" if one.choices else "_files" * ("FILE" in one.value_name)
    return f"{told}:{one.value_name.replace(':', ' ')}:{values}"


def _bare(text: str) -> str:
    """A text without what parts a description from others in zsh."""
    return text.replace("[", "(").replace("]", ")").replace(":", "\\:")


def _fish() -> Iterator[str]:
    first = "complete -c iptsim -n __fish_use_subcommand"
    for names, what in OF_ITSELF:
        yield f"{first} {_fish_names(names.split(' ')[0:1])} -d {_quoted(what)}"
    for name in COMMANDS:
        if " " not in name:
            yield f"{first} -f -a {name} -d {_quoted(summary(name))}"
    yield from (f"{first} -f -a {group}" for group in sorted(GROUPS))
    for name in COMMANDS:
        group, _, word = name.partition(" ")
        if word:
            yield f"{_fish_seen(group)}' -f -a {word} -d {_quoted(summary(name))}"
    for command in COMMANDS:
        seen = f"{_fish_seen(*command.split(' '))}'"
        for one in _options(command):
            yield f"{seen} {_fish_names(one.names)}{_fish_value(one)} -d {_quoted(one.told.help)}"


def _fish_seen(*words: str) -> str:
    seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in words)
    return f"complete -c iptsim -n '{seen}"


def _fish_names(names: Sequence[str]) -> str:
    bare = (name.rstrip(",") for name in names)
    return " ".join(f"-l {n[2:]}" if n[:2] == "--" else f"-s {n[1:]}" for n in bare)


def _fish_value(one: Parameter) -> str:
    if one.choices:
        return f" -x -a {_quoted(' '.join(one.choices))}"
    if one.is_flag:
        return ""
    return " -r" if "FILE" in one.value_name or one.value_name == "COMMAND" else " -x"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
