"""The host under judgement: namespaces, interfaces, routes, sockets, settings."""
