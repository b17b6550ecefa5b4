"""The values that options take, as iptables reads and prints them."""
