"""Wiring only: settings, addresses, base templates, look, languages and the log."""
