"""规则由谁写下；各链与规则的用途在 iptsim.knowledge 中."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "know.limit": "{system} 在 {rule} 中写有 `{written}`，因此走其他接口的包不会匹配它。",
        "know.limit.many": "{system} 在 {rule} 中写有 `{written}`，因此走其他接口的包不会匹配它们。",
        "know.network": "{rule} 表明 {network} 在 {bridge} 后面，因此发往 {address} 的包很可能由它离开；用 `--out` 或 `--route` 可以确定。",
        "know.use": "{system}：{said}",
        "know.system.some": "{name} {span}（{signs}）",
        "know.system.any": "{name}（{signs}）",
        "know.span.exact": "{since}",
        "know.span.between": "{since}–{until}",
        "know.span.since": "≥ {since}",
        "know.span.until": "≤ {until}",
        "know.span.mixed": "多个版本混杂（既有 {since} 起的规则，又有 {until} 及以前的规则）",
        "know.more": "另有 {count} 处",
        "know.written": "规则来源：{systems}",
    }
)
