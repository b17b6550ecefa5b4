"""The AWS VPC CNI (aws-node): the source address of what pods send out of the VPC.

Sources: aws/amazon-vpc-cni-k8s, pkg/networkutils/network.go.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

SYSTEM = System(
    name="aws-vpc-cni",
    title="AWS VPC CNI",
    signs=(
        Sign(chain=r"AWS-(?:SNAT|CONNMARK)-CHAIN-\d+"),
        Sign(chain=r"PREROUTING|POSTROUTING", rule=r'--comment "?AWS, '),
    ),
    chains={
        "AWS-SNAT-CHAIN-*": (
            "The AWS-SNAT chains give what pods send out of the VPC the node's first address.",
            "AWS-SNAT 链把 Pod 发往 VPC 之外的包换成节点主网卡的地址。",
        ),
        "AWS-CONNMARK-CHAIN-*": (
            "The AWS-CONNMARK chains mark pods' connections out of the VPC, so that they leave by the first network interface.",
            "AWS-CONNMARK 链给 Pod 发往 VPC 之外的连接打标记，使其从主网卡离开。",
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
            chain=r"AWS-SNAT-.+",
            rule=r"-j SNAT --to-source (?P<to>\S+)",
            said=(
                "What leaves the VPC gets the address {to}, unless AWS_VPC_K8S_CNI_EXTERNALSNAT is true.",
                "离开 VPC 的包换成源地址 {to}（AWS_VPC_K8S_CNI_EXTERNALSNAT 为 true 时没有此规则）。",
            ),
        ),
        Purpose(
            chain=r"AWS-.+|PREROUTING",
            rule=r'"AWS, primary ENI"',
            said=(
                "Connections to ports of the node are answered by the interface that they came by.",
                "访问节点端口的连接从原网卡应答。",
            ),
        ),
    ),
    keeper=Keeper(name="aws-vpc-cni", chains=r"AWS-.+"),
)
