#!/usr/bin/env bash
# iptables-extensions(8), policy, says that "--dir in" is valid in PREROUTING, INPUT and FORWARD,
# and both back ends refuse it in OUTPUT. One expects the same for a chain that OUTPUT jumps to.
# iptables-legacy refuses that too (the kernel's x_tables hands an extension all hooks its chain is
# reached from). iptables-nft loads it: for an extension with a check of its own, nft_compat tells
# the hook only in a base chain and none in a user's (nft_match_set_mtchk_param), and the rule then
# runs in OUTPUT and takes packets. So the same dump loads by one back end and not by the other,
# and a rule that can't stand in OUTPUT may nevertheless be met there.
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
match="-p udp -m policy --dir in --pol none"
direct="*filter
-A OUTPUT $match -j ACCEPT
COMMIT"
through="*filter
:USERS -
-A OUTPUT -j USERS
-A USERS $match -j ACCEPT
COMMIT"

loads() { "$1" <<<"$2" >/dev/null 2>&1 && echo loaded || echo refused; }

told "iptables-nft-restore, --dir in in OUTPUT" refused "$(loads iptables-nft-restore "$direct")"
told "iptables-legacy-restore, --dir in in OUTPUT" refused "$(loads iptables-legacy-restore "$direct")"
told "iptables-nft-restore, --dir in in a chain that OUTPUT jumps to" loaded \
    "$(loads iptables-nft-restore "$through")"
told "iptables-legacy-restore, --dir in in a chain that OUTPUT jumps to" refused \
    "$(loads iptables-legacy-restore "$through")"
echo out >/dev/udp/127.0.0.1/9
told "packets on their way out that the rule took" 1 \
    "$(iptables-nft -vnxL USERS 2>/dev/null | awk 'NR == 3 {print $1}')"
exit "$changed"
