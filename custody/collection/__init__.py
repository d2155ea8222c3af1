"""The beginning of a number: campaigns, the collection of each person's number, its verification and registration."""
