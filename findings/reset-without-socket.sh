#!/usr/bin/env bash
# iptables-extensions(8), owner: --socket-exists "matches if the packet is associated with a socket", and
# kernel-made packets usually are not. One expects the same of both TCP resets that a host sends: that
# of a port where nobody listens, and that of REJECT --reject-with tcp-reset. The kernel sends the first
# by a socket of its own, so that --socket-exists matches in OUTPUT (and no --uid-owner does, for that
# socket belongs to nobody); the second has no socket at all. So "-m owner --socket-exists -j ACCEPT" in
# an OUTPUT that drops lets the refusal of a closed port out and keeps the firewall's own refusal in: the
# client runs into its timeout at just those ports that are rejected so that it shouldn't.
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
ip link set lo up
counted() { # the program: packets of each rule of OUTPUT
    "$1-restore" <<<"*filter
-A INPUT -p tcp --dport 81 -j REJECT --reject-with tcp-reset
-A OUTPUT -p tcp --sport 81 --tcp-flags RST RST
-A OUTPUT -p tcp --sport 81 --tcp-flags RST RST -m owner --socket-exists
-A OUTPUT -p tcp --sport 82 --tcp-flags RST RST
-A OUTPUT -p tcp --sport 82 --tcp-flags RST RST -m owner --socket-exists
-A OUTPUT -p tcp --sport 82 --tcp-flags RST RST -m owner --uid-owner 0-4294967294
COMMIT"
    for port in 81 82; do (echo >/dev/tcp/127.0.0.1/$port) 2>/dev/null || true; done
    "$1" -vnxL OUTPUT 2>/dev/null | awk 'NR > 2 {print $1}' | paste -sd' '
    "$1" -F
}

for way in nft legacy; do
    told "iptables-$way: resets of REJECT, with a socket; of a closed port, with a socket, with a user" \
        "1 0 1 1 0" "$(counted "iptables-$way")"
done
exit "$changed"
