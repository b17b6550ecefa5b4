"""What people and programs put around the lines of a dump, and how it is taken off again."""

from iptsim.dialects.wrappers.layers import Layers, layers

__all__ = ["Layers", "layers"]
