#!/usr/bin/env bash
# iptables-extensions(8), hashlimit, gives two ways to write a rate: a number of packets with
# "/second" to "/day", or bytes as "512kb/s". One expects that "10kb/min" and "10KB/s" are either
# bytes or refused. They load without a word as 10 PACKETS a minute and 10 packets a second:
# letters before the slash are overlooked unless they are "b/s", "kb/s" or "mb/s", spelled so.
# "10Mb/s", as one writes ten megabits, ends in "b/s" but its M isn't known, and it becomes a limit
# of 0 bytes a second, so "above" holds from the second packet on, and iptables-save writes "0b/s",
# which iptables-restore refuses: the host's saved rules no longer load at all. Who reads a dump
# with "10/sec" or "0b/s" in a hashlimit rule may be looking at a rate in bytes.
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
for way in nft legacy; do
    run="iptables-$way"
    while read -r rate saved; do
        "$run" -A OUTPUT -p udp -m hashlimit --hashlimit-above "$rate" --hashlimit-name "$way" -j ACCEPT
        told "$run --hashlimit-above $rate is saved as" "$saved" \
            "$("$run-save" -t filter | grep -oP 'hashlimit-above \K\S+')"
        "$run" -F OUTPUT
    done <<'END'
512kb/s 512kb/s
10mb/s 10mb/s
10kb/min 10/min
10KB/s 10/sec
10kb 10/sec
10Mb/s 0b/s
END
    "$run" -A OUTPUT -p udp -m hashlimit --hashlimit-above 10Mb/s --hashlimit-name "$way" -j ACCEPT
    for _ in 1 2 3; do echo x >/dev/udp/127.0.0.1/9; done
    told "$run: packets above 10Mb/s when three of 30 bytes were sent" 2 \
        "$("$run" -vnxL OUTPUT | awk '/0b\/s/ {print $1}')"
    status=0
    said=$("$run-save" -t filter | "$run-restore" 2>&1) || status=$?
    told "$run-restore of its own save" \
        'exit 2: Bad value for "--hashlimit-above" option: "0b/s"' \
        "exit $status: $(grep -o 'Bad value.*' <<<"$said" || true)"
    "$run" -F OUTPUT
done
exit "$changed"
