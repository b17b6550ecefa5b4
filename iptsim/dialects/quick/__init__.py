"""Large texts that are plainly regular: what is alike is read once, a rule when it is looked at.

The plain way (`one_text.py` and below) is the definition. Of a regular text a small one is made, of
its own lines in their places: every line that is no rule, save declarations that nothing there
needs, and of all rules that differ in operands alone the first. The plain way reads that; what it
finds holds for the whole text, and each chain gets its rules as `LateRules`, which the plain
reader of a line makes when somebody looks.

It is held equal by what counts as regular. Every line of the text matches one strict form, in the
order in which iptables prints them; every table, chain and target is declared, once. An operand is
taken out of a line only where every word of its class, checked letter by letter, is as good as any
other (`operands.py`), so an error in a rule is one of a line that was kept. A text where anything
is otherwise, or of which the small one has a note on a rule or cannot be read, goes the plain way
from its beginning; so does a short one.
"""
