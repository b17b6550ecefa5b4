"""The xtables extensions: how each is written, and what it means."""
