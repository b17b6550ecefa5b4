"""The texts of nftables, read and written: listings, scripts of `nft -f`, `nft -j`.

A text is parted into blocks and statements (`outline.py`), each statement of a chain is read word
by word (`nft_rules.py`), tables are put together (`tables.py`, `scripts.py`) and written again
(`printed.py`).
"""
