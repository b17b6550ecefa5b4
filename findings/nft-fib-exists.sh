#!/usr/bin/env bash
# nft -n prints numbers for names, and one expects what it lists to load as the same rules: its
# manual says no more of -n than that. "fib saddr . iif oif exists" becomes "oif 1", and 1 is an
# interface's index there: loaded again the rule asks whether the way back is by lo, and takes no
# packet from elsewhere. So a reverse path filter restored from "nft -n list ruleset" accepts nothing
# that it accepted. "missing" becomes "oif 0", which stays right.
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
table ip t {
    chain pre { type filter hook prerouting priority 0;
        fib saddr . iif oif missing drop
        fib saddr . iif oif exists accept
    }
}
END
rules() { sed -n 's/^\t*\(fib.*\)/\1/p'; }
numbers=$(nft -n list ruleset)
told "nft -n prints exists and missing as" "fib saddr . iif oif 0 drop
fib saddr . iif oif 1 accept" "$(rules <<<"$numbers")"
nft flush ruleset
nft -f - <<<"$numbers"
told "loaded again these are" 'fib saddr . iif oif 0 drop
fib saddr . iif oif "lo" accept' "$(nft list ruleset | rules)"
exit "$changed"
