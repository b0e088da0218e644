"""A chain as a picture: rows by year or depth, boxes in them, lines between them, written as SVG.

`graph` says which action is in which row and which lines run between the rows, `placement` where in its row each
thing is, `routes` how the lines run, `boxes` what a box says, `picture` where all of it lies, `svg` writes it down.
Nothing here asks an engine or knows a chain's source.
"""

from actiongraph.chains.drawing.svg import as_svg, style_source, stylesheet

__all__ = ["as_svg", "style_source", "stylesheet"]
