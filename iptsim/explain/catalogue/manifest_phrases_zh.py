"""中文：Kubernetes 清单的错误原因与应有的写法。英文原文即键."""

from __future__ import annotations

from types import MappingProxyType

PHRASES = MappingProxyType(
    {
        "a mapping": "映射",
        "a list": "列表",
        "a text": "文本",
        "a bare number": "未加引号的数字",
        "a bare true or false": "未加引号的 true 或 false",
        "empty": "空值",
        "a whole number": "整数",
        "true or false": "true 或 false",
        "a text; true, false and numbers stand in quotes": "文本；true、false 和数字要加引号",
        "it is no YAML": "语法有误",
        "a second ': ' in one line": "一行中出现了第二个冒号",
        "a line that is neither KEY: VALUE nor below a key": "这一行既不是“键: 值”，也不属于上面的键",
        "a line that is indented as none above it": "缩进与上文不一致",
        "a quote that nothing closes": "引号没有闭合",
        "a list in brackets that goes on otherwise": "方括号列表没有正确结束",
        "a mapping in braces that goes on otherwise": "花括号映射没有正确结束",
        "a backslash in double quotes before a letter that means nothing there": "双引号中的反斜杠转义无效",
        "a sign that no bare value begins with": "不加引号的值不能以这个符号开头",
        "the value in quotes": "给值加上引号",
        "a tab where YAML takes blanks alone": "此处有制表符，YAML 只允许空格",
        "a control character": "含有控制字符",
        "a key that is no text": "键不是文本",
        "YAML or JSON, as `kubectl get -o yaml` prints it": "YAML 或 JSON，例如 `kubectl get -o yaml` 的输出",
        "a value with ': ' in quotes, or the key on a line of its own": "含冒号的值要加引号，或把键另起一行",
        "KEY: VALUE, indented as the keys around it": "“键: 值”，缩进与相邻的键相同",
        "as many blanks as the keys around it": "与相邻的键相同的空格数",
        "the quote again behind the text": "文本之后的另一个引号",
        "a comma or ]": "逗号或 ]",
        "a comma or }": "逗号或 }",
        "single quotes, or the backslash twice": "单引号，或写两个反斜杠",
        "blanks": "空格",
        "a text without control characters": "不含控制字符的文本",
        "what `helm template` or `kubectl get -o yaml` prints": "`helm template` 或 `kubectl get -o yaml` 的输出",
        "a manifest of a few objects": "只含少量对象的清单",
        "&{name} at a value above": "前面的某个值带有 &{name}",
        "KEY: VALUE": "“键: 值”",
        "In, NotIn, Exists or DoesNotExist": "In、NotIn、Exists 或 DoesNotExist",
        "one value or more": "至少一个值",
        "no values": "不带值",
        "enabled or disabled": "enabled 或 disabled",
        "each key once": "每个键只出现一次",
        "a value without a tag": "不带标签的值",
        "more than {most}": "超过 {most}",
        "an object of Kubernetes, such as `kubectl get -o yaml` prints": "Kubernetes 对象，例如 `kubectl get -o yaml` 的输出",
    }
)
