"""The overview "ImageNet Classification Advances in 2025": its sentences, and its table."""
