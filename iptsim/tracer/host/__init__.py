"""What the host does with a packet besides its rules: arrival, routing, the outgoing interface."""
