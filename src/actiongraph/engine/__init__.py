"""Engines that answer questions; one adapter each, with its import."""
