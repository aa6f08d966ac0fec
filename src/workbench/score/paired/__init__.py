"""Readings from every image's outcome: the checkpoints saw the same images, so they are compared on each."""
