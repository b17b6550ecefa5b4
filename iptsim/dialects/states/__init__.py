"""Several states or hosts in one text, and patches."""
