"""HTTP: thin routes onto the rooms below. Only this room knows Flask and status codes."""
