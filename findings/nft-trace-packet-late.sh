#!/usr/bin/env bash
# `nft monitor trace` prints a chain's packet line above the chain's first rule, as if the packet had
# come to the chain like that. The packet is shown as that rule left it: one that sets `ip ttl` to 9
# stands below a packet of ttl 9, though it came with 64. What later rules write isn't shown at all.
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
    chain armed { type filter hook output priority -300; meta nftrace set 1; }
    chain late { type filter hook output priority 0; ip ttl set 9; ip ttl set 5; ip ttl 5 drop; }
}
END
log=$(mktemp)
nft monitor trace >"$log" &
sleep 1
echo x 2>/dev/null >/dev/udp/127.0.0.1/9 || true
sleep 1
kill %1
told "nft monitor trace" "armed packet: ttl 64
late packet: ttl 9
late rule ip ttl set 9 (verdict continue)
late rule ip ttl set 5 (verdict continue)
late rule ip ttl 5 drop (verdict drop)" "$(sed -nE \
    's/.* ip t (armed|late) packet: .* (ip ttl [0-9]+) .*/\1 packet: \2/; s/packet: ip/packet:/
     s/.* ip t (late (packet|rule).*)/\1/; /^(armed packet|late)/p' "$log" | sed 's/ *$//')"
rm -f "$log"
exit "$changed"
