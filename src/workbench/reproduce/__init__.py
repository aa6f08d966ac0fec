"""One command reproduces everything: notebooks, their runs, the report, where it all comes from."""
