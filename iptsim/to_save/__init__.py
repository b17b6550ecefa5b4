"""Rules of nftables in the words of iptables: what has none is told, never left out or widened.

Each statement is said by itself, as nft(8) and iptables-extensions(8) have it; a rule of nftables
may become several, and a chain of its own. The answer is the text of iptables-save.
"""
