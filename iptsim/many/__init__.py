"""Many packets through one dump: answers that are put together of what earlier ones showed.

The plain trace (`iptsim.tracing`) stays what is right. Nothing here says what a rule or the host
does: rules are asked by their own predicates, the way between tables is taken from plain traces of
packets that fared so, and a text is trusted once it told the plain answer of other packets.
"""
