"""Which packets meet a fate, in 中文."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0740": "有些答案没有能一路追踪到这一去向的例子；关于其中的包所说的仍然成立。",
        "IPT0741": "只有打开连接的包才会询问 nat；同一连接后续的包走同样的路。",
        "IPT0742": "没有包会遇到{fate}。",
        "query.stat": "符合的包共 {count} 组，每组由一条规则决定。",
        "query.stat.open": "符合的包共 {count} 组，每组由一条规则决定；另有 {open} 组可能符合，转储没有说明。",
        "query.found.one": "有 1 条规则使包遇到{fate}。",
        "query.found.many": "有{count}条规则使包遇到{fate}。",
        "query.possible.one": "有 1 条规则可能使包遇到{fate}。",
        "query.possible.many": "有{count}条规则可能使包遇到{fate}。",
        "query.possibly": "可能，因为转储没有说明：",
        "query.no-other": "其他的包都不会。",
        "query.fate": "去向",
        "query.by": "由",
        "query.eg": "例如",
        "query.routing": "路由，与规则无关",
        "query.nobody": "没有规则裁决，因此通过",
        "query.others": "其他情况（请给出包的更多信息）",
        "query.more.one": "……{where}另有 1 个答案（--all 全部列出）",
        "query.more.many": "……{where}另有{count}个答案（--all 全部列出）",
        "query.assumed": "{where}的包的前提：{given}。",
        "query.comma": "、",
        "query.answer": "{where}：{fate}，由{by}决定。",
        "query.answer.possible": "{where}：可能{fate}，由{by}决定。",
        "query.ipv": "IPv{family}",
        "query.returned": "链的末尾，或由它转入（-g）的链",
        "query.no-other.told": "就本文本所示，没有其他包如此。",
    }
)
