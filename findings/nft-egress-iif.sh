#!/usr/bin/env bash
# At egress of a device nftables knows no device that a forwarded packet came by: `iif 0` matches it
# and `iifname` with the name of that device does not, though both match at forward and postrouting.
# A rule that is moved from postrouting to egress, where its packets can be seen once more, is silent.
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
ip link add in0 type veth peer name far0
ip link add out0 type veth peer name far1
ip addr add 10.1.0.1/24 dev in0
ip addr add 10.2.0.1/24 dev out0
for each in lo in0 out0 far0 far1; do ip link set "$each" up; done
echo 1 >/proc/sys/net/ipv4/ip_forward
for each in all in0; do echo 0 >"/proc/sys/net/ipv4/conf/$each/rp_filter"; done
ip neigh add 10.2.0.9 lladdr 02:00:00:00:00:09 dev out0
nft -f - <<'END'
table ip routed {
    counter came { }
    chain last { type filter hook postrouting priority 0; iifname "in0" counter name came; }
}
table netdev links {
    counter came { }
    counter none { }
    chain last {
        type filter hook egress device "out0" priority 0;
        ip daddr 10.2.0.9 iifname "in0" counter name came
        ip daddr 10.2.0.9 iif 0 counter name none
    }
}
END
mac=$(ip -o link show in0 | sed -nE "s/.*ether ([0-9a-f:]+) .*/\1/p")
python3 - "$mac" <<'END'
import socket, struct, sys
def summed(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
ip = bytearray(struct.pack("!BBHHHBBH4s4s", 69, 0, 32, 1, 0, 64, 17, 0,
                           bytes([10, 1, 0, 9]), bytes([10, 2, 0, 9])))
ip[10:12] = struct.pack("!H", summed(bytes(ip)))
udp = struct.pack("!HHHH", 40000, 9, 12, 0) + b"test"
frame = bytes.fromhex(sys.argv[1].replace(":", "")) + bytes(6) + b"\x08\x00" + bytes(ip) + udp
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("far0", 0))
wire.send(frame)
END
sleep 1
seen() { nft list counter "$1" "$2" "$3" | sed -nE 's/.*packets ([0-9]+) .*/\1/p'; }
told 'iifname "in0" at postrouting, at egress; iif 0 at egress' "1 0 1" \
    "$(seen ip routed came) $(seen netdev links came) $(seen netdev links none)"
exit "$changed"
