"""Android's netd: who may use which network, tethering, data saver.

Sources: AOSP system/netd as LineageOS/android_system_netd at dbc81b7c (2024-10), server/{BandwidthController,
FirewallController,TetherController,WakeupController,IdletimerController,StrictController,RouteController}.cpp.
"""

from __future__ import annotations

from iptsim.knowledge.known import Keeper, Purpose, Sign, System

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
        "bw_global_alert": (
            "bw_global_alert tells the system when the whole device has used an amount of data.",
            "bw_global_alert 在整机流量达到一定数量时通知系统。",
        ),
        "bw_raw_PREROUTING": (
            "bw_raw_PREROUTING counts what arrives, by interface.",
            "bw_raw_PREROUTING 按接口统计到达的流量。",
        ),
        "bw_mangle_POSTROUTING": (
            "bw_mangle_POSTROUTING counts what leaves, by interface.",
            "bw_mangle_POSTROUTING 按接口统计离开的流量。",
        ),
        "tetherctrl_counters": (
            "tetherctrl_counters counts what tethering forwards, by pairs of interfaces.",
            "tetherctrl_counters 按接口对统计网络共享转发的流量。",
        ),
        "tetherctrl_nat_POSTROUTING": (
            "tetherctrl_nat_POSTROUTING gives what tethered devices send out the phone's address.",
            "tetherctrl_nat_POSTROUTING 把共享设备外发的包换成手机地址。",
        ),
    },
    rules=(
        Purpose(
            chain=r"bw_costly_\w+|bw_penalty_box|bw_happy_box|bw_data_saver",
            rule=r"-m quota2 .*-j REJECT",
            said=(
                "The metered network's limit of data is used up: what goes beyond is refused.",
                "计费网络的流量限额已用完：超出部分拒绝。",
            ),
        ),
        Purpose(
            chain=r"bw_penalty_box",
            rule=r"--uid-owner (?P<uid>\d+) -j REJECT",
            said=(
                "The app of uid {uid} may not use metered data in the background.",
                "uid {uid} 的应用不得在后台使用计费流量。",
            ),
        ),
        Purpose(
            chain=r"bw_happy_box",
            rule=r"--uid-owner (?P<uid>\S+) -j RETURN",
            said=(
                "Apps of uid {uid} may always use metered data.",
                "uid {uid} 的应用始终可以使用计费流量。",
            ),
        ),
        Purpose(
            chain=r"bw_data_saver",
            rule=r"^-j RETURN",
            said=("Data saver is off.", "流量节省模式未开启。"),
        ),
        Purpose(
            chain=r"bw_data_saver",
            rule=r"^-j REJECT",
            said=(
                "Data saver is on: other apps may not use metered data in the background.",
                "流量节省模式已开启：其他应用不得在后台使用计费流量。",
            ),
        ),
        Purpose(
            chain=r"tetherctrl_FORWARD",
            rule=r"^-j DROP",
            said=("What tethering doesn't forward is dropped.", "网络共享未转发的包丢弃。"),
        ),
        Purpose(
            chain=r"tetherctrl_nat_POSTROUTING",
            rule=r"^-o (?P<by>\S+) -j MASQUERADE",
            said=(
                "Tethered devices reach the outside by {by} with the phone's address.",
                "共享设备经 {by} 以手机地址访问外部。",
            ),
        ),
        Purpose(
            chain=r"tetherctrl_counters",
            rule=r"^-i (?P<a>\S+) -o (?P<b>\S+) -j RETURN",
            said=(
                "Counts what tethering forwards from {a} to {b}.",
                "统计网络共享从 {a} 到 {b} 转发的流量。",
            ),
        ),
    ),
    keeper=Keeper(
        name="android-netd",
        marks=r"bw_INPUT|fw_INPUT|oem_fwd",
        chains=r"(?:bw|fw|oem|tetherctrl|natctrl|wakeupctrl|idletimer|st|routectrl|qcom)_\w+",
    ),
)
