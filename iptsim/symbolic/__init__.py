"""All packets at once: packet sets as decision diagrams, and sets told in short conditions."""
