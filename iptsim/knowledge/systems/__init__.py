"""A file for each system that writes iptables rules, with `SYSTEM` in it; found by its name."""
