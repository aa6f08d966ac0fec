"""What the instruments look up in scores and predictions."""
