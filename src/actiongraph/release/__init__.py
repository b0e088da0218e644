"""From curated Turtle to a release: derive, validate, write, switch."""
