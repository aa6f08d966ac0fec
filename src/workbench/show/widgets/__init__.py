"""Instruments for a notebook: thin widgets over `score`, `inputs` and :mod:`workbench.show.pages`."""
