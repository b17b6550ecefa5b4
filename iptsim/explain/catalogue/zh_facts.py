"""中文：仅凭转储无法判断的匹配取决于什么."""

from __future__ import annotations

_WHAT = {
    "IPT0355": "集合的成员，而 --ipset 中没有这个集合",
    "IPT0411": "BPF 程序对数据包的判断",
    "IPT0412": "发送方的控制组",
    "IPT0413": "由集群中哪个节点处理",
    "IPT0414": "连接已传输的数据量",
    "IPT0415": "连接的标签",
    "IPT0416": "已打开的连接数",
    "IPT0417": "处理它的 CPU",
    "IPT0418": "接口所属的组",
    "IPT0419": "目的选项头",
    "IPT0424": "目前的速率",
    "IPT0425": "逐跳选项头",
    "IPT0426": "连接的助手",
    "IPT0429": "IPVS 对该连接的记录",
    "IPT0430": "目前的速率",
    "IPT0432": "计数对象",
    "IPT0433": "发送方的操作系统",
    "IPT0434": "IPsec 策略",
    "IPT0435": "剩余的配额",
    "IPT0436": "估计的速率",
    "IPT0437": "路由域",
    "IPT0438": "最近地址列表",
    "IPT0439": "返回发送方的路由",
    "IPT0440": "路由头",
    "IPT0441": "集合的成员",
    "IPT0442": "本机是否有套接字接收它",
    "IPT0443": "段路由头",
    "IPT0444": "概率或计数器",
    "IPT0445": "数据包的内容",
    "IPT0447": "时间",
    "IPT0448": "数据包的字节",
    "IPT0465": "未告知的报头字节",
    "IPT0472": "到达的数据包交给本机哪个程序（iptables 在此处不接受这种匹配）",
}

SENTENCES = {
    **dict.fromkeys(_WHAT, "{detail} 匹配"),
    **{f"{code}.no": "{detail} 不匹配" for code in _WHAT},
    **{f"{code}.what": f"{what}（{{detail}}）" for code, what in _WHAT.items()},
    **{f"{code}.several": what for code, what in _WHAT.items()},
    "IPT0460": "确认包带有有效的 SYN cookie",
    "IPT0461": "集群中的本节点处理该数据包",
    "IPT0464": "有程序在队列 {detail} 上监听",
}
