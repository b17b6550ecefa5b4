"""`iptsim verify --log`: the packets of a trace log, their steps beside ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iptsim import codes
from iptsim.cli.dump_files import read_text_file, with_host, with_names
from iptsim.cli.output import tell_answer
from iptsim.errors import UsageError

if TYPE_CHECKING:
    from iptsim.cli.options import HostOptions, PacketOptions
    from iptsim.cli.verify import VerifyOptions
    from iptsim.kernel.logs.log_beside import Lined
    from iptsim.model import Dump, Note
    from iptsim.render.shared.terminal import Style


def _text(found: Lined, shown: Style, notes: tuple[Note, ...], verbose: bool) -> object:
    from iptsim.render.outputs.log_text import log_text

    return log_text(found, shown, notes=notes, verbose=verbose)


def _json(found: Lined, shown: Style, notes: tuple[Note, ...], _verbose: bool) -> object:
    from iptsim.render.outputs.log_json import log_json

    return log_json(found, lang=shown.lang, notes=notes)


LOGS: Mapping[str, Callable[[Lined, Style, tuple[Note, ...], bool], object]]
LOGS = {"text": _text, "json": _json}
"""The outputs of `--format` for a log."""


def verify_log(
    dump: Dump,
    packet: PacketOptions,
    host: HostOptions,
    asked: VerifyOptions,
    shown: Style,
    form: str,
) -> int:
    """Tell how the packets of a log go beside ours; the exit code.

    Raises `UsageError` for a text without a line of a trace.
    """
    from iptsim.kernel.logs.log_beside import beside
    from iptsim.kernel.logs.logged_packets import logged_packets

    dump, _names = with_names(dump, host)
    dump, known = with_host(dump, host)
    file = str(asked.log)
    packets = logged_packets(read_text_file(file).splitlines())
    if not packets:
        message = f"{file}: no line of a trace (TRACE: …)"
        raise UsageError(message, code=codes.NO_TRACE_LINES, file=file)
    found = beside(dump, known, packet.given(), packets, file=file)
    tell_answer(LOGS[form](found, shown, dump.notes, asked.verbose))
    return found.exit_code
