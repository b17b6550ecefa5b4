"""The Docker engine's bridge networks and swarm.

Sources: moby/moby, libnetwork/drivers/bridge/setup_ip_tables_linux.go and
daemon/libnetwork/drivers/bridge/internal/{iptabler,nftabler}, read at v17.12.0-ce to docker-v29.2.0 (DOCKER-FORWARD is from
28.0.1 on, DOCKER-INTERNAL in place of the isolation chains from 29.0.0; STAGE-1 and -2 are in 18.03.1, not in 18.04);
integration/network/bridge/iptablesdoc; Docker's documents «Packet filtering and firewalls»; the rules that 20.10.24 made
(fixtures/systems).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Limit, Purpose, Sign, System

_BRIDGE = r"(?:docker\d+|docker_gwbridge|br-\w+)"

SYSTEM = System(
    name="docker",
    title="Docker",
    signs=(
        Sign(chain=r"DOCKER|DOCKER-(?:USER|INGRESS)|DOCKER_(?:OUTPUT|POSTROUTING)"),
        Sign(chain=r"DOCKER-(?:FORWARD|BRIDGE|CT)", since="28.0.1"),
        Sign(chain=r"DOCKER-INTERNAL", since="29"),
        Sign(chain=r"DOCKER-ISOLATION", until="18.04"),
        Sign(chain=r"DOCKER-ISOLATION-STAGE-[12]", since="18.03.1", until="28.5"),
        Sign(chain=r"POSTROUTING", table="nat", rule=r"! -o docker0 -j MASQUERADE"),
        Sign(chain=r"PREROUTING", table="raw", rule=r"^-d \S+ ! -i docker0 -j DROP", since="28"),
        Sign(chain=r"DOCKER-USER", since="17.06", dates=True),
        Sign(
            chain=r"FORWARD",
            table="filter",
            rule=r"^-j DOCKER-ISOLATION-STAGE-1",
            lacks=r"-j DOCKER-FORWARD",
            until="28.0.0",
            dates=True,
        ),
        Sign(
            chain=r"FORWARD",
            table="filter",
            rule=rf"^-o {_BRIDGE} -j DOCKER$",
            lacks=r"-j DOCKER-FORWARD",
            until="27",
            dates=True,
        ),
        Sign(chain=r".+", table=r"ip6? docker-bridges", since="28.2"),
    ),
    chains={
        "filter-forward-in__*": (
            "Packets into one of Docker's networks are judged here.",
            "进入 Docker 某个网络的包在这里裁决。",
        ),
        "filter-forward-out__*": (
            "Packets out of one of Docker's networks are judged here.",
            "离开 Docker 某个网络的包在这里裁决。",
        ),
        "nat-postrouting-in__*": (
            "What this host sends into one of Docker's networks may get another source here.",
            "本机发往 Docker 某个网络的包可能在这里改源地址。",
        ),
        "nat-postrouting-out__*": (
            "Packets that leave one of Docker's networks get this host's address here.",
            "离开 Docker 某个网络的包在这里改为本机地址。",
        ),
        "nat-prerouting-and-output": (
            "nat-prerouting-and-output holds the ports that containers publish.",
            "nat-prerouting-and-output 存放容器发布的端口。",
        ),
        "DOCKER": (
            "DOCKER holds the rules for the ports that containers publish.",
            "DOCKER 存放容器所发布端口的规则。",
        ),
        "DOCKER-USER": (
            "DOCKER-USER is left to the administrator: Docker asks it first.",
            "DOCKER-USER 留给管理员使用，Docker 最先经过它。",
        ),
        "DOCKER-FORWARD": (
            "DOCKER-FORWARD is where Docker judges packets from and to containers.",
            "Docker 在 DOCKER-FORWARD 里裁决进出容器的包。",
        ),
        "DOCKER-BRIDGE": (
            "DOCKER-BRIDGE tells Docker's bridges apart.",
            "DOCKER-BRIDGE 区分 Docker 的各个网桥。",
        ),
        "DOCKER-CT": (
            "DOCKER-CT lets packets of connections already open reach containers.",
            "DOCKER-CT 让已建立连接的包到达容器。",
        ),
        "DOCKER-INTERNAL": (
            "DOCKER-INTERNAL keeps internal networks from the outside.",
            "DOCKER-INTERNAL 把内部网络与外界隔开。",
        ),
        "DOCKER-INGRESS": (
            "DOCKER-INGRESS spreads connections to a swarm's published ports.",
            "DOCKER-INGRESS 分发访问 swarm 发布端口的连接。",
        ),
        "DOCKER_OUTPUT": (
            "DOCKER_OUTPUT sends a container's DNS questions to Docker's own resolver.",
            "DOCKER_OUTPUT 把容器的 DNS 查询送到 Docker 自己的解析器。",
        ),
        "DOCKER_POSTROUTING": (
            "DOCKER_POSTROUTING makes the answers of Docker's own resolver come from port 53.",
            "DOCKER_POSTROUTING 让 Docker 解析器的回答看起来来自端口 53。",
        ),
        "DOCKER-ISOLATION": (
            "DOCKER-ISOLATION keeps Docker's networks from each other.",
            "DOCKER-ISOLATION 把 Docker 的各个网络彼此隔开。",
        ),
        "DOCKER-ISOLATION-STAGE-1": (
            "DOCKER-ISOLATION-STAGE-1 finds packets that leave one of Docker's networks.",
            "DOCKER-ISOLATION-STAGE-1 找出要离开某个 Docker 网络的包。",
        ),
        "DOCKER-ISOLATION-STAGE-2": (
            "DOCKER-ISOLATION-STAGE-2 drops what would pass from one of Docker's networks into another.",
            "DOCKER-ISOLATION-STAGE-2 丢弃要从一个 Docker 网络进入另一个的包。",
        ),
    },
    rules=(
        Purpose(
            chain=r"POSTROUTING",
            rule=rf"^-s (?P<net>\S+) ! -o (?P<by>{_BRIDGE}) -j MASQUERADE",
            said=(
                "Containers of {net} ({by}) reach the outside with this host's address.",
                "{net}（{by}）的容器以本机地址访问外部。",
            ),
        ),
        Purpose(
            chain=r"POSTROUTING",
            rule=r"^-s (?P<at>\S+)/32 -d (?P=at)/32 .*-j MASQUERADE",
            said=(
                "A container that calls its own published port: the answer must come back by this host (hairpin).",
                "容器访问自己发布的端口：应答须经本机返回（hairpin）。",
            ),
        ),
        Purpose(
            chain=r"DOCKER",
            rule=r"--dport (?P<port>\d+) -j DNAT --to-destination (?P<to>\S+)",
            said=(
                "Published port {port} leads to the container at {to}.",
                "发布的端口 {port} 通向容器 {to}。",
            ),
        ),
        Purpose(
            chain=r"DOCKER",
            rule=r"^-d (?P<to>\S+)/32 ! -i .*--dport (?P<port>\d+) -j ACCEPT",
            said=(
                "Lets connections to the published port {port} of the container {to} through.",
                "放行到容器 {to} 所发布端口 {port} 的连接。",
            ),
        ),
        Purpose(
            chain=r"DOCKER",
            rule=r"^! -i (?P<by>\S+) -o (?P=by) -j DROP",
            said=(
                "Ports that containers of {by} don't publish are not reached from outside of it.",
                "从 {by} 之外访问不到其容器未发布的端口。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING",
            rule=r"^-d (?P<to>\S+)/32 ! -i (?P<by>\S+) -j DROP",
            said=(
                "Nobody outside of {by} reaches the container {to} by its own address.",
                "{by} 之外的主机不能直接用容器地址 {to} 访问它。",
            ),
        ),
        Purpose(
            chain=r"FORWARD|DOCKER-FORWARD",
            rule=rf"^-i (?P<by>{_BRIDGE})(?: ! -o (?P=by))? -j ACCEPT",
            said=(
                "Containers on {by} may reach the outside.",
                "{by} 上的容器可以访问外部。",
            ),
        ),
        Purpose(
            chain=r"FORWARD|DOCKER-FORWARD",
            rule=rf"^-i (?P<by>{_BRIDGE}) -o (?P=by) -j (?P<does>ACCEPT|DROP)",
            said=(
                "Containers on {by} among each other ({does}: `--icc`).",
                "{by} 上容器之间的互访（{does}，即 `--icc`）。",
            ),
        ),
        Purpose(
            chain=r"FORWARD|DOCKER-CT",
            rule=rf"^-o (?P<by>{_BRIDGE}) .*--ctstate RELATED,ESTABLISHED -j ACCEPT",
            said=(
                "Answers to what containers on {by} began come back.",
                "放行 {by} 上容器所发起连接的应答。",
            ),
        ),
        Purpose(
            chain=r"DOCKER",
            rule=r"^-i (?P<by>\S+) -j RETURN",
            said=(
                "Containers of {by} that call published ports reach the container itself, not this host's port.",
                "{by} 的容器访问发布端口时不在此转换。",
            ),
        ),
        Purpose(
            chain=r"DOCKER-ISOLATION-STAGE-2",
            rule=r"^-o (?P<by>\S+) -j DROP",
            said=(
                "Nothing passes from another of Docker's networks to {by}.",
                "不允许从其他 Docker 网络进入 {by}。",
            ),
        ),
        Purpose(
            chain=r"DOCKER-ISOLATION(?:-STAGE-[12])?|DOCKER-USER",
            rule=r"^-j RETURN",
            said=("What nothing above stopped goes on.", "未被以上规则拦下的包继续。"),
        ),
        Purpose(
            chain=r"DOCKER-INTERNAL",
            rule=r"-j DROP",
            said=(
                "An internal network is reached from itself alone.",
                "内部网络只能从其自身访问。",
            ),
        ),
        Purpose(
            chain=r"DOCKER-BRIDGE",
            rule=r"^-o (?P<by>\S+) -j DOCKER",
            said=(
                "What goes to containers on {by} passes the rules of published ports.",
                "去往 {by} 上容器的包要经过发布端口的规则。",
            ),
        ),
        Purpose(
            chain=r"PREROUTING",
            rule=r"^-m addrtype --dst-type LOCAL -j DOCKER",
            said=(
                "Published ports are looked for in what arrives for this host.",
                "对到达本机的连接查找已发布的端口。",
            ),
        ),
        Purpose(
            chain=r"OUTPUT",
            rule=r"^(?:! -d \S+ )?-m addrtype --dst-type LOCAL -j DOCKER",
            said=(
                "Published ports are looked for in what this host sends to itself.",
                "对本机访问自身的连接查找已发布的端口。",
            ),
        ),
    ),
    limits=(
        Limit(chain="DOCKER", text="-j RETURN", written="-i docker0/br-…", names=_BRIDGE),
        Limit(
            chain="DOCKER-ISOLATION-STAGE-1",
            text="-j DOCKER-ISOLATION-STAGE-2",
            written="-i docker0/br-…",
            names=_BRIDGE,
        ),
        Limit(
            chain="DOCKER-ISOLATION-STAGE-2",
            text="-j DROP",
            written="-o docker0/br-…",
            names=_BRIDGE,
        ),
    ),
    keeper=Keeper(
        name="docker",
        chains=r"DOCKER(?:[-_].+)?",
        users=r"DOCKER-USER",
        rules=(
            r"-A FORWARD (?:-i (docker\d+|docker_gwbridge|br-\w+) (?:! )?-o \1"
            r"|-o (?:docker\d+|docker_gwbridge|br-\w+) -m conntrack --ctstate RELATED,ESTABLISHED)"
            r" -j ACCEPT"
        ),
    ),
)
