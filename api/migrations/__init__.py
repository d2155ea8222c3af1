"""The database's shape over time. Only this layer sees all tables."""
