"""What normalising options comes down to, again and again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from iptsim.model import Option

Options = tuple[Option, ...]


def dropping(defaults: Mapping[str, Hashable]) -> Callable[[Options, int], Options]:
    """A `normalize` that leaves out the options that say only what goes without saying."""

    def normalize(options: Options, _family: int) -> Options:
        return tuple(o for o in options if o.negate or defaults.get(o.name, ...) != o.value)

    return normalize


def adding(options: Options, *defaults: Option) -> Options:
    """The options, and those of `defaults` whose names are not there yet."""
    told = {option.name for option in options}
    return (*options, *(option for option in defaults if option.name not in told))


def unsaved(name: str, value: Hashable) -> Options:
    """The negation of a default, which iptables-save takes for the default itself."""
    return (Option(name=name, value=value, negate=True),)
