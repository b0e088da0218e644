"""Engines that answer queries; one adapter each, with its import."""
