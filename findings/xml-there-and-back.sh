#!/usr/bin/env bash
# iptables-xml(1) says that its output can be turned back into what iptables-restore takes by
# "xsltproc iptables.xslt", the stylesheet that the package brings along, and one expects to get the
# same rules. A jump to a chain comes back as "-j callWEB": the name of the element <call> is put
# before that of the chain, so iptables-restore refuses the text of any rule set with chains of its
# own. And the backslash before a quote in a comment is gone from the XML already ("a "b""), so two
# comments can't be told apart there, and no stylesheet could bring them back. Who reads such XML
# must take the chain from within <call> or <goto>, and a value's quotes from its two ends.
# Seen with iptables 1.8.9 and xsltproc 1.1.35, on Linux 6.18.44.
set -euo pipefail

packages=(
    iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2
    libnftnl11=1.2.4-2 libmnl0
    xsltproc libxslt1.1 libxml2
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
    cd "$work"
    PATH="$work/root/usr/sbin:$work/root/usr/bin:$PATH" LD_LIBRARY_PATH="$libraries" \
        XTABLES_LIBDIR="$libraries/xtables" XTABLES_LOCKFILE="$work/lock" \
        STYLE="$work/root/usr/share/iptables/iptables.xslt" unshare -n bash "$script" inside "$(readlink /proc/self/ns/net)"
    exit
fi
# Rules are loaded and flushed below: never in the network that the script was called in.
[ -n "${2-}" ] && [ "$2" != "$(readlink /proc/self/ns/net)" ] || exit 2
changed=0
told() { # what was asked, the answer told above, the answer seen
    printf '%s\n    %s\n' "$1" "${3//$'\n'/$'\n'    }"
    [ "$3" = "$2" ] || { printf 'CHANGED, was\n    %s\n' "${2//$'\n'/$'\n'    }"; changed=1; }
}

printf '%s\n' "$(iptables-nft -V), $(xsltproc -V | head -1), kernel $(uname -r)"
iptables-nft -t nat -N WEB
iptables-nft -t nat -A WEB -p tcp -j REDIRECT --to-ports 8080
iptables-nft -t nat -A PREROUTING -p tcp -m comment --comment 'a "b"' -j WEB
iptables-nft-save -t nat >saved
rule='-A PREROUTING -p tcp -m comment --comment "a \"b\"" -j WEB'
told "iptables-save writes" "$rule" "$(grep WEB saved | grep PREROUTING)"
iptables-xml saved >xml
told "iptables-xml writes of its comment" '<comment >&quot;a &quot;b&quot;&quot;</comment>' \
    "$(grep -o '<comment >..*</comment>' xml)"
xsltproc "$STYLE" xml >back
told "its own stylesheet makes of it" '-A PREROUTING -p tcp -m comment --comment "a "b"" -j callWEB' \
    "$(grep PREROUTING back | grep -- -A | sed 's/ *$//')"
sed -i 's/ -m comment --comment "a "b""//' back
told "without the comment, iptables-restore takes the text back: exit code" "2" \
    "$(iptables-nft-restore <back >/dev/null 2>why; echo $?)"
exit "$changed"
