"""SPARQL as text: tokens, what is refused, and errors turned into advice. Nothing here runs a query."""
