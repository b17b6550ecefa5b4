"""The packet's way through a host: hooks, table order, routing, connection tracking."""
