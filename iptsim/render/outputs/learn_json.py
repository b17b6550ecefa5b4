"""Exercises as JSON, schema `iptsim.learn/1`: what each command of `iptsim learn` answers."""

from __future__ import annotations

from collections.abc import Sequence

from iptsim.learn import Answered, Exercise, Held, Learned
from iptsim.tracer import Outcome

SCHEMA = "iptsim.learn/1"
Json = dict[str, object]


def list_json(learned: Learned, known: Sequence[Exercise], lang: str) -> Json:
    """Every exercise with what is done, and the number of the next one."""
    following = learned.current()
    return {
        "schema": SCHEMA,
        "folder": str(learned.folder),
        "next": None if following is None else following.number,
        "exercises": [_exercise(one, learned, lang) for one in known],
    }


def show_json(exercise: Exercise, learned: Learned, lang: str) -> Json:
    """One exercise with what it tells and asks."""
    return {
        "schema": SCHEMA,
        **_exercise(exercise, learned, lang),
        "story": exercise.story[lang],
        "questions": [question.said[lang] for question in exercise.questions],
    }


def hint_json(exercise: Exercise, learned: Learned, given: int, lang: str) -> Json:
    """The hint of that number."""
    told = exercise.hints[lang][given - 1]
    return {"schema": SCHEMA, **_exercise(exercise, learned, lang), "hint": told}


def check_json(found: Answered, learned: Learned, lang: str) -> Json:
    """What holds and what does not."""
    return {
        "schema": SCHEMA,
        **_exercise(found.exercise, learned, lang),
        "right": found.right,
        "questions": [_held(one, lang) for one in found.held],
    }


def reset_json(exercise: Exercise, learned: Learned, lang: str) -> Json:
    """The exercise as it is again."""
    return {"schema": SCHEMA, **_exercise(exercise, learned, lang)}


def _exercise(exercise: Exercise, learned: Learned, lang: str) -> Json:
    return {
        "exercise": exercise.number,
        "name": exercise.name,
        "title": exercise.title[lang],
        "file": str(learned.file(exercise)),
        "done": learned.is_done(exercise),
        "hints": len(exercise.hints[lang]),
        "hints_given": learned.hints(exercise),
    }


def _held(one: Held, lang: str) -> Json:
    """`kernel` is «same», «other» or «unasked»."""
    return {
        "text": one.question.said[lang],
        "holds": one.holds,
        "kernel": one.heard.word.value,
        **({} if one.trace is None else {"now": [_fate(end) for end in one.trace.outcomes]}),
        **({} if one.rules is None else {"rules": one.rules}),
    }


def _fate(outcome: Outcome) -> Json:
    """How some of the packets fare: the verdict, where they go, and what was rewritten."""
    rewritten = {rewrite.field: rewrite.after for rewrite in outcome.rewrites}
    return {
        "verdict": outcome.verdict,
        "destination": outcome.destination,
        "rewrites": [{"field": name, "to": value} for name, value in rewritten.items()],
    }
