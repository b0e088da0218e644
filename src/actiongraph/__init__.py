"""Technical-assistance actions as a validated knowledge graph with a SPARQL endpoint."""

__version__ = "0.3.0.dev0"
