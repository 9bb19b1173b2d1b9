"""Interviews as files, one module a format; never reads or writes a file, and never judges."""
