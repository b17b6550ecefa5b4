"""中文：无法读取的 Kubernetes 清单."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0800": "不是 YAML：{why}",
        "IPT0801": "超过 {most}",
        "IPT0802": "嵌套超过 {most} 层",
        "IPT0803": "别名展开后超过 {most} 个值",
        "IPT0804": "{key} 在第 {first} 行已经出现过",
        "IPT0805": "这个文档是{what}",
        "IPT0806": "{name} 是{what}",
        "IPT0807": "这是 Helm 模板，其中的 {{{{ }}}} 还没有渲染",
        "IPT0808": "缺少 {path}",
        "IPT0809": "文本中没有清单",
        "IPT0810": "*{name} 之前没有完整的同名锚点",
        "IPT0811": "标签 {tag} 表示的内容不会出现在清单中",
        "IPT0812": "读取清单需要 PyYAML：`pip install pyyaml`",
        "IPT0813": "{value} 不能作为 {name} 的值",
        "IPT0814": "{option}：文本中没有 {kind}",
    }
)
