#!/usr/bin/env bash
# One expects iptables-save to write every option that a rule was made with, so that restoring it
# makes the same rule (iptables-save(8)). Both back ends take --nflog-range of NFLOG, and warn that it
# never worked. The legacy back end keeps and saves it. iptables-nft loads the rule, and of the option
# it keeps nothing: it makes nft's own log expression, which knows --nflog-size only. So the same rules
# loaded by the two are saved as different ones, and a comparison of the saves finds a rule changed.
# Seen with iptables 1.8.9 on Linux 6.18.44.
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
saved() { "$1-save" -t filter 2>/dev/null | grep -e '^-A'; }

for way in nft legacy; do
    "iptables-$way" -A INPUT -j NFLOG --nflog-group 3 --nflog-range 64 2>/dev/null
    "iptables-$way" -A OUTPUT -j NFLOG --nflog-group 3 --nflog-size 64
done
told "iptables-legacy-save, of --nflog-range 64 and --nflog-size 64" \
    "-A INPUT -j NFLOG --nflog-group 3 --nflog-range 64
-A OUTPUT -j NFLOG --nflog-group 3 --nflog-size 64" "$(saved iptables-legacy)"
told "iptables-nft-save, of the same" \
    "-A INPUT -j NFLOG --nflog-group 3
-A OUTPUT -j NFLOG --nflog-group 3 --nflog-size 64" "$(saved iptables-nft)"
exit "$changed"
