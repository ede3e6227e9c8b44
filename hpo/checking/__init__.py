"""The mistakes of a space, found before a GPU-hour is spent."""
