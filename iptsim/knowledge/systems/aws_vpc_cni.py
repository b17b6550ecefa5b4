"""The AWS VPC CNI (aws-node): the source address of what pods send out of the VPC.

Sources: aws/amazon-vpc-cni-k8s, pkg/networkutils/network.go, read at v1.7.0 to v1.22.4 (up to v1.16.0 a chain for each
network of the VPC, from v1.16.2 on one chain with a RETURN for each).
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="aws-vpc-cni",
    title="AWS VPC CNI",
    signs=(
        Sign(chain=r"AWS-(?:SNAT|CONNMARK)-CHAIN-\d+"),
        Sign(chain=r"PREROUTING|POSTROUTING", rule=r'--comment "AWS(?:, | SNAT CHAIN")'),
        Sign(chain=r"FORWARD", rule=r'"Block Node Local Pod access via IPv[46]"'),
        Sign(
            chain=r"AWS-(?:SNAT|CONNMARK)-CHAIN-0", rule=r"^! -d \S+ ", until="1.16.0", dates=True
        ),
        Sign(
            chain=r"AWS-(?:SNAT|CONNMARK)-CHAIN-0",
            rule=r"^-d \S+ .*-j RETURN",
            since="1.16.2",
            dates=True,
        ),
        Sign(chain=r"AWS-CONNMARK-CHAIN-0", since="1.8", dates=True),
    ),
    chains={
        "AWS-SNAT-CHAIN-*": (
            "The AWS-SNAT chains give what pods send out of the VPC the node's first address.",
            "AWS-SNAT 链把 Pod 发往 VPC 之外的包换成节点主网卡的地址。",
        ),
        "AWS-CONNMARK-CHAIN-*": (
            "The AWS-CONNMARK chains mark pods' connections out of the VPC, so that they and their answers go by the first network interface.",
            "AWS-CONNMARK 链给 Pod 发往 VPC 之外的连接打标记，使其及应答都走主网卡。",
        ),
    },
    marks={
        "0x80/0x80": (
            "Mark 0x80 has packets go by the node's first network interface.",
            "标记 0x80 使包走节点的主网卡。",
        )
    },
    rules=(
        Purpose(
            chain=r"AWS-.+",
            rule=r"^! -d (?P<net>\S+) .*-j AWS-",
            said=(
                "What stays in {net} of the VPC keeps its address.",
                "发往 VPC 网段 {net} 的包保留源地址。",
            ),
        ),
        Purpose(
            chain=r"AWS-.+",
            rule=r'^-d (?P<net>\S+) .*"AWS (?:SNAT CHAIN EXCLUSION|CONNMARK CHAIN, EXCLUDED CIDR)".* -j RETURN',
            said=(
                "{net} is excluded (AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS): what goes there keeps its address.",
                "{net} 已排除（AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS）：发往它的包保留源地址。",
            ),
        ),
        Purpose(
            chain=r"AWS-.+",
            rule=r"^-d (?P<net>\S+) .*-j RETURN",
            said=(
                "What stays in {net} of the VPC keeps its address.",
                "发往 VPC 网段 {net} 的包保留源地址。",
            ),
        ),
        Purpose(
            chain=r"AWS-SNAT-.+",
            rule=r"-j SNAT --to-source (?P<to>\S+)",
            said=(
                "What leaves the VPC gets the address {to}, unless AWS_VPC_K8S_CNI_EXTERNALSNAT is true.",
                "离开 VPC 的包换成源地址 {to}（AWS_VPC_K8S_CNI_EXTERNALSNAT 为 true 时没有此规则）。",
            ),
        ),
        Purpose(
            chain=r"AWS-.+|PREROUTING",
            rule=r'"AWS, primary ENI".*--set-x?mark',
            said=(
                "Connections that reach the node by its first interface are marked, so that they are answered by it (node ports).",
                "给经主网卡到达节点的连接打标记，使应答也从主网卡返回（节点端口）。",
            ),
        ),
        Purpose(
            chain=r"AWS-.+|PREROUTING",
            rule=r'"AWS, (?:primary ENI|CONNMARK)".*--restore-mark',
            said=(
                "Packets of marked connections get their mark again, so that they go by the node's first interface.",
                "给已标记连接的包恢复标记，使其走主网卡。",
            ),
        ),
        Purpose(
            chain=r"AWS-CONNMARK-.+",
            rule=r'"AWS, CONNMARK".*--set-xmark',
            said=(
                "What leaves the VPC is marked to go by the node's first interface.",
                "离开 VPC 的连接打上走主网卡的标记。",
            ),
        ),
        Purpose(
            chain=r"FORWARD",
            rule=r'"Block Node Local Pod access via IPv[46]"',
            said=(
                "Pods' node-local addresses, which they have for traffic of the other IP family, are reached by nobody.",
                "Pod 用于另一 IP 协议族出站的节点本地地址不允许被访问。",
            ),
        ),
    ),
    keeper=Keeper(name="aws-vpc-cni", chains=r"AWS-.+"),
)
