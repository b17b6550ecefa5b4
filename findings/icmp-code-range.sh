#!/usr/bin/env bash
# One expects that iptables-restore builds from what iptables-save wrote the rules that were there
# (iptables-save(8) and iptables-restore(8), DESCRIPTION). iptables takes a range of ICMP codes,
# "--icmp-type 3/0:3", loads it and lists it, "icmptype 3 codes 0-3", but saves the first code
# alone, "--icmp-type 3/0". Saved and restored, which is what most hosts do at boot, the rule no
# longer takes host, protocol and port unreachable. ip6tables does the same with "--icmpv6-type".
# Who reads a dump can't tell "3/0" that was meant from "3/0" that is what was left of a range:
# only the listing (-L) still knows.
# Seen with iptables 1.8.9, both back ends, on Linux 6.18.44.
set -euo pipefail

packages=(
    iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2
    libnftnl11=1.2.4-2 libmnl0
)
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 2; }
    script=$(realpath "$0")
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/lists/partial" "$work/debs" && cd "$work/debs"
    get() { apt-get -qq -o APT::Sandbox::User=root "$@" 2>"$work/why"; }
    own=(-o "Dir::State::Lists=$work/lists")
    get download "${packages[@]}" ||
        { get "${own[@]}" update && get "${own[@]}" download "${packages[@]}"; } ||
        { cat "$work/why"; echo "apt doesn't offer ${packages[0]}: run this on Debian 12"; exit 2; } >&2
    for deb in *.deb; do dpkg-deb -x "$deb" "$work/root"; done
    libraries=$(dirname "$(find "$work/root" -name libxtables.so.12)")
    PATH="$work/root/usr/sbin:$work/root/bin:$PATH" LD_LIBRARY_PATH="$libraries" \
        XTABLES_LIBDIR="$libraries/xtables" XTABLES_LOCKFILE="$work/lock" \
        unshare -n bash "$script" inside "$(readlink /proc/self/ns/net)"
    exit
fi
# Rules are loaded and flushed below: never in the network that the script was called in.
[ -n "${2-}" ] && [ "$2" != "$(readlink /proc/self/ns/net)" ] || exit 2
changed=0
told() { # what was asked, the answer told above, the answer seen
    printf '%s\n    %s\n' "$1" "${3//$'\n'/$'\n'    }"
    [ "$3" = "$2" ] || { printf 'CHANGED, was\n    %s\n' "${2//$'\n'/$'\n'    }"; changed=1; }
}

printf '%s\n' "$(iptables-nft -V), $(iptables-legacy -V), kernel $(uname -r)"
listed() { "$1" -nL INPUT | grep -o 'icmptype.*'; }
saved() { "$1-save" -t filter | grep -e '^-A'; }

once() { # program, rule, what it lists, what it saves, what it lists when restored
    echo "== $1 -A INPUT $2"
    # shellcheck disable=SC2086 # the rule is split into its words on purpose
    "$1" -A INPUT $2
    told "listed:" "$3" "$(listed "$1")"
    told "saved:" "$4" "$(saved "$1")"
    "$1-save" -t filter | "$1-restore"
    told "listed after its own save was restored:" "$5" "$(listed "$1")"
}

for way in nft legacy; do
    once "iptables-$way" "-p icmp --icmp-type 3/0:3" "icmptype 3 codes 0-3" \
        "-A INPUT -p icmp -m icmp --icmp-type 3/0" "icmptype 3 code 0"
    once "ip6tables-$way" "-p icmpv6 --icmpv6-type 1/0:4" "icmptype 1 codes 0-4" \
        "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 1/0" "icmptype 1 code 0"
done
exit "$changed"
