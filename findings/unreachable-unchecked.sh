#!/usr/bin/env bash
# "-m owner" is valid in OUTPUT and POSTROUTING only (iptables-extensions(8), owner), and one
# expects a rule with it in INPUT to be refused wherever it stands. iptables-legacy loads it when
# it stands behind a rule that takes every packet: the kernel follows the rules from each hook,
# never comes to one behind an unconditional verdict, and so hands its extension an empty set of
# hooks to check (mark_source_chains in net/ipv4/netfilter/ip_tables.c). The surprise comes later:
# the ACCEPT before it can't be deleted or narrowed any more, "Invalid argument", since that makes
# the other rule reachable. iptables-nft refuses the same dump. So a dump from a running legacy
# host may not load elsewhere, and taking an idle rule away is the only change that works.
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
owner="-A INPUT -m owner --uid-owner 1 -j DROP"
alone="*filter
$owner
COMMIT"
behind="*filter
-A INPUT -j ACCEPT
$owner
COMMIT"

done_or_not() { "$@" >/dev/null 2>&1 && echo "done" || echo refused; }
loads() { done_or_not "$1" <<<"$2"; }

told "iptables-nft-restore, owner alone in INPUT" refused "$(loads iptables-nft-restore "$alone")"
told "iptables-nft-restore, owner behind -j ACCEPT" refused "$(loads iptables-nft-restore "$behind")"
told "iptables-legacy-restore, owner alone in INPUT" refused "$(loads iptables-legacy-restore "$alone")"
told "iptables-legacy-restore, owner behind -j ACCEPT" "done" "$(loads iptables-legacy-restore "$behind")"
told "its own save restored" "done" "$(loads iptables-legacy-restore "$(iptables-legacy-save)")"
told "iptables-legacy -D INPUT 1 (the ACCEPT)" refused "$(done_or_not iptables-legacy -D INPUT 1)"
told "iptables-legacy -R INPUT 1 -p tcp -j ACCEPT" refused \
    "$(done_or_not iptables-legacy -R INPUT 1 -p tcp -j ACCEPT)"
told "iptables-legacy -D INPUT 2 (the idle rule)" "done" "$(done_or_not iptables-legacy -D INPUT 2)"
told "iptables-legacy -D INPUT 1 after that" "done" "$(done_or_not iptables-legacy -D INPUT 1)"
exit "$changed"
