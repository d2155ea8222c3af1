"""What everything that is printed shares: the fonts, the compiler, the process it runs in, the look."""
