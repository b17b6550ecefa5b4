"""The fixture of the story that everything began with."""

from __future__ import annotations

import difflib
from pathlib import Path

CASE = Path(__file__).resolve().parents[2] / "fixtures/istio/both-directions"


def test_the_listings_differ_as_the_post_shows() -> None:
    """Line for line and with the same line numbers; only blanks at the ends of lines are cut."""
    before, after = ((CASE / f"{s}.txt").read_text().splitlines() for s in ("before", "after"))
    lines = [line.rstrip() for line in difflib.unified_diff(before, after, lineterm="")][2:]
    assert lines == POST.splitlines()


POST = """\
@@ -1,5 +1,6 @@
 Chain PREROUTING (policy ACCEPT)
 target     prot opt source               destination
+ISTIO_INBOUND  tcp  --  0.0.0.0/0            0.0.0.0/0

 Chain INPUT (policy ACCEPT)
 target     prot opt source               destination
@@ -11,7 +12,11 @@
 Chain POSTROUTING (policy ACCEPT)
 target     prot opt source               destination

-Chain ISTIO_IN_REDIRECT (1 references)
+Chain ISTIO_INBOUND (1 references)
+target     prot opt source               destination
+ISTIO_IN_REDIRECT  tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:8088
+
+Chain ISTIO_IN_REDIRECT (2 references)
 target     prot opt source               destination
 REDIRECT   tcp  --  0.0.0.0/0            0.0.0.0/0            redir ports 15001

"""
