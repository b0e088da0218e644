"""One thing read for people: its facts with labels in place of IRIs, and the provenance of each."""
