"""中文：读取转储时的说明和错误."""

from __future__ import annotations

SENTENCES = {
    "IPT0160": "不是 `ipset save` 或 `ipset list` 的一行",
    "IPT0161": "没有这种集合类型",
    "IPT0162": "不是这种集合的成员",
    "IPT0163": "此前没有创建这个集合",
    "IPT0164": "集合重复出现",
    "IPT0165": "ipset 没有这样的选项或值",
    "IPT0166": "“{value}” 不是时间，例如 2030-12-31T23:59:59",
    "IPT0167": "“{value}” 不是套接字，例如 tcp:10.0.0.2:80、tcp:*:22 或 none",
    "IPT0169": "--sysctl {value}：应为文件或 键=数字",
    "IPT0170": "--sysctl {value}：没有 {name}，是否指 {near}？",
    "IPT0171": "{file} 第 {line} 行：应为“键 = 值”：{value}",
    "IPT0172": "不是 `ip {what}` 的输出，第 {line} 行：{value}",
    "IPT0174": "这里的规则不在任何表之内（COMMIT 之前没有表名，或在 COMMIT 之后），看不出属于{table}表的何处。",
    "IPT0175": "文本里有 {count} 个状态，读取的是第 {which} 个{told}。",
    "IPT0176": "补丁只显示两份转储的一部分：未显示的 {count} 处在两份中相同，内容未知。",
    "IPT0177": "文本里有 {count} 个状态，不是一个：{told}",
    "IPT0178": "--state {value}：文本里没有这么多状态（共 {count} 个）",
    "IPT0179": "{file} 只有一个状态：diff 需要两份转储，或它们的补丁",
    "IPT0168": "--socket none 不能与其他 --socket 同用",
    "IPT0180": "--name {value}：应为 名称=地址 或 名称=数字",
    "IPT0181": "--name {name}={value}：{name} 是 {known}",
    "IPT0182": "这份文本还说明了主机的情况：{told}。",
    "IPT0183": "{what}（第 {lines} 行）不完整，因此没有采用。",
    "IPT0184": "{what}（第 {lines} 行）与前面的不同，因此都没有采用。",
    "IPT0185": "`iptsim collect` 的输出没有到最后一行：其后的内容未知。",
    "IPT0186": "{section} 这一段在此中断，其后的内容未知。",
    "IPT0187": "{section} 在主机上执行失败（退出码 {exit}），它本应给出的内容未知。",
    "IPT0188": "两种后端都有 {table} 表；{program} 显示的那一份没有参与推演，其规则视为未知。",
    "IPT0189": "主机上没有看到：{sections}。",
    "IPT0190": "{what}（第 {lines} 行）无法读取，因此没有采用：{why}",
    "IPT0155": "这一行以无法读取的方式调用了 iptables，其作用未计入答案：{text}",
    "IPT0191": "ifconfig 不显示没有标签的地址；视其显示的（第 {lines} 行）为全部地址。",
    "IPT0193": "脚本中的变量按其唯一的、不在条件语句内的赋值读取（第 {lines} 行）：{told}。",
    "IPT0540": "nft 规则的这一部分无法识别，其作用未知：{text}",
    "IPT0541": "这一行不是可识别的 nft 语句，其作用未知：{text}",
    "IPT0542": "脚本在这里包含 {name}，该文件没有读取：请提供 `nft list ruleset` 的输出。",
    "IPT0543": "文本在 {table} 表内中断：表中其后的内容未知。",
    "IPT0544.tables": "{tables} 表是 iptables 自己的表，nft 显示不全：请用 {programs} 查看。",
    "IPT0544": "{table} 表是 iptables 自己的表，nft 显示不全：请用 {program} 查看 {table} 表。",
    "IPT0546": "这里有不属于任何表的 nftables 行（{lines}），它们属于哪个表、还缺少什么都未知：{text}",
    "IPT0547": "{table} 表没有显示完整：它的规则引用了 {names}，而本文本中没有。因此该表可能还有别的链；`nft list ruleset` 会列出全部内容。",
    "IPT0548": "{table} 表没有显示完整：本文本中没有它的任何链，因此其规则的作用未知；`nft list ruleset` 会列出全部内容。",
    "IPT0549": "{table} 表没有显示完整：它的链在本文本中都没有 hook，因此哪些包会到达其规则未知；`nft list ruleset` 会列出全部内容。",
    "IPT0553": "{table} 表可能没有显示完整：{names} 在本文本中没有 hook，也没有规则跳转到它，因此哪些包会到达它未知；`nft list ruleset` 会列出全部内容。",
    "IPT0545": "文本中没有任何集合显示元素：`nft -t` 会省略元素，因此集合的内容未知。",
    "IPT0107": (
        "{file} 中没有 iptables 转储：这里像是 `nft -j` 的输出，但无法完整读取；"
        "请提供 `sudo nft list ruleset` 或 `sudo iptables-save` 的输出"
    ),
    "IPT0195": (
        "{file} 中没有 iptables 转储：这是 {name} 的文本，由此看不出实际的 iptables 规则；"
        "请提供该主机上 `sudo iptables-save` 的输出"
    ),
    "IPT0196": (
        "{file} 中没有 iptables 转储：这是 {name} 的文本，与 iptables 无关；"
        "请提供 Linux 主机上 `sudo iptables-save` 的输出"
    ),
    "IPT0159": "这里并排放着两份转储（`diff -y`），规则可能被截断：请分别给出两份转储，或给出 `diff -u` 的输出",
    "IPT0194": "命令在此处折行，与下一行连起来也不是一条规则",
    "IPT0197": "iptables 没有名为 {name} 的表（只有 {known}），其中的内容没有采用",
    "IPT0524": "文本里有 {count} 个状态，不是一个",
    "IPT0526": (
        "文本中有 {lines} 行的开头像规则转储；前 {looked_at} 行中有 {rules} 行按规则读取，"
        "其中 {whole} 行能完整读出"
    ),
    "IPT0522": "文本在 {name} 表中途结束，保存内容并不完整：后面可能还有这些表，其作用未知：{tables}。",
    "IPT0523": "这条链标题不完整，其中缺失的内容视为未知：{text}",
    "IPT0525": "{name} 下面的内容可能属于以下任意一个表，因此这些表的作用未知：{tables}。",
    "IPT0120": "从这里开始的表没有 COMMIT；文本可能不完整。",
    "IPT0121": "没有说明此列表属于哪个表；视为{table}。请用 -t 指定。",
    "IPT0122": "这一行不属于转储，已略去：{text}",
    "IPT0123": "没有说明这些规则属于 IPv4 还是 IPv6；视为 IPv{family}。请用 -4 或 -6 指定。",
    "IPT0124": "这些规则上方没有链的标题，所属的链未知。",
    "IPT0125": "这些命令的结果与转储所列的{table}表不同，也看不出是否在列出之后执行：所涉及的链可能还有其他规则。",
    "IPT0154": "{table}表的列表之后的命令，视为在列出之后执行。",
    "IPT0126": "{command}所指的{chain}中的规则不在已读的文本中。",
    "IPT0127": "IPv{family} 的规则里不能出现 {words}，因此无法确定这条规则的作用：{text}",
    "IPT0128": "文本里没有任何规则：视为该主机没有使用任何 iptables 表。",
    "IPT0129": "这里是 {program} 的规则，不属于 iptables，已略过。",
    "IPT0130": "列表不显示接口：{count} 条规则可能只限于某个接口，这里写出时没有接口。请用 -v 列出，或用 iptables-save。",
    "IPT0131": (
        "{table} {chain} {rule}：列表不显示 {option}；这里略去，或在 iptables-restore 需要时虚拟一个。"
        "请从 iptables-save 中取得。"
    ),
    "IPT0132": "{table}：没有说明 {chains} 的策略；写作 ACCEPT。",
    "IPT0133": "{table} {chain} {rule} 指向 {to}，此转储中没有它；iptables-restore 会拒绝。",
    "IPT0156": "{table} {chain} {rule}：注释中有换行；因 iptables-restore 按行读取，写成空格。",
    "IPT0135": "{table} {chain} {rule}：iptables-save 不写 {match} 的取反全范围，这里也未写出；重新读入后该规则会匹配更多包。",
    "IPT0134": (
        "先是给 iptables-restore 的 IPv4 规则，接着是给 ip6tables-restore 的 IPv6 规则。"
        "用 -4 或 -6 只写其中之一。"
    ),
    "IPT0151": "此处略去了 {chain}（{table}表）的规则，作用未知：{text}",
    "IPT0152": "{table}表的这些链只显示了部分规则：{chains}。",
    "IPT0153": "没有说明 {chain} 中指向 {target} 的规则属于哪个表（{tables}）；视为{table}表。",
    "IPT0136": "{chain}（{table}表）的这条规则不完整，匹配什么、做什么都未知：{text}",
    "IPT0137": "{table}表：有 {count} 条规则引用 {chain}，文本中只有 {found} 条，因此缺少规则。",
    "IPT0138": "从编号看，{chain}（{table}表）在此处缺少规则：{numbers}。",
    "IPT0139": "{table} {chain}：转储略去的内容在此文本中写作注释。",
    "late": "{seconds} 秒内没有得出答案：未知的情况太多",
    "late.reading": "{seconds} 秒内没有得出答案：仍在读取 {where}；请只给出含有转储的那一部分",
    "late.packet": "；请给出包的更多信息（--src、--dst、--in 等）",
    "late.chain": "；可只问一条链（--chain）",
    "late.save": "；或者提供 iptables-save 的文本",
    "late.all": "；或者提供 iptables-save 在那里输出的全部内容，而不是一部分",
    "late.working": "仍在处理（已 {seconds} 秒）",
    "late.at": "仍在{stage}（已 {seconds} 秒）",
    "progress.packets": "已回答 {count} 个包",
    "late.at.reading": "读取 {where}",
    "late.at.walking": "跟踪包经过 {where}：第 {at} 条规则，共 {count} 条",
    "late.at.comparing": "比较：第 {at} 类包，共 {count} 类",
    "late.at.changes": "整理 {where} 处的变化：第 {at} 项结果变化，共 {count} 项",
    "late.at.ways": "整理包的去向：第 {at} 种，共 {count} 种",
    "late.at.conditions": "化简条件：第 {at} 种去向，共 {count} 种",
    "late.at.answers": "整理符合的包：第 {at} 个答案，共 {count} 个",
    "late.at.checking": "检查规则：第 {at} 个表，共 {count} 个",
    "IPT0500": "同类的行还有 {count} 条。",
    "IPT0504": "这条规则无法完整读取，未能读出的部分视为未知：{text}",
    "IPT0505": "写在规则后面的备注，已略去：{words}",
    "IPT0506": "地址 {name} 被全部或部分隐去，真实地址未知。",
    "IPT0507": "iptables 没有接受这条命令（{error}），因此它从未生效：{command}",
    "IPT0508": "排版用的破折号或引号没有程序能识别，按其本意读取：{words}",
    "IPT0509": "打印这条规则的 iptables 版本过旧，无法显示其选项，视为未知：{text}",
    "IPT0240": "这些是 {name} 的规则：文本中的命令在那里执行。",
    "IPT0241": "{names} 的规则完全相同，只读取一次。",
    "IPT0515": "iptables-restore 没有接受 {table} 表的这段输入，因此从未生效：{error}",
    "IPT0516": "这些命令位于脚本的分支中（{told}），文本看不出是否执行过，其效果仅在执行过时成立（第 {lines} 行）。",
    "IPT0517": "日志的时间不是由早到晚，命令按时间顺序而不是文本顺序执行。",
    "IPT0518": "日志中有些命令的时间相同或缺失，看不出执行的先后，因此这些链的内容未知：{chains}。",
    "IPT0519": "这些命令位于脚本的 exit 之后，从未执行：第 {lines} 行。",
    "IPT0520": (
        "shell 把每条命令在读入时和执行时（前面带加号）各打印了一次（sh -vx）。这里只算执行过的；"
        "未计入的行：{lines}。"
    ),
    "IPT0521": (
        "循环在多处（{name}）依次执行了 iptables，文本看不出各处的规则到哪里为止，"
        "因此每条规则都可能属于别处。"
    ),
}
