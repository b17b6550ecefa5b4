"""The program: its commands, its exit codes, and what is said when something goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from iptsim import __version__
from iptsim.cli.options import Language
from iptsim.cli.output import asked_language, complain, language, tell
from iptsim.cli.patience import patience
from iptsim.cli.quick import quick
from iptsim.errors import IptsimError

DONE, FOUND, WRONG, BUG = 0, 1, 2, 70
INTERRUPTED = 130


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code: 0 done, 1 found something, 2 wrong input, 70 a bug."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # text streams
    words = sys.argv[1:] if arguments is None else arguments
    asked = asked_language(words)
    try:
        with patience(words, language(asked)):
            return _called(words)
    except IptsimError as error:
        return _refused(error, asked)
    except (EOFError, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # whatever it is, a person must not see a traceback
        return _usage(error) if hasattr(error, "exit_code") else _bug(error)


def _called(words: Sequence[str]) -> int:
    if list(words) == ["--version"]:
        tell(f"iptsim {__version__}")
        return DONE
    call = quick(words)
    if call is not None:
        command, values = call
        return command(**values)
    from iptsim.cli.typed import app

    return int(app(args=list(words), prog_name="iptsim", standalone_mode=False) or DONE)


def _refused(error: IptsimError, lang: Language | None) -> int:
    from iptsim.render.outputs.error_text import error_text
    from iptsim.render.shared.terminal import style_for

    complain(error_text(error, style_for(sys.stderr, language(lang))))
    return WRONG


def _usage(error: Exception) -> int:
    """Typer's own refusals say themselves what is wrong and where help is."""
    error.show()  # type: ignore[attr-defined]  # ClickException; typer does not name the class
    return WRONG


def _bug(error: Exception) -> int:
    if os.environ.get("IPTSIM_DEBUG"):
        import traceback

        traceback.print_exception(error)
    complain(
        f"error: iptsim has a bug: {type(error).__name__}\n"
        "  Please report it with the command and the dump. IPTSIM_DEBUG=1 shows the details."
    )
    return BUG
