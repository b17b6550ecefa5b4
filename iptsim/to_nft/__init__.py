"""From rules of iptables to rules of nftables of the same meaning.

What a rule asks is lowered, parted into cubes, and each cube is said in comparisons of nftables,
which are lowered again: only what means the same is written. What cannot be said is told.
"""
