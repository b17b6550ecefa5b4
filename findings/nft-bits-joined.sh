#!/usr/bin/env bash
# A field that begins or ends within a byte is listed wrongly where it is part of a concatenation:
# with a shift that nobody wrote, and of IPv6's and TCP's with other elements. `tcp doff . tcp dport
# { 5 . 80 }` is listed as `tcp doff >> 4 . tcp dport { 0 . 1280 }`, which asks for another port, and
# `ip6 dscp . tcp dport { cs4 . 80 }` has cs0 in the listing. What was loaded cannot be told from it.
# Seen with nftables 1.0.6 on Linux 6.18.44.
set -euo pipefail

packages=(
    nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libmnl0 libjansson4
    libxtables12=1.8.9-2 libedit2 libbsd0 iproute2=6.1.0-3 libbpf1 libelf1
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
    libraries=$(dirname "$(find "$work/root" -name libnftables.so.1)")
    PATH="$work/root/usr/sbin:$work/root/bin:$PATH" LD_LIBRARY_PATH="$libraries" \
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

printf '%s\n' "$(nft --version), kernel $(uname -r)"
nft -f - <<'END'
table inet t {
    chain c {
        ip dscp . tcp dport { cs4 . 80 } drop
        ip6 dscp . tcp dport { cs4 . 80 } drop
        tcp doff . tcp dport { 5 . 80 } drop
    }
}
END
told "nft list ruleset" "ip dscp >> 2 . tcp dport { cs4 . 80 } drop
ip6 dscp >> 6 . tcp dport { cs0 . 80 } drop
tcp doff >> 4 . tcp dport { 0 . 1280 } drop" "$(nft list ruleset | sed -n 's/^\t\t\(.*drop\)/\1/p')"
exit "$changed"
