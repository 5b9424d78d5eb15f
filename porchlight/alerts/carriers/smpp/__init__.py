"""SMPP 3.4, the protocol that carriers and aggregators speak among themselves; `carrier.py` is our side of it."""
