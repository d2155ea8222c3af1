"""Epochs: a new key every week, every living person moved under it, and old keys destroyed within 90 days.

What an epoch key sealed dies with it in every copy of the database, so that a disposal becomes final everywhere.
"""
