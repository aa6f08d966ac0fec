"""What others report of their models, beside what is computed from predictions."""
