"""中文：笔记本显示而程序不显示的话."""

from __future__ import annotations

SENTENCES = {
    "view.references.one": "{name}（1 处引用）",
    "view.references.many": "{name}（{count} 处引用）",
    "view.more_rules": "……另有 {count} 条规则；convert() 给出全部。",
}
