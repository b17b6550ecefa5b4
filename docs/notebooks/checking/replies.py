"""What a check says to a learner, in English or in Chinese."""

from __future__ import annotations

from dataclasses import dataclass

_LANGUAGE = ["en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to tell the learner; `right` is None while there is no answer yet."""

    text: str
    right: bool | None

    def __repr__(self) -> str:
        mark = {True: "✔", False: "✘", None: "…"}[self.right]
        return f"{mark} {self.text}"


def speak(lang: str) -> None:
    """Have replies in that language, `en` or `zh`."""
    _LANGUAGE[0] = lang


def language() -> str:
    """The language of replies."""
    return _LANGUAGE[0]


def unanswered() -> Reply:
    """There is no answer yet."""
    told = (
        "Not answered yet: put your answer in place of the dots.",
        "还没有回答：把答案填在省略号处。",
    )
    return Reply(text=_said(*told), right=None)


def yes(text: str, zh: str) -> Reply:
    """The answer is right."""
    return Reply(text=_said(f"Right. {text}", f"正确。{zh}"), right=True)


def no(text: str, zh: str) -> Reply:
    """The answer is wrong, and what to look at."""
    return Reply(text=_said(f"Not quite. {text}", f"还不对。{zh}"), right=False)


def _said(text: str, zh: str) -> str:
    return zh if language() == "zh" else text


def no_packet(error: Exception) -> Reply:
    """The answer is no packet."""
    return no(f"There is no such packet ({error}). Mend it and try again.",
              f"没有这样的包（{error}）。改好再试。")  # fmt: skip


def number_in(answer: object) -> int | None:
    """The number that the answer is, as a number or as text."""
    return int(answer) if isinstance(answer, int | str) and str(answer).isdigit() else None
