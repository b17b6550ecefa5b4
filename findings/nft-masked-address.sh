#!/usr/bin/env bash
# A rule that compares a masked address with one that has bits outside of the mask
# (`ip saddr & 255.0.0.0 != 127.0.0.5`) holds for every packet, for what is masked never has those
# bits. nft lists it as a prefix, `ip saddr != 127.0.0.5/8`; read back, that is 127.0.0.0/8. So a
# rule set that is saved by `nft list ruleset` and loaded again takes other packets, without a word.
# Expected: a listing that loads as what it was made of, as `& 255.0.0.0 != 127.0.0.5` would.
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
    counter met { }
    chain delivered {
        type filter hook input priority 0;
        udp dport 9 ip saddr & 255.0.0.0 != 127.0.0.5 counter name met
    }
}
END
packets() {
    nft reset counter ip t met >/dev/null
    echo x 2>/dev/null >/dev/udp/127.0.0.1/9 || true
    nft list counter ip t met | sed -nE 's/.*packets ([0-9]+) .*/\1/p'
}
told "packets from 127.0.0.1 that meet it" 1 "$(packets)"
told "the condition as it is listed" 'ip saddr != 127.0.0.5/8' \
    "$(nft list chain ip t delivered | grep -oE 'ip saddr != [^ ]+')"
listed=$(nft list ruleset)
nft flush ruleset
nft -f - <<<"$listed"
told "the same packets under what was listed, loaded again" 0 "$(packets)"
exit "$changed"
