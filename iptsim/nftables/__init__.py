"""nftables rule sets as values: tables, chains, rules, sets, and what rules are made of.

They mirror libnftables-json(5), whatever text they were read from: names are numbers where a number
is known, and what an implicit comparison asks (`ct state established`: one bit; `tcp dport 22`:
equality) is told. What a rule means is not said here.
"""
