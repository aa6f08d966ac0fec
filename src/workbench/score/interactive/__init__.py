"""Questions to scores and predictions that the instruments ask."""
