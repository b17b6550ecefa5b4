#!/usr/bin/env bash
# One expects "nft list ruleset" to print rules that load as the same rules. It leaves out conditions
# that it takes for what a field needs anyway, and takes too many: "meta l4proto esp" before "th
# dport", which needs no protocol at all, is gone, and the rule that is listed takes TCP; "meta
# protocol ip" before "ip6 saddr" is gone in a table of family ip6, where the rule takes nothing and
# the listed one everything from there; "ct l3proto ipv4" before "ip saddr" is gone, which no packet
# without a connection meets; "meta iiftype ether" before "ip saddr" is gone; and "meta nfproto ipv6"
# before "reject" in a table of family inet. In a table of family ip6 "ip6 nexthdr tcp" before "tcp
# dport" is gone, which no packet with options meets, and "ct original protocol tcp" before "tcp flags".
# "meta l4proto sctp" before "tcp option" is gone, which no packet meets, and "th dport set" behind
# "tcp dport" is listed as "tcp dport set", which writes the checksum anew where the rule leaves it
# wrong: what arrives so is INVALID.
# Saved and restored these are other rules.
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
        meta l4proto esp th dport 22 drop
        ct l3proto ipv4 ip saddr 192.0.2.1 drop
        meta iiftype ether ip saddr 192.0.2.2 drop
        meta nfproto ipv6 meta l4proto tcp reject with tcp reset
        meta l4proto sctp tcp option maxseg size > 500 drop
        tcp dport 80 th dport set 8080 drop
    }
}
table ip6 t {
    chain c {
        meta protocol ip ip6 saddr ::1 drop
        ip6 nexthdr tcp tcp dport 22 drop
        ct original protocol tcp tcp flags syn drop
    }
}
END
told "nft list ruleset" "th dport 22 drop
ip saddr 192.0.2.1 drop
ip saddr 192.0.2.2 drop
meta l4proto tcp reject with tcp reset
tcp option maxseg size > 500 drop
tcp dport 80 tcp dport set 8080 drop
ip6 saddr ::1 drop
tcp dport 22 drop
tcp flags syn drop" "$(nft list ruleset | sed -n 's/^\t\t\(.*drop\|.*reset\)$/\1/p')"
exit "$changed"
