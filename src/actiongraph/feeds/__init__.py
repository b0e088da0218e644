"""What harvesters follow: the event stream, OAI-PMH and the sitemap, each read from the register of things."""
