"""`python -m iptsim` is the program `iptsim`."""

from iptsim.cli import main

main()
