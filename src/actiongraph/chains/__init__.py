"""Chains of follow-ups: found by plain SELECT queries on any engine, ordered, written for people and programs."""

from actiongraph.engine.queries import ShippedQueries

QUERIES = ShippedQueries("actiongraph.chains")
"""The queries that this room asks."""
