"""The practice carrier by SMPP 3.4: the message centre (SMSC) that the site binds to, on this machine alone.

It shares nothing with the client in `smpp/` but the packing of PDUs: alphabets, parts and receipts are written here a
second time, so that a mistake there does not agree with itself.
"""
