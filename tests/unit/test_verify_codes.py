"""The exit code of `verify` for many packets, whatever the kernel says of each."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from iptsim.cli.options import HostOptions, OutputOptions, PacketOptions, ReadOptions
from iptsim.cli.verify import VerifyOptions, verify
from iptsim.kernel import verifying
from iptsim.kernel.host.namespaces import JudgeError
from iptsim.questions import Question
from iptsim.render.outputs import verify_json


class Court:
    """Answers each packet as its `id` says."""

    def __init__(self, *_rules: object, **_host: object) -> None: ...

    def __enter__(self) -> Court:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def verify(self, question: Question, *, skipped: bool) -> SimpleNamespace:
        if question.id == "cannot" or skipped:
            raise JudgeError("no such packet", code="IPT0616")
        return SimpleNamespace(comparison=SimpleNamespace(agrees=question.id == "agree"))


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (("agree", "agree"), 0),
        (("disagree", "agree"), 1),
        (("agree", "cannot"), 2),
        (("disagree", "cannot"), 1),
    ],
)
def test_a_disagreement_outweighs_what_cannot_be_judged(
    answers: tuple[str, ...], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "Verifier", Court)
    monkeypatch.setattr(verify_json, "verify_json", lambda *_found, **_told: {})
    monkeypatch.setattr("sys.platform", "linux")
    dump, packets = tmp_path / "dump", tmp_path / "packets"
    dump.write_text("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")
    packets.write_text("\n".join(json.dumps({"id": answer, "dport": 80}) for answer in answers))
    done = verify(
        [str(dump)],
        packet=PacketOptions(),
        reading=ReadOptions(),
        host=HostOptions(),
        asked=VerifyOptions(packets=str(packets)),
        output=OutputOptions(),
    )
    assert done == code
