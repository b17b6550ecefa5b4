"""Android's netd: who may use which network, tethering, data saver.

Sources: AOSP system/netd, server/{Controllers,BandwidthController,FirewallController,
TetherController,WakeupController,IdletimerController,StrictController}.cpp.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Sign, System

SYSTEM = System(
    name="android-netd",
    title="Android netd",
    signs=(
        Sign(
            chain=r"(?:bw_(?:INPUT|FORWARD|OUTPUT|costly_shared|happy_box|penalty_box|data_saver|global_alert|raw_PREROUTING|mangle_POSTROUTING)|fw_(?:INPUT|FORWARD|OUTPUT|dozable|standby|powersave)|oem_(?:fwd|in|out|nat_pre))"
        ),
        Sign(chain=r"tetherctrl_.+"),
        Sign(chain=r"natctrl_.+"),
        Sign(chain=r"(?:st_(?:OUTPUT|clear_detect|clear_caught|penalty_log|penalty_reject))"),
    ),
    chains={
        "bw_*": (
            "A bw chain counts and limits data use (bandwidth controller).",
            "bw 链统计并限制流量使用（带宽控制）。",
        ),
        "bw_penalty_box": (
            "bw_penalty_box refuses apps that may not use metered data in the background.",
            "bw_penalty_box 拒绝不得在后台使用计费流量的应用。",
        ),
        "bw_happy_box": (
            "bw_happy_box holds apps that may always use metered data.",
            "bw_happy_box 存放始终可以使用计费流量的应用。",
        ),
        "bw_data_saver": (
            "bw_data_saver refuses metered data in the background while data saver is on.",
            "bw_data_saver 在流量节省模式下拒绝后台使用计费流量。",
        ),
        "bw_costly_*": (
            "A bw_costly chain judges what apps do over a metered network.",
            "bw_costly 链裁决应用在计费网络上的流量。",
        ),
        "fw_*": (
            "A fw chain lets apps use the network, or not, by their state (firewall controller).",
            "fw 链按应用状态决定能否使用网络（防火墙控制）。",
        ),
        "fw_dozable": (
            "fw_dozable lets only allowed apps use the network while the device dozes.",
            "fw_dozable 在低电耗模式（Doze）下只允许名单内的应用联网。",
        ),
        "fw_standby": (
            "fw_standby refuses apps that stand by.",
            "fw_standby 拒绝处于待机状态的应用。",
        ),
        "fw_powersave": (
            "fw_powersave lets only allowed apps use the network in power save mode.",
            "fw_powersave 在省电模式下只允许名单内的应用联网。",
        ),
        "oem_*": ("An oem chain is left to the maker of the device.", "oem 链留给设备厂商使用。"),
        "tetherctrl_*": (
            "A tetherctrl chain serves tethering: forwarding, counters, the shared address.",
            "tetherctrl 链用于网络共享：转发、计数与地址转换。",
        ),
        "natctrl_*": (
            "A natctrl chain serves tethering.",
            "natctrl 链用于网络共享。",
        ),
        "wakeupctrl_*": (
            "A wakeupctrl chain tells of packets that wake the device.",
            "wakeupctrl 链记录唤醒设备的包。",
        ),
        "idletimer_*": (
            "An idletimer chain tells when an interface falls idle.",
            "idletimer 链在接口空闲时发出通知。",
        ),
        "st_*": (
            "An st chain finds apps that send clear text (strict mode).",
            "st 链查找发送明文的应用（严格模式）。",
        ),
        "routectrl_*": (
            "A routectrl chain marks packets by the network that they came from.",
            "routectrl 链按来源网络给包打标记。",
        ),
        "qcom_*": (
            "A qcom chain is of the chip's maker (Qualcomm).",
            "qcom 链由芯片厂商（高通）使用。",
        ),
    },
    keeper=Keeper(
        name="android-netd",
        marks=r"bw_INPUT|fw_INPUT|oem_fwd",
        chains=r"(?:bw|fw|oem|tetherctrl|natctrl|wakeupctrl|idletimer|st|routectrl|qcom)_\w+",
    ),
)
