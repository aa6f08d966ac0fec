"""What comes in: public files, labels, images, classes, checkpoints, PatchML, and what others published."""
