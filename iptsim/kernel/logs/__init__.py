"""Logs of the kernel's own traces: read, parted into packets, and lined up with ours."""
