"""The signs by which a text tells its form, program, table and family."""
