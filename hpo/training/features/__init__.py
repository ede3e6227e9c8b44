"""What the frozen part of a network computes, kept so that it is computed once."""
