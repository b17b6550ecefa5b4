"""Codes of questions that cannot be, and of answers that cannot be given."""

from __future__ import annotations

# What was asked cannot be: a packet, an option, a file.
NO_SUCH_FIELD = "IPT0001"
NEITHER_TEXT_NOR_NUMBER = "IPT0002"
TWO_FAMILIES = "IPT0003"  # what is told of one packet belongs to both families
NO_ADDRESS = "IPT0004"
HAS_NONE = "IPT0005"  # what such packets do not have: a port of icmp, flags of udp
NOT_IN_RANGE = "IPT0006"
NOT_AN_INTERFACE = "IPT0007"
NO_VALUE = "IPT0008"  # a text that is no value of this field
NOT_AT_HOOK = "IPT0009"  # an incoming interface at OUTPUT
NOT_A_FATE = "IPT0010"
FILE_NOT_READ = "IPT0011"
FILE_NOT_UTF8 = "IPT0012"
NO_RULES_OF_ITS_FAMILY = "IPT0013"
STDIN_TWICE = "IPT0014"
NOT_A_JSON_PACKET = "IPT0015"
WRONG_CALL = "IPT0016"  # options or arguments that go together with no answer
CHAIN_IN_SEVERAL_TABLES = "IPT0017"
NO_SUCH_CHAIN = "IPT0018"
CHAIN_NOT_AT_THIS_HOOK = "IPT0019"

# A call of the program whose words cannot be read.
NO_SUCH_COMMAND = "IPT0020"
NO_SUCH_OPTION = "IPT0021"
NEAR_NAME = "IPT0022"  # no such command or option, and one is much like it
VALUE_MISSING = "IPT0023"
TAKES_NO_VALUE = "IPT0024"
NONE_OF_THESE = "IPT0025"
ARGUMENT_MISSING = "IPT0026"
DUMP_MISSING = "IPT0027"
WORD_TOO_MANY = "IPT0028"
FAMILIES_EXCLUDE = "IPT0029"

# A command of `diff --with` that the host would not take.
NO_COMMANDS = "IPT0030"
TAKES_NO_CHAIN = "IPT0031"
TAKES_NO_TARGET = "IPT0032"
NO_RULE_OF_NUMBER = "IPT0033"
NO_RULE_LIKE_IT = "IPT0034"
CHAIN_IS_THERE = "IPT0035"
CHAIN_IN_USE = "IPT0036"
CHAIN_IS_BUILT_IN = "IPT0037"
POLICY_OF_NO_BUILTIN = "IPT0038"
NO_SUCH_POLICY = "IPT0039"
MAKES_A_LOOP = "IPT0040"
NAME_OF_A_TARGET = "IPT0041"
NAME_TOO_LONG = "IPT0042"
SHELL_NOT_FOLLOWED = "IPT0048"  # what is no command of iptables, in what was to be carried out
TAKES_NO_TABLE = "IPT0049"
SEVERAL_LIKE_IT = "IPT0050"
CHECK_UNTOLD = "IPT0051"
DUMP_LACKS_FAMILY = "IPT0052"
NOT_TAKEN = "IPT0043"  # lint tells why
NO_LOG_LINE = "IPT0046"
DID_YOU_MEAN = "IPT0047"

# `diff --commands` cannot write them.
COMMANDS_NOT_WRITTEN = "IPT0044"
CHAIN_NOT_WHOLE = "IPT0045"
TABLE_NOT_TOLD = "IPT0053"
TABLE_LEFT_ALONE = "IPT0054"  # a note: a table that B does not tell
BRIDGED_LINE = "IPT0055"

# An answer that cannot be given, or written.
TOO_MANY_WAYS = "IPT0141"
JUMP_LOOP = "IPT0142"
JUMPS_TOO_DEEP = "IPT0143"
NOT_A_HOOK = "IPT0144"
PACKET_OF_OTHER_FAMILY = "IPT0145"
TOO_MANY_STEPS = "IPT0146"
NOT_OF_THIS_CONNECTION = "IPT0150"
TIME_UP = "IPT0192"
ANSWER_NOT_WRITTEN = "IPT0198"
WRONG_SET_OF_PACKETS = "IPT0199"
TPROXY_WITHOUT_PORT = "IPT0462"
PACKET_SETS_TOO_LARGE = "IPT0701"
