"""Notes and errors on the reading of a dump in English."""

from __future__ import annotations

SENTENCES = {
    "IPT0160": "not a line of `ipset save` or `ipset list`",
    "IPT0161": "no such type of sets",
    "IPT0162": "no member of such a set",
    "IPT0163": "no such set is created above",
    "IPT0164": "a second set of that name",
    "IPT0165": "no such option or value of ipset",
    "IPT0166": "{value!r} is not a time such as 2030-12-31T23:59:59",
    "IPT0167": "{value!r} is not a socket such as tcp:10.0.0.2:80, tcp:*:22 or none",
    "IPT0169": "--sysctl {value}: expected a file or KEY=NUMBER",
    "IPT0170": "--sysctl {value}: there is no {name}; is it {near}?",
    "IPT0171": "{file}, line {line}: expected KEY = VALUE: {value}",
    "IPT0172": "not the output of `ip {what}`, line {line}: {value}",
    "IPT0174": (
        "Rules stand here outside of any table, before a COMMIT without its table or behind one: where "
        "in {table} they belong, nothing tells."
    ),
    "IPT0175": "Of {count} states in this text, number {which} is read{told}.",
    "IPT0176": (
        "A patch shows parts of two dumps: what it leaves out, in {count} places, is the same in both "
        "and unknown."
    ),
    "IPT0177": "{count} states are told in this text, not one: {told}",
    "IPT0178": "--state {value}: the text tells fewer states ({count})",
    "IPT0179": "{file} tells one state only: diff takes two dumps, or a patch of two",
    "IPT0168": "--socket none goes with no other --socket",
    "IPT0180": "--name {value}: expected NAME=ADDRESS or NAME=NUMBER",
    "IPT0181": "--name {name}={value}: {name} is {known}",
    "IPT0182": "This text tells of its host: {told}.",
    "IPT0183": "{what} (lines {lines}) is not whole, so it is not used.",
    "IPT0184": "{what} (lines {lines}) differs from what stands above, so neither is used.",
    "IPT0185": (
        "What `iptsim collect` printed ends before its last line: what would follow is unknown."
    ),
    "IPT0186": "The section {section} is cut off here; what follows in it is unknown.",
    "IPT0187": (
        "{section} failed on the host (exit code {exit}); what it would have told is unknown."
    ),
    "IPT0188": (
        "Both back ends hold the table {table}; what {program} shows of it is "
        "not followed, and its rules are unknown."
    ),
    "IPT0189": "Not seen on the host: {sections}.",
    "IPT0190": "{what} (lines {lines}) cannot be read, so it is not used: {why}",
    "IPT0155": "This line calls iptables in a way that is not read, so what it does is not in the answer: {text}",
    "IPT0191": "ifconfig shows no addresses without a label; those that it shows (lines {lines}) are taken to be all.",
    "IPT0193": (
        "Variables of the script are read as it sets them, once and outside of any condition "
        "(lines {lines}): {told}."
    ),
    "IPT0540": "This part of a rule of nftables is not known, so what it does is unknown: {text}",
    "IPT0541": "This is no line of nftables that is known, so what it does is unknown: {text}",
    "IPT0542": "The script takes in {name} here, which is not read: give what `nft list ruleset` prints.",
    "IPT0543": "The text ends within table {table}: what would follow in it is unknown.",
    "IPT0544.tables": "The tables {tables} are iptables' own, of which nft does not show all: use {programs} for them.",
    "IPT0544": (
        "Table {table} is iptables' own, of which nft does not show all: use {program} for table {table}."
    ),
    "IPT0546": (
        "Lines of nftables stand in no table here ({lines}), so whose they are and what else is missing "
        "is unknown: {text}"
    ),
    "IPT0547": (
        "Table {table} is shown in part: its rules name {names}, which this text does not have. So it may have "
        "other chains, too; `nft list ruleset` shows all."
    ),
    "IPT0548": (
        "Table {table} is shown in part: no chain of it is here, so what its rules do is unknown; "
        "`nft list ruleset` shows all."
    ),
    "IPT0549": (
        "Table {table} is shown in part: no chain of it has a hook here, so what leads to its rules is unknown; "
        "`nft list ruleset` shows all."
    ),
    "IPT0553": (
        "Table {table} seems to be shown in part: {names} has no hook here, and no rule leads there. So which "
        "packets come to it is unknown; `nft list ruleset` shows all."
    ),
    "IPT0545": (
        "No set of this text shows an element: `nft -t` leaves them out, so which are there is unknown."
    ),
    "IPT0107": "no iptables dump found in {file}: {why}",
    "IPT0195": (
        "no iptables dump found in {file}: this is a text of {name}, from which the rules of iptables do not "
        "follow; send what `sudo iptables-save` prints on that host"
    ),
    "IPT0196": (
        "no iptables dump found in {file}: this is a text of {name}, which is not carried out by iptables; "
        "send what `sudo iptables-save` prints on a Linux host"
    ),
    "IPT0159": (
        "two dumps stand side by side here (`diff -y`), where rules may be cut off: give the two dumps, "
        "each in a file, or what `diff -u` prints of them"
    ),
    "IPT0194": "this command is broken here, and does not go on in the next line as a rule",
    "IPT0197": "{name} is no table of iptables (there are {known}), so nothing in it is used",
    "IPT0120": "The table that begins here has no COMMIT; the text may be cut off.",
    "IPT0524": "{count} states are told in this text, not one",
    "IPT0526": (
        "{lines} lines of this text begin as those of a dump do; of the first {looked_at} {rules} "
        "were read as rules, and {whole} of them could be read whole"
    ),
    "IPT0522": (
        "The text ends within {name}, before the save does: these tables may have followed, so what "
        "they do is unknown: {tables}."
    ),
    "IPT0523": "This title of a chain is broken, so what it should say is unknown: {text}",
    "IPT0525": (
        "What stands under {name} may be of any of these tables, so what they do is unknown: {tables}."
    ),
    "IPT0121": "Nothing tells the table of this listing; it is taken to be {table}. Name it with -t.",
    "IPT0122": "This line is no part of a dump and was left out: {text}",
    "IPT0123": (
        "Nothing tells whether these are rules of IPv4 or IPv6; they are taken to be of "
        "IPv{family}. Say -4 or -6."
    ),
    "IPT0124": "These rules stand below no chain's header, so their chain is unknown.",
    "IPT0125": (
        "These commands do not lead to the table {table} as the dump lists it, and nothing tells "
        "whether they ran after it: the chains they speak of may hold more."
    ),
    "IPT0154": "The commands below the listing of {table} are taken to have been run after it.",
    "IPT0126": "{command} speaks of a rule of {chain} that stands in no text that was read.",
    "IPT0127": (
        "{words} cannot stand in a rule of IPv{family}, so what this rule does is unknown: {text}"
    ),
    "IPT0128": (
        "There are no rules in this text: it is taken for a host on which no table of iptables is in use."
    ),
    "IPT0129": ("Rules of {program} stand here, which are not of iptables; they were left out."),
    "IPT0130": (
        "The listing hides interfaces, so they are not in this text; rules that it concerns: {count}. "
        "List with -v, or use iptables-save."
    ),
    "IPT0131": (
        "{table} {chain} {rule}: no listing shows {option}; it is left out here, or made up where "
        "iptables-restore asks for it. Take it from iptables-save."
    ),
    "IPT0132": "{table}: nothing tells the policy of {chains}; it is written as ACCEPT.",
    "IPT0133": (
        "{table} {chain} {rule} leads to {to}, which is not in this dump; iptables-restore refuses "
        "that."
    ),
    "IPT0156": (
        "{table} {chain} {rule}: a line break stands in its comment; it is written as a blank, since "
        "iptables-restore reads line by line."
    ),
    "IPT0135": "{table} {chain} {rule}: iptables-save leaves out the negated whole range of {match}, so it is not written; read again, the rule matches more.",
    "IPT0134": (
        "These are rules of IPv4 for iptables-restore and, below them, of IPv6 for "
        "ip6tables-restore. -4 or -6 writes those of one alone."
    ),
    "IPT0151": "Rules of {chain} ({table}) are left out here, and what they do is unknown: {text}",
    "IPT0152": "The text shows only some of the rules of these chains of {table}: {chains}.",
    "IPT0153": (
        "Nothing tells whether the rule of {chain} to {target} is of table {tables}; it "
        "is taken to be of {table}."
    ),
    "IPT0136": (
        "This rule of {chain} ({table}) is not here whole, so what it asks for and does "
        "is unknown: {text}"
    ),
    "IPT0137": (
        "{table}: {count} rules lead to {chain}, and {found} of them are in the text: "
        "rules are missing."
    ),
    "IPT0138": "By the numbers, rules of {chain} ({table}) are missing here: {numbers}.",
    "IPT0139": "{table} {chain}: what the dump leaves out is a comment in this text.",
    "late": "no answer within {seconds} seconds: too much is open",
    "late.reading": (
        "no answer within {seconds} seconds: {where} was still being read; give the part of it that "
        "holds the dump"
    ),
    "late.packet": "; tell more of the packet (--src, --dst, --in, …)",
    "late.chain": "; ask one chain alone (--chain)",
    "late.save": "; or give iptables-save text",
    "late.all": "; or give all that iptables-save prints there, not a part of it",
    "late.working": "still working ({seconds} s)",
    "late.at": "still {stage} ({seconds} s)",
    "progress.packets": "{count} packets answered",
    "late.at.reading": "reading {where}",
    "late.at.walking": "following packets through {where}: rule {at} of {count}",
    "late.at.comparing": "comparing: {at} of {count} kinds of packets",
    "late.at.changes": "telling what changed at {where}: {at} of {count} changes of fate",
    "late.at.ways": "telling how packets fare: {at} of {count} ways",
    "late.at.conditions": "looking for short conditions: {at} of {count} ways",
    "late.at.answers": "telling which packets: {at} of {count} answers",
    "late.at.checking": "checking rules: table {at} of {count}",
    "IPT0500": "{count} more of the text's lines are so.",
    "IPT0504": "This rule cannot be read whole, so what could not be read of it is unknown: {text}",
    "IPT0505": "Left out, as a note that somebody put behind this rule: {words}",
    "IPT0506": "Somebody hid the address {name}, or a part of it, so what it is is unknown.",
    "IPT0507": "iptables did not take this command ({error}), so it was never applied: {command}",
    "IPT0508": "Dashes or quotes that no program takes are read as they are meant: {words}",
    "IPT0509": "The iptables that printed this rule was too old to print its options, which are unknown: {text}",
    "IPT0240": "These are the rules of {name}, where the text has its commands run.",
    "IPT0241": "The places {names} tell the same rules; they are read once.",
    "IPT0515": (
        "iptables-restore did not take this input of table {table}, so it was never applied: {error}"
    ),
    "IPT0516": (
        "These commands stand in a branch of the script ({told}), and nothing tells whether they "
        "ran; what they do holds only if they did. Lines: {lines}."
    ),
    "IPT0517": (
        "The times of this log do not run forwards, so its commands are carried out in the order "
        "of their times, and not of the text."
    ),
    "IPT0518": (
        "Nothing tells in which order commands of this log were run (their times are equal or "
        "missing), so what these chains hold is unknown: {chains}."
    ),
    "IPT0519": "These commands stand behind the exit of the script, so they never ran. Lines: {lines}.",
    "IPT0520": (
        "A shell printed each command as it read it, and with a plus as it ran it (sh -vx). Only "
        "what it ran counts. Lines that are not counted: {lines}."
    ),
    "IPT0521": (
        "A loop had iptables run in several places ({name}), and nothing tells where the rules of "
        "one end, so each rule may be of another place than the one asked about."
    ),
}
