"""What `iptables -L` prints."""
