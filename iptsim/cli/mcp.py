"""`iptsim mcp`: the same answers as tools over the Model Context Protocol."""

from __future__ import annotations

from importlib.util import find_spec

from iptsim import codes
from iptsim.errors import UsageError

DONE = 0
_HOW = "pip install 'iptsim[mcp]'"


def mcp() -> int:
    """Answer an assistant over the Model Context Protocol, on standard input and output.

    Its tools are read, trace, why, query, diff, lint, explain and verify; dumps come as texts.
    """
    if find_spec("mcp") is None:
        extra = "the Model Context Protocol SDK (mcp)"
        message = f"this needs {extra}, which is not installed: {_HOW}"
        raise UsageError(message, code=codes.EXTRA_MISSING, extra=extra, how=_HOW)
    from iptsim.cli.mcp_tools import server

    server().run("stdio")
    return DONE
