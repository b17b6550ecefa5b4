"""Exercises: a rule set that does not do what it should, and what must hold when it is mended.

Each is a file in `exercises/`, in the order of their names, with its texts in every language. What
must hold is asked of the tracer, of one packet or of all, and of the real kernel where it can be.
"""

from iptsim.learn.answered import Answered, Held, check
from iptsim.learn.exercise import Exercise, Question, exercises
from iptsim.learn.learned import Learned

__all__ = ["Answered", "Exercise", "Held", "Learned", "Question", "check", "exercises"]
