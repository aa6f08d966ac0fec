"""The remaining mistakes: how they were reviewed, and how other models do on the same pictures."""
