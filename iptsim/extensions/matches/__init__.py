"""One file for each match: its options, its wording in a listing, its meaning."""
