"""Scores become what people look at: charts and tables."""
