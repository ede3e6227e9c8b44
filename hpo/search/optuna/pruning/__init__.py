"""When a trial stops, and when it goes on."""
