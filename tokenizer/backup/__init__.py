"""Copies of the database as encrypted files that die with their epoch."""
