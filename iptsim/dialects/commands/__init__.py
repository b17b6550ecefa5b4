"""Commands of iptables in scripts, logs and at prompts."""
