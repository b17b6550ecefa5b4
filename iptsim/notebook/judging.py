"""The same packet by the real kernel."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.errors import IptsimError, UsageError
from iptsim.host import Host
from iptsim.kernel.verifying import Verified, Verifier
from iptsim.model import Dump
from iptsim.notebook.shown import Shown, style_of
from iptsim.questions import Question
from iptsim.render.outputs.html import text_html
from iptsim.render.outputs.verify_json import verify_json
from iptsim.render.outputs.verify_text import verify_text

if TYPE_CHECKING:
    from iptsim.notebook import Json, Rules

Asked = tuple[Dump, Question, Host, str, bool]
_CHILD = "from iptsim.notebook.judging import child; child()"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Judged(Shown):
    """Our trace beside the kernel's; `verified` holds both as data."""

    rules: Rules
    verified: Verified

    @property
    def agrees(self) -> bool:
        """Whether the kernel went the same steps to the same end."""
        return self.verified.comparison.agrees

    def json(self) -> Json:
        """The answer as data, `iptsim.verify/1`."""
        return verify_json(self.verified, lang=self.rules.lang, notes=self.rules.notes)

    def __str__(self) -> str:
        return verify_text(self.verified, style_of(self.rules), notes=self.rules.notes)

    def _repr_html_(self) -> str:
        return text_html(str(self))


def judge(asked: Asked) -> Verified:
    """The kernel's answer, from a throwaway network namespace.

    Who is not root needs a user namespace, which a process enters for good and with one thread
    only: so another process asks then. Raises what `Verifier` raises.
    """
    if sys.platform != "linux":
        raise UsageError("the real kernel can be asked on Linux only", code=codes.LINUX_ONLY)
    return _here(asked) if os.geteuid() == 0 else _elsewhere(asked)


def _here(asked: Asked) -> Verified:
    dump, question, host, backend, skipped = asked
    with Verifier(dump, host, backend=backend) as verifier:
        return verifier.verify(question, skipped=skipped)


def _elsewhere(asked: Asked) -> Verified:
    call = [sys.executable, "-c", _CHILD]
    done = subprocess.run(call, input=pickle.dumps(asked), capture_output=True, check=True)  # noqa: S603  # ourselves
    found = pickle.loads(done.stdout)  # noqa: S301  # our own child's
    if isinstance(found, Verified):
        return found
    message, code, facts = found
    raise UsageError(message, code=code, **facts)


def child() -> None:
    """Answer what stands in standard input, for `judge` in another process."""
    asked: Asked = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent's
    answer: Any
    try:
        answer = _here(asked)
    except IptsimError as error:
        told = {name: str(fact) for name, fact in error.facts.items()}
        answer = (error.message, error.code, told)
    sys.stdout.buffer.write(pickle.dumps(answer))
