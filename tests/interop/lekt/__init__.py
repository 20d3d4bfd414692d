"""LEKT in Python 3 with the standard library alone, written from PROTOCOL.md."""
