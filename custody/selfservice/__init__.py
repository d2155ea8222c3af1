"""The person's door: a link and a second factor let somebody bring their number, and see what became of it."""
