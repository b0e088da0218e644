"""HTTP without Flask: requests read, conditions and ranges decided, addresses made.

No module here may import Flask; statuses are decided in `problems` and `routes`.
"""
