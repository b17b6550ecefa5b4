"""中文：终端里的练习."""

from __future__ import annotations

SENTENCES = {
    "learn.progress": "已完成 {done}/{count}",
    "learn.next": "下一步：`{call}`",
    "learn.finished": "所有练习都已完成。",
    "learn.edit": "编辑",
    "learn.check": "检查",
    "learn.hint": "提示",
    "learn.hints": "（共 {count} 条，已看 {given} 条）",
    "learn.must": "必须成立：",
    "learn.right": "{title}：全部 {count} 项成立",
    "learn.wrong": "{title}：{count} 项中 {held} 项成立",
    "learn.kernel.same": "内核的结果相同",
    "learn.kernel.other": "内核的结果不同：请报告此问题",
    "learn.kernel.unasked": "未经内核验证：{why}",
    "learn.now": "现在：{fate}",
    "learn.rules.one": "现在有 1 条规则",
    "learn.rules.many": "现在有 {count} 条规则",
    "learn.differ": "现在有包的结果与原来不同，可以这样查看：",
    "learn.hint.number": "提示 {number}/{count}",
    "learn.hint.more": "再看一条：`{call}`",
    "learn.hint.last": "这是最后一条提示。",
    "learn.reset": "{file} 已恢复原样。",
}
