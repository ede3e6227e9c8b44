"""What a study may do, what it has taken, and when it ends."""
