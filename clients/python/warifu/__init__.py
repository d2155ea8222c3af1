"""Typed Python client of the Warifu vault (割符)."""

__version__ = "0.1.0"
