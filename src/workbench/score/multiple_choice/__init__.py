"""Ten-way multiple choice: answers scored, and what classifiers that only rank classes would answer."""
