"""A file for each system that writes iptables rules, with `SYSTEM` in it; found by listing them.

One that has packets sent to ports of its own, or rules that it limits to an interface, has a name
that begins with the first word of its chains (`ISTIO_OUTPUT`: `istio`), so that a trace, which must
start quickly, loads no others.
"""
