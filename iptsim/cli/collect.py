"""`iptsim collect`: a shell script that prints what iptsim can use of a host."""

from __future__ import annotations

from importlib.resources import files

from iptsim.cli.output import tell

DONE = 0


def collect() -> int:
    """Print a shell script to run on a host.

    It prints all that iptsim can use of the host, as one text.

    Run it there, as root: `iptsim collect | ssh HOST sudo sh > host.txt`, or
    `iptsim collect | kubectl exec -i POD -- sh > host.txt`; then `iptsim trace --dport 80
    host.txt`. It changes nothing on the host; the sh of busybox is enough.
    """
    tell((files("iptsim") / "collect.sh").read_text(encoding="utf-8").rstrip("\n"))
    return DONE
