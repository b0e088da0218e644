"""Data against shapes: the verdict, and a report that a curator can act on."""
