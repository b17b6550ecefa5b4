#!/usr/bin/env bash
# iptables-extensions(8), conntrack, gives "--ctorigdst address[/mask]", and one expects the mask
# to be taken as -d takes it, gaps and all, or refused. "-d 127.0.0.2/255.0.0.255" is kept as
# written and takes 127.5.0.2. "--ctorigdst 127.0.0.2/255.0.0.255" loads without a word as
# 127.0.0.2 alone: a mask that is no prefix is put as the full one when the rule is loaded, in IPv4
# and IPv6, for all four addresses of conntrack and for --tunnel-src and --tunnel-dst of policy. So
# the kernel's rule is narrower than its text (or, with "!", wider). Who reads a rules file that an
# administrator wrote must not count these masks as those of -s and -d; in a dump the mask is gone.
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
once() { # program, the options loaded, the options saved
    # shellcheck disable=SC2086 # the rule is split into its words on purpose
    "$1" -A FORWARD $2
    told "$1 $2 is saved as" "$3" "$("$1-save" -t filter | sed -n 's/^-A FORWARD //p')"
    "$1" -F FORWARD
}

ip link set lo up
for way in nft legacy; do
    run="iptables-$way"
    once "$run" "-d 127.0.0.2/255.0.0.255" "-d 127.0.0.2/255.0.0.255"
    once "$run" "-m conntrack --ctorigdst 127.0.0.2/255.0.0.0" "-m conntrack --ctorigdst 127.0.0.2/8"
    for option in ctorigsrc ctorigdst ctreplsrc ctrepldst; do
        once "$run" "-m conntrack --$option 127.0.0.2/255.0.0.255" "-m conntrack --$option 127.0.0.2"
    done
    policy="-m policy --dir in --pol ipsec --mode tunnel"
    for option in tunnel-src tunnel-dst; do
        once "$run" "$policy --$option 127.0.0.2/255.0.0.255" "$policy --$option 127.0.0.2"
    done
    once "ip6tables-$way" "-m conntrack --ctorigdst ::2/::ffff" "-m conntrack --ctorigdst ::2"

    "$run" -A OUTPUT -p udp -d 127.0.0.2/255.0.0.255
    "$run" -A OUTPUT -p udp -m conntrack --ctorigdst 127.0.0.2/255.0.0.255
    echo x >/dev/udp/127.0.0.2/9
    echo x >/dev/udp/127.5.0.2/9
    told "$run: of packets to 127.0.0.2 and 127.5.0.2 each, -d takes, --ctorigdst takes" "2 1" \
        "$("$run" -vnxL OUTPUT | awk 'NR > 2 {print $1}' | xargs)"
    "$run" -F OUTPUT
done
exit "$changed"
