#!/usr/bin/env bash
# What this host sends to itself comes back by lo with the connection that it was given on its way
# out. So in a chain of priority raw at prerouting, which stands before tracking, `ct state new`
# matches it, and `notrack` there does nothing: the packet stays tracked. To leave loopback traffic
# out of tracking the rule has to stand at output.
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
ip link set lo up
nft -f - <<'END'
table ip t {
    counter known { }
    counter untracked { }
    counter delivered_new { }
    counter delivered_untracked { }
    chain before {
        type filter hook prerouting priority raw;
        udp dport 9 ct state new counter name known
        udp dport 9 notrack
        udp dport 9 ct state untracked counter name untracked
    }
    chain delivered {
        type filter hook input priority 0;
        udp dport 9 ct state new counter name delivered_new
        udp dport 9 ct state untracked counter name delivered_untracked
    }
}
END
echo x 2>/dev/null >/dev/udp/127.0.0.1/9 || true
seen() { nft list counter ip t "$1" | sed -nE 's/.*packets ([0-9]+) .*/\1/p'; }
told "packets at prerouting of state new, then untracked; at input new, untracked" "1 0 1 0" \
    "$(seen known) $(seen untracked) $(seen delivered_new) $(seen delivered_untracked)"
exit "$changed"
