"""What comes in: public files, labels, images, checkpoints."""
