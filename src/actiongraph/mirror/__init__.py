"""A copy of an endpoint's newest release, updated by its changes and proved whole by its hash. Trusts nobody."""
