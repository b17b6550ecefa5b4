"""Which packets meet a fate, in 中文."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0740": "有些答案没有能一路追踪到这一去向的例子；关于其中的包所说的仍然成立。",
        "IPT0741": "只有新建连接的首包才会查 nat 表；同一连接后续的包走同样的路。",
        "IPT0742": "没有包会{met}。",
        "query.met.ACCEPT": "被接受",
        "query.met.DROP": "被丢弃",
        "query.met.REJECT": "被拒绝",
        "query.met.QUEUE": "交给用户态程序裁决",
        "query.met.STOLEN": "被取走",
        "query.met.local": "被放行到本机",
        "query.met.forward": "被转发",
        "query.met.out": "被放行发出",
        "query.met.REDIRECT": "被重定向到本机端口",
        "query.met.DNAT": "被转换目的地址（DNAT）",
        "query.met.SNAT": "被转换源地址（SNAT）",
        "query.met.MASQUERADE": "被转换源地址（MASQUERADE）",
        "query.met.NETMAP": "被映射到另一网段（NETMAP）",
        "query.met.REDIRECT.to": "被重定向到 {to}",
        "query.met.DNAT.to": "被转到 {to}（DNAT）",
        "query.met.SNAT.to": "把源地址改为 {to}（SNAT）",
        "query.met.MASQUERADE.to": "把源端口改为 {to}（MASQUERADE）",
        "query.met.NETMAP.to": "被映射到 {to}（NETMAP）",
        "query.stat": "符合的包共 {count} 组，每组由一条规则决定。",
        "query.stat.open": "符合的包共 {count} 组，每组由一条规则决定；另有 {open} 组可能符合，转储没有说明。",
        "query.found.one": "有 1 条规则会使包{met}。",
        "query.found.many": "有 {count} 条规则会使包{met}。",
        "query.possible.one": "有 1 条规则可能使包{met}。",
        "query.possible.many": "有 {count} 条规则可能使包{met}。",
        "query.possibly": "可能，因为转储没有说明：",
        "query.no-other": "其他的包都不会如此。",
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
