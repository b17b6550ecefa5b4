#!/usr/bin/env bash
# iptables-save(8) prints rules so that iptables-restore loads the same ones again, and one expects a
# rule that asks for "! --sport 0:65535" (which no packet has) to be saved with it. The legacy build
# leaves a range of all ports out, and its "!" with it: the rule is saved and printed by -S as
# "-p udp -m udp", which every UDP packet meets. Only the listing still shows "spts:!0:65535". So the
# save text of the same host means the opposite of its listing, and a reader can't tell from the text.
# Seen with iptables 1.8.9 (legacy), on Linux 6.18.44.
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
    PATH="$work/root/usr/sbin:$PATH" LD_LIBRARY_PATH="$libraries" \
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

printf '%s\n' "$(iptables-legacy -V), kernel $(uname -r)"
ip link set lo up
iptables-legacy -A INPUT -p udp -m udp ! --sport 0:65535 -j DROP
told "iptables-legacy -A INPUT -p udp -m udp ! --sport 0:65535 -j DROP is saved as" \
    "-A INPUT -p udp -m udp -j DROP" "$(iptables-legacy-save -t filter | grep -e -A)"
told "and listed with" "udp spts:!0:65535" \
    "$(iptables-legacy -nL INPUT | grep -o 'udp spts.*' | sed 's/ *$//')"
echo x >/dev/udp/127.0.0.1/9
told "UDP packets that the rule meets, of one sent" "0" \
    "$(iptables-legacy -nvxL INPUT | awk '/DROP/ {print $1}')"
iptables-legacy-save -t filter | iptables-legacy-restore
echo x >/dev/udp/127.0.0.1/9
told "and after iptables-legacy-save | iptables-legacy-restore" "1" \
    "$(iptables-legacy -nvxL INPUT | awk '/DROP/ {print $1}')"
exit "$changed"
