"""Four instruments for a notebook: explore, gallery, slices, relabel."""
