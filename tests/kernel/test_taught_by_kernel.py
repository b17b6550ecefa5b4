"""The kernel's word to the exercises of `iptsim learn`, and to the library's `verify`."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

import iptsim
from iptsim.kernel.verifying import Verified
from iptsim.learn import Exercise, check, exercises
from iptsim.learn.kernels_word import Word

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("real_kernel")]
ROOT = Path(__file__).parents[2]
CASE = ROOT / "fixtures" / "istio" / "both-directions"
ALL = exercises()
NO_PACKET = {"one-for-four"}
"""Exercises that ask about rules only."""


@pytest.mark.parametrize("exercise", ALL, ids=[one.name for one in ALL])
def test_the_kernel_agrees_on_start_and_solution(exercise: Exercise) -> None:
    for text, right in ((exercise.start, False), (exercise.solution, True)):
        found = check(exercise, text, file=exercise.file, ask_kernel=True, must=True)
        assert found.right is right
        heard = [one.heard.word for one in found.held]
        assert Word.OTHER not in heard
        assert (Word.SAME in heard) is (exercise.name not in NO_PACKET)


def test_what_it_cannot_be_asked_of_is_told() -> None:
    exercise = ALL[2]
    held = check(exercise, exercise.solution, file="mine", ask_kernel=True).held
    assert held[0].heard.word is Word.UNASKED
    assert "ctstate" in str(held[0].heard.why)


def test_a_rule_that_iptables_does_not_take_is_no_answer() -> None:
    wrong = ALL[0].start.replace("-p tcp -m tcp --dport 2222", "-p tcp -m tcp --dport 22 -m tee")
    with pytest.raises(iptsim.IptsimError):
        check(ALL[0], wrong, file="mine", ask_kernel=True)


def test_without_iptables_each_packet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("os.defpath", "/nowhere")
    held = check(ALL[0], ALL[0].solution, file="mine", ask_kernel=True).held
    assert all(one.holds for one in held)
    assert {one.heard.word for one in held} <= {Word.UNASKED, Word.SAME}


def test_the_library_verifies() -> None:
    after = iptsim.read(CASE / "after.save.txt")
    judged = after.verify(dport=8088)
    assert judged.agrees
    assert judged.json()["answer"] == "agree"
    assert "REDIRECT" in str(judged)
    assert "<pre" in judged._repr_html_()
    with pytest.raises(iptsim.IptsimError, match="from INPUT on"):
        after.verify(dport=80, hook="INPUT")


def test_another_process_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    after = iptsim.read(CASE / "after.save.txt")
    here = after.verify(dport=8088).verified
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    there = after.verify(dport=8088).verified
    assert isinstance(there, Verified)
    assert there.comparison.trace == here.comparison.trace
    assert pickle.dumps(after.dump)
    with pytest.raises(iptsim.IptsimError, match="no packet can be made to begin there"):
        after.verify(dport=80, hook="INPUT")
