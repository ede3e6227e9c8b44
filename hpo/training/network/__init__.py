"""From a config to a compiled Keras model, and what it costs."""
