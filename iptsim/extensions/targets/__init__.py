"""One file for each target: its options, its wording in a listing, what it does."""
