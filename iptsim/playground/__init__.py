"""The playground: a folder with a page that runs the program itself, in WebAssembly.

`pyodide_core.py` finds Python for browsers, `carried_program.py` packs iptsim and what it needs,
`play_page.py` makes the page and `play_folder.py` puts all together. The page's scripts
and style stand beside.
"""
