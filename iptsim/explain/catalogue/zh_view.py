"""中文：笔记本显示而程序不显示的话."""

from __future__ import annotations

SENTENCES = {
    "view.references.one": "{name}（1 处引用）",
    "view.references.many": "{name}（{count} 处引用）",
    "view.more_rules": "……另有 {count} 条规则；convert() 给出全部。",
    "markdown.number": "#",
    "markdown.hook": "钩子",
    "markdown.rule": "规则",
    "markdown.asks": "条件",
    "markdown.does": "动作",
    "markdown.line": "位置",
    "markdown.way": "情形",
    "markdown.fate": "去向",
    "markdown.by": "决定者",
    "markdown.when": "条件",
    "view.part.table": "{table}，IPv{family}：{chains} 条链，{rules} 条规则",
    "view.part.chain": "{table} {name}：{rules} 条规则",
    "view.step.title": "第 {number} 步，共 {count} 步",
    "view.step.packet": "包",
    "view.step.chain": "链",
    "view.step.rule": "规则",
}
