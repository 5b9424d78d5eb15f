"""The practice phone: a small page of this machine on which practice texts arrive and are answered."""
