"""Porchlight: whom to call, what the law asks of you and what to say when you are worried about a child."""

__version__ = "0.1.0"
