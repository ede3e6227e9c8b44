"""A whole file, checked: the spec of a study, its configs, and the words for what breaks a rule."""
