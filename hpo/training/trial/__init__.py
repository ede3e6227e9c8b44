"""One trial: fit, report, keep the best epoch, save the model."""
