"""The values of a walk: fields, conditions on them, worlds that came one way, their outcomes."""
