"""What the people who run a site do with people's numbers from a terminal: bring in, hand out, forget."""
