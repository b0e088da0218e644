"""Technical-assistance actions as a validated knowledge graph with a SPARQL endpoint."""

__version__ = "0.2.0"
