"""What a release knows ready-made: its terms, its chains and the history of its things, in SQLite files.

The writer and the reader of each part stand side by side. Nothing here decides what a release is.
"""
