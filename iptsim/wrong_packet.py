"""What is said of a field that no packet can have."""

from __future__ import annotations

from iptsim.errors import UsageError


def wrong(option: str, code: str, message: str) -> UsageError:
    """A `UsageError` whose sentence begins with the option at fault."""
    return UsageError(f"{option}: {message}", code=code, option=option, why=message)


def option_of(key: str) -> str:
    """The option that a key of a JSON packet stands for: `icmp_type` is `--icmp-type`."""
    return "--" + key.replace("_", "-")
