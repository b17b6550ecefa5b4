"""Prefixes of logs that tell themselves: no line of a dump begins with a date."""

from __future__ import annotations

from iptsim.regex import regex

_LEVEL = r"(?:trace|debug|info|warn|warning|error|fatal|TRACE|DEBUG|INFO|WARN|WARNING|ERROR)"
_STAMP = regex(
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?"
    # journalctl -o short-iso puts the host and the program behind the date.
    r"(?: [\w.-]+ [^\s\[\]:]+(?:\[\d+\]): ?"
    rf"|\s+\[?{_LEVEL}\]?:?(?:\s+|$)|[ \t]std(?:out|err)[ \t][FP](?:[ \t]|$)|[ \t]|$)"
    # journald and syslog: the date, the host, the program and its process id.
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ [^\s\[\]:]+(?:\[\d+\])?:(?: |$)"
    # Go's log.Print, with the file under log.Lshortfile.
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [\w./-]+\.go:\d+:)?(?: |$)"
    # klog, as kube-proxy and the kubelet write it.
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+:\d+\] ?"
    r"|\[pod/[^\s\]]+\] "  # kubectl logs --prefix
    r"|[A-Za-z0-9_.-]+ +\| ?"  # docker compose logs
    r"|\[\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\] "  # chats and consoles
    r"|\[ *\d+\.\d{6}\] "  # dmesg
    r"|\s*\[#\] "  # wg-quick
    r"|\s*\S+ : (?:[A-Z]+=[^;]{0,200} ; )+COMMAND="  # sudo
    r"|\{\w+=\"[^\"]*\"(?:, *\w+=\"[^\"]*\")*\} "  # Loki's labels
)
# bash -x: PS4's default, and with the script's name and line; a rule behind a plus was added.
_TRACED = regex(
    r"\++(?:[ \t]*(?:\([^()\s]{1,120}\):?|[^\s():]{0,120}:?\d+:)(?:[ \t]*\w+\(\):)?[ \t]+| +)"
    r"(?=\S)(?!-[APNI] |[:*]\S|[\w-]+ +(?:all|tcp|udp|icmp|\d+) +(?:--|-f|!f) )"
)
_MOST = 4
"""Prefixes of one line."""


def behind_stamps(text: str) -> int:
    """Where a line goes on behind every such prefix: kubectl stamps what istio stamped."""
    shift, left = 0, _MOST
    while left and (found := _STAMP.match(text, shift)):
        shift, left = found.end(), left - 1
    traced = _TRACED.match(text, shift)
    return traced.end() if traced else shift
