"""What a recipe is made of: losses, optimizers, learning-rate schedules."""
