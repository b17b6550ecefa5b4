#!/bin/sh
# Prints what iptsim can use of this host, as one text. It changes nothing, writes no file and asks
# no back end that the kernel does not have, for asking would load it.
#   iptsim collect | ssh HOST sudo sh > host.txt
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL

has() { command -v "$1" >/dev/null 2>&1; }
absent() { echo "#iptsim# absent $1 $2"; }
section() { # NAME COMMAND…: what the command prints, and how it ended
  name=$1
  shift
  echo "#iptsim# begin $name"
  "$@" 2>/dev/null
  code=$?
  echo
  echo "#iptsim# end $name rc=$code"
}
try() { # NAME COMMAND…: a section if the program is there
  if has "$2"; then section "$@"; else absent "$1" "no $2"; fi
}
symbol() { # whether the kernel has a function now; loading none to find out
  if [ -r /proc/kallsyms ]; then grep -q "[[:space:]]$1\([[:space:]]\|\$\)" /proc/kallsyms; else return 2; fi
}

versions() {
  uname -srm
  for program in iptables ip6tables nft ipset ip; do
    if has $program; then echo "$program: $($program -V 2>&1 | head -n 1)"; fi
  done
  return 0
}

back_end() { # of the plain programs, by IPTABLES -V; iptables-save of old knows no -V
  if ! has "$1" || ! has "$1-save"; then
    echo none
  elif "$1" -V 2>/dev/null | grep -q nf_tables; then
    echo nft
  else
    echo legacy
  fi
}

legacy() { # PROGRAM /proc/net/FILE IPTABLES
  if [ ! -e "$2" ]; then
    absent "$1" "no $2: the kernel has no such tables here"
  elif [ ! -r "$2" ]; then
    absent "$1" "unseen: $2 may not be read, run it as root"
  elif [ -z "$(cat "$2" 2>/dev/null)" ]; then
    absent "$1" "empty"
  elif has "$1"; then
    section "$1" "$1"
  elif [ "$(back_end "$3")" = legacy ]; then
    section "$1" "$3-save"
  else
    absent "$1" "unseen: tables are there and no $1"
  fi
}

nft_save() { # PROGRAM IPTABLES
  if [ "$nf_tables" = 1 ]; then
    absent "$1" "the kernel has no nf_tables loaded"
  elif has "$1"; then
    section "$1" "$1"
  elif [ "$(back_end "$2")" = nft ]; then
    section "$1" "$2-save"
  elif has nft && tables=$(nft list tables 2>/dev/null) && [ -z "$tables" ]; then
    absent "$1" "empty"
  else
    absent "$1" "unseen: no $1"
  fi
}

addresses() {
  if ! has ip; then
    absent ip-addr "no ip"
    try ifconfig ifconfig -a
  elif ip -j addr >/dev/null 2>&1; then
    section ip-addr ip -j addr
  else
    section ip-addr ip addr
  fi
}

routes() {
  if has ip; then
    section ip-route-4 ip -4 route show table all
    section ip-route-6 ip -6 route show table all
    section ip-rule-4 ip -4 rule
    section ip-rule-6 ip -6 rule
  else
    absent ip-route-4 "no ip"
    absent ip-rule-4 "no ip"
    try route-n route -n
  fi
}

settings() ( # one grep for all of them: hosts have thousands
  cd /proc/sys 2>/dev/null || exit 1
  grep -H '' net/ipv4/ip_forward net/ipv4/ip_default_ttl net/ipv4/fwmark_reflect \
    net/ipv4/tcp_fwmark_accept net/ipv6/fwmark_reflect net/netfilter/nf_conntrack_tcp_loose \
    net/ipv4/conf/*/route_localnet net/ipv4/conf/*/forwarding net/ipv4/conf/*/rp_filter \
    net/ipv4/conf/*/accept_local net/ipv4/conf/*/src_valid_mark net/ipv4/conf/*/send_redirects \
    net/ipv6/conf/*/forwarding net/ipv6/conf/*/force_forwarding net/ipv6/conf/*/disable_ipv6 |
    sed 's/:\([^:]*\)$/ = \1/' | grep ' = ' # fails where there is none
)

sockets() {
  if has ss; then
    if ss -tuan --inet-sockopt >/dev/null 2>&1; then
      section ss ss -tuan --inet-sockopt
    else
      section ss ss -tuan
    fi
  else
    absent ss "no ss"
  fi
}

echo "#iptsim# collect 1"
section versions versions
section time date +%Y-%m-%dT%H:%M:%S%z
symbol nft_do_chain
nf_tables=$?
legacy iptables-legacy-save /proc/net/ip_tables_names iptables
legacy ip6tables-legacy-save /proc/net/ip6_tables_names ip6tables
nft_save iptables-nft-save iptables
nft_save ip6tables-nft-save ip6tables
if [ "$nf_tables" = 1 ]; then
  absent nft-list-ruleset "the kernel has no nf_tables loaded"
else
  try nft-list-ruleset nft list ruleset
fi
addresses
routes
section sysctl settings
if has ipset; then
  if symbol ip_set_add; then
    section ipset-save ipset save
  else
    absent ipset-save "the kernel has no sets loaded"
  fi
else
  absent ipset-save "no ipset"
fi
sockets
echo "#iptsim# done"
