"""Why a correct query may find nothing: names, graphs and literals that the release does not have, and what is near.

Reads a checked query and the term index; runs nothing and knows no HTTP.
"""
