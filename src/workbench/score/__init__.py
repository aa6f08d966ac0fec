"""Predictions and labels become scores. Nothing here needs torch or a GPU."""
