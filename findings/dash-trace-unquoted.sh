#!/usr/bin/env bash
# set -x writes "the commands and their arguments after all expansions" (POSIX, sh, set -x), which one
# takes for text that can be given to a shell again: bash quotes each word that needs it. dash writes
# the words as they are, without a quote. Of an iptables command with a comment of two words its trace
# has two words where one was, and iptables refuses it ("Bad argument") or, worse, takes another rule:
# a comment "a -j ACCEPT" in it can't be told from a target. A log of a script that ran under
# /bin/sh is not always what ran.
# Seen with dash 0.5.12 and bash 5.2 (Debian 12).
set -euo pipefail

changed=0
told() { # what was asked, the answer told above, the answer seen
    printf '%s\n    %s\n' "$1" "${3//$'\n'/$'\n'    }"
    [ "$3" = "$2" ] || { printf 'CHANGED, was\n    %s\n' "${2//$'\n'/$'\n'    }"; changed=1; }
}
dpkg-query -W dash bash
script='iptables() { :; }; iptables -A INPUT -m comment --comment "a b" -j DROP'
traced() { "$1" -xc "$script" 2>&1 | sed 's/^+* *//'; }
told "bash -x" "iptables -A INPUT -m comment --comment 'a b' -j DROP
:" "$(traced bash)"
told "dash -x" "iptables -A INPUT -m comment --comment a b -j DROP
:" "$(traced dash)"
exit "$changed"
