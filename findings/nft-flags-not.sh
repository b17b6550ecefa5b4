#!/usr/bin/env bash
# nft(8) has "tcp flags syn,ack" and "ct state new,established" as tests whether one of these bits is
# set, and one expects "!=" before the same list to be the contrary. It is another test: the whole
# field isn't exactly that combination. A first SYN meets "tcp flags syn,ack" and "tcp flags !=
# syn,ack" alike, and so does a new connection the two of "ct state". The contrary is written
# "tcp flags ! syn,ack". "ct state != established,related" so is true of every packet: none has two
# states.
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
# The packets that the counter of the rule with that comment has seen.
count() { nft list ruleset | sed -n "s/.*packets \([0-9]*\) .*comment \"$1\".*/\1/p"; }
ip link set lo up
nft -f - <<'END'
table ip t {
    chain out { type filter hook output priority 0;
        tcp flags & (syn | ack) == syn counter jump asked comment "sent"
    }
    chain asked {
        tcp flags syn,ack counter comment "any"
        tcp flags != syn,ack counter comment "not"
        tcp flags ! syn,ack counter comment "none"
        ct state new,established counter comment "state"
        ct state != new,established counter comment "other"
    }
}
END
(echo x >/dev/tcp/127.0.0.1/9) 2>/dev/null || true
told "SYNs sent" "1" "$(count sent)"
told "of these: tcp flags syn,ack, != syn,ack, ! syn,ack" "1 1 0" "$(count any) $(count not) $(count none)"
told "of these: ct state new,established, != new,established" "1 1" "$(count state) $(count other)"
exit "$changed"
