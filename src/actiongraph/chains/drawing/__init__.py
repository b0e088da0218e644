"""A chain drawn, written as SVG: as a picture of boxes in rows by year or depth, as lanes, or as a strip.

Of the picture, `graph` says which action is in which row and which lines run between the rows, `placement` where in its
row each thing is, `routing` how the lines run, `boxes` what a box says, `picture` where all of it lies, `svg` writes it
down. Where there are too many boxes, `lanes` draws lines beside the rows of a table, and `strip` a dot for each action.
Nothing here asks an engine or knows a chain's source.
"""

from actiongraph.chains.drawing.svg import as_svg, style_source, stylesheet

__all__ = ["as_svg", "style_source", "stylesheet"]
