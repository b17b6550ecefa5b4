"""What rules of nftables mean: the same predicates and actions that extensions of xtables lower to.

A rule is a program, from left to right: what stands before a condition that fails has been done.
"""
