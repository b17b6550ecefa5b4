"""A capture through the rules of a dump, packet by packet, each in the state that it shows.

`capture` reads the file, `links` and `ip_headers` its packets, `seen_connections` keeps what
connection tracking would know, `asking` asks the tracer, `replaying` puts it together. Nothing here
says what a rule does, and nothing that is kept grows with the capture.
"""
