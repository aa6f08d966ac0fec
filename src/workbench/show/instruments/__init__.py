"""Three instruments for a notebook: explore, gallery, relabel."""
