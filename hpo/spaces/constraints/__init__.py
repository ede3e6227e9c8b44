"""Which configs of a space count: comparisons over a config's values."""
