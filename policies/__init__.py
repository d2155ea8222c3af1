"""Who may do what, for which purpose, until when. Time is an argument, never read inside a rule."""
