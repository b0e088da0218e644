"""A copy of an endpoint's newest release, kept up by its changes and proved whole by its hash. Trusts nobody."""
