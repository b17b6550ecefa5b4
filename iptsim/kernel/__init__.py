"""The real kernel as judge, in a throwaway network namespace."""
