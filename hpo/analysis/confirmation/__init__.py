"""What a confirmation has found: what each config comes to, and whether the best can be told from the next."""
