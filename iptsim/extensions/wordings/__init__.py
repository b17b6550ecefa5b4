"""How a listing says an extension's options."""
