"""Lines of several hosts, pods or namespaces in one text."""
