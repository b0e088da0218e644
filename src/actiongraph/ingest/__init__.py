"""From a source to Turtle for review: records, claims, identity, Turtle.

A reader of one kind of source (`listing`, `table`, `iati`) yields records; each record has claims, and each claim says
which words of the source it rests on, by which rule. Identity decides which records speak of one action. The writer
makes of them Turtle in the compact form of evidence that curators type (docs/curators.md). Nothing here knows the
engine, a release or HTTP.
"""
