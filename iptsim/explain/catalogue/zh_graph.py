"""中文：链图中的发现."""

from __future__ import annotations

SENTENCES = {
    "IPT0501": "{table}表的链构成循环：{loop}。内核会拒绝这样的表。",
    "IPT0502": "{table} {chain}第{rule}条规则指向{to}，而此转储中没有这条链。",
    "IPT0503": "{table} {chain}标明有{listed}处引用，而此转储中有{found}处。",
    "graph.chain": "{name}",
    "graph.policy": "{name}（默认策略{policy}）",
    "graph.absent": "{name}（不在此转储中）",
    "graph.again": "{name}（见上）",
    "graph.rule": "经规则{rules}",
    "graph.rules": "经规则{rules}",
    "graph.goto": "{by}，goto",
    "graph.table": "{table}，IPv{family}",
    "graph.table.both": "{table}，IPv4 和 IPv6",
    "graph.unreached": "任何内置链都到不了的链",
    "graph.unreached_here": "所示规则都到不了的链；元素未列出的映射可能会到",
}
