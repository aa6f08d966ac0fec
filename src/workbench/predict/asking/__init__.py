"""Vision-language models that are asked multiple-choice questions, and what they answer."""
