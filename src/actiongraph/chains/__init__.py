"""Chains of follow-ups: found by plain SELECT queries on any engine, ordered, written for people and programs."""
