"""Where another program's output begins below a listing: its lines are no rows, and no row's rest.

A listing has no last line of its own, so what stands right below it might be the rest of a row that
a terminal broke (`torn`). The titles and calls of the programs that people run next are not.
"""

from __future__ import annotations

from iptsim.regex import regex

_CALLED = (
    r"(?:docker|podman|crictl|nerdctl)\s+(?:ps|network|inspect|exec|run|info|version|logs|images|port)"
    r"|docker(?:-|\s+)compose\s+\w+|kubectl\s+(?:get|describe|logs|exec)"
    r"|ip\s+(?:-\S+\s+)*(?:a|ad|addr|address|r|ro|route|ru|rule|l|link|n|neigh|netns|nei|maddr)"
    r"|(?:ss|netstat|arp|ifconfig|route|ps|lsof|conntrack|tcpdump|sysctl|uname|nmap|ipset|nft|ping6?"
    r"|cat|ls|systemctl|journalctl|dmesg|traceroute|telnet|nc|curl|dig|virsh|wg|ufw|firewall-cmd"
    r"|brctl|bridge|lsmod|df|grep)(?=\s+(?:-|/|net\.|status|show|list|\d|\||<))"
)
_ALONE = r"(?:ifconfig|lsmod|route|arp|wg|exit|logout|history|lsblk|hostname)\s*$"
_PROMPT = regex(
    rf"\s*(?:(?:[$#%>❯➜]|[\w.@:~/\[\]-]{{1,80}}\s?[#$%>])\s+(?:sudo\s+)?(?:{_CALLED}|{_ALONE})"
    rf"|(?:sudo\s+)?(?:{_CALLED})\b[^()]*$)"
)
_TITLE = regex(
    r"\s*(?:CONTAINER ID\s+IMAGE|NETWORK ID\s+NAME|REPOSITORY\s+TAG|NAMES?\s{2,}[A-Z]+[A-Z -]*\s"
    r"|NAMESPACE\s+NAME|Proto\s+Recv-Q|State\s+Recv-Q|Netid\s+State|Active (?:Internet|UNIX)\b"
    r"|Kernel (?:IP |IPv6 )?(?:routing|Interface) table|Destination\s+Gateway\s|Iface\s+MTU\s"
    r"|Address\s+HWtype|bridge name\s+bridge id|USER\s+PID\s|UID\s+PID\s+PPID|PID\s+TTY\s"
    r"|COMMAND\s+PID\s+USER|UNIT\s+LOAD\s|Module\s+Size\s+Used by|Filesystem\s+\S+\s+Used"
    r"|PING \S+ \(|traceroute to |\d+: \S+: <[A-Z_,-]+>|default via \S+|interface: \w+\s*$"
    r"|\S+\s+Link encap:|\S+: flags=\d+<|tcpdump: |listening on \S+, link-type"
    r"|Linux \S+ \d+\.\d+\.|Status: (?:in)?active)"
)


# Titles of a listing, which no expression above takes, and each of which would ask them.
_LISTED = regex(r"\s*(?:Chain \S+ \(|target +prot )")


def begins_another(text: str) -> bool:
    """Whether a line is the call, or the first line of the output, of another program."""
    if not text.strip() or _LISTED.match(text) is not None:
        return False
    return _TITLE.match(text) is not None or (
        len(text) < 200 and "tables" not in text and _PROMPT.match(text) is not None
    )
