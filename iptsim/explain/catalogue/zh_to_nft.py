"""What `convert --to nft` tells, in 中文."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0880": "{table} {chain} 第 {rule} 条规则无法用 nft 表达：{what}",
        "IPT0881": "表 {table} 由 iptables-nft 写入（{sign}），nft 的输出看不出它的作用：请转换 iptables-save 的输出",
        "IPT0882": "文本可能只显示了 {table} {chain} 的部分规则",
        "IPT0883": "{table} {chain} 改名为 {name}：nft 不接受原来的链名",
        "IPT0884": "{table} {chain} 第 {rule} 条规则：SYN 没有 MSS 选项时 TCPMSS 会补上，nft 只会调低已有的值",
        "IPT0885": "{table} {chain} 第 {rule} 条规则：注释有改动，nft 的注释不能含引号，且不超过 127 字节",
        "IPT0886": "有 {count} 处无法用 nft 表达；用 --partial 可写出其余规则，这些规则则写成注释",
        "IPT0887": "iptables-save 无法表达：{what}",
        "IPT0890": "iptables-save 无法表达：{what}；没有套接字接收时，TPROXY 会丢弃包，tproxy 则让包继续",
        "IPT0888": "{table} {chain} 改名为 {name}：iptables 不接受原来的链名，或该名称已被占用",
        "IPT0889": "没有规则跳转到链 {chain}，未写出",
    }
)
