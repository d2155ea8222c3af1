"""Mail to the people whose numbers are collected: what it says, how it goes out, when it is tried again."""
