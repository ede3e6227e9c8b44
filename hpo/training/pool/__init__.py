"""What trials of one worker share in its memory."""
