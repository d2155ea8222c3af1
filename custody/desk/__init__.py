"""The desk: questions that persons ask about the collection of their number, and appointments they make."""
