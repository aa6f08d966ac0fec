"""What others published: printed tables, leaderboards, results, reviewed mistakes, class names."""

from workbench.inputs.published import documents
