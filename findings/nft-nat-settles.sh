#!/usr/bin/env bash
# A packet that the host sends to itself passes output, postrouting, prerouting and input. One
# expects a nat chain at input, the only chain that is there, to be asked for it: for a packet that
# comes from elsewhere it is. It never is for one by lo. A nat chain at one hook has the kernel's nat
# at all four (nf_nat_core.c, nf_nat_register_fn), and where no chain is, the hook settles its side
# of the addresses with a null binding (nf_nat_inet_fn, nf_nat_alloc_null_binding): postrouting
# settles the source before input is reached. So "snat" at input works for others' packets only.
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
    chain nat { type nat hook input priority 100;
        udp dport 9 counter snat to 192.0.2.9 comment "nat"
    }
    chain filter { type filter hook input priority 200;
        udp dport 9 counter comment "all"
    }
}
END
unshare -n sleep 60 &
other=$!
sleep 0.5
ip link add here type veth peer name there netns "$other"
ip address add 192.0.2.1/24 dev here && ip link set here up
beyond() { nsenter -t "$other" -n "$@"; }
beyond ip address add 192.0.2.2/24 dev there && beyond ip link set there up
echo x >/dev/udp/127.0.0.1/9
told "of a packet by lo, input's nat and all of input see" "0 1" "$(count nat) $(count all)"
for _ in 1 2 3; do beyond bash -c 'echo x >/dev/udp/192.0.2.1/9' && sleep 0.3; done
told "of three from elsewhere, nat sees (more than none)" "yes" \
    "$([ "$(count nat)" -gt 0 ] && echo yes || echo no)"
kill "$other"
exit "$changed"
