"""Zero-shot classifiers: CLIP models as checkpoints with 1000 outputs, through open_clip (the extra ``clip``)."""
