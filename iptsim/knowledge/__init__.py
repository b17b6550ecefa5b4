"""What well-known chains, ports, marks and users mean."""
