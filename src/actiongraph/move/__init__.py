"""The release as a whole loaded into an engine elsewhere, by what every engine offers, and proved by asking both."""
