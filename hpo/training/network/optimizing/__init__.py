"""What changes the weights of a network: the optimizer of a recipe, its learning rates, and how it computes."""
