"""Ready-made parts of a release: its terms, its lists, its chains and the history of its things, in SQLite files.

The writer and the reader of each part are neighbours. Nothing here decides what a release is.
"""
