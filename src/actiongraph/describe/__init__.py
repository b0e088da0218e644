"""What the endpoint says about itself, from live facts."""
