"""Routes, one module per subject: `add_routes(app, site)` adds them. No route imports another."""
