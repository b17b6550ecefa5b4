#!/usr/bin/env bash
# iptables(8), TABLES, says that the nat table is asked when a packet that makes a new connection
# is met. One expects a MARK rule in nat OUTPUT to see the first packet of each. It sees none, in
# both back ends, as long as nothing in this network namespace needs connection tracking: the
# kernel follows connections only while a rule asks for it (nf_ct_netns_get), a nat chain asks
# nothing by itself, and without a connection there is no new one to nat. A rule of another table,
# chain and purpose ("-m conntrack" in filter FORWARD) wakes the nat table, and deleting it puts it
# to sleep again. So what a rule in nat does may hang on a rule that no packet comes to, and a dump
# of nat alone can't tell; nor does a counter of 0 say that no connection was made.
# Seen with iptables 1.8.9, both back ends, on Linux 6.18.44.
set -euo pipefail

packages=(
    iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2
    libnftnl11=1.2.4-2 libmnl0
    iproute2=6.1.0-3 libbpf1 libelf1 libbsd0
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
for way in nft legacy; do
    run="iptables-$way"
    count() {
        "$run" -t nat -Z OUTPUT
        echo new >/dev/udp/127.0.0.1/9
        "$run" -t nat -vnxL OUTPUT | awk '/MARK/ {print $1}'
    }
    "$run" -t nat -A OUTPUT -p udp -j MARK --set-mark 1
    told "$run: first packets that a MARK in nat OUTPUT sees" 0 "$(count)"
    "$run" -A FORWARD -m conntrack --ctstate INVALID -j DROP
    told "$run: with a conntrack rule in filter FORWARD" 1 "$(count)"
    "$run" -D FORWARD 1
    told "$run: with that rule deleted again" 0 "$(count)"
    "$run" -t nat -F OUTPUT
done
exit "$changed"
