"""Queries in processes that can be ended: the queue, the workers, the starter that forks them, and their confinement.

Only `worker` opens a store, and only after `sandbox` has confined its process.
"""
