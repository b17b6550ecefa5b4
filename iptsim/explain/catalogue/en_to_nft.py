"""What `convert --to nft` tells, in English."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0880": "{table} {chain} {rule} cannot be said in nft: {what}",
        "IPT0881": "iptables-nft wrote the table {table} ({sign}), and nft does not tell what it does: convert the output of iptables-save",
        "IPT0882": "the text may show only some of the rules of {table} {chain}",
        "IPT0883": "{table} {chain} is called {name}: nft does not take its name",
        "IPT0884": "{table} {chain} {rule}: TCPMSS gives a SYN without that option one, nft lowers only what is there",
        "IPT0885": "{table} {chain} {rule}: the comment is changed, for nft knows no quotes in it and at most 127 bytes",
        "IPT0886": "{count} of these rules cannot be said in nft; --partial writes the others, and these as comments",
        "IPT0887": "iptables-save cannot say this: {what}",
        "IPT0890": "iptables-save cannot say this: {what}; where no socket takes the packet, TPROXY drops it and tproxy lets it go on",
        "IPT0888": "{table} {chain} is called {name}: iptables does not take its name, or another chain has it",
        "IPT0889": "nothing leads to the chain {chain}, which is left out",
    }
)
