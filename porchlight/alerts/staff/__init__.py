"""The pages of staff: write, approve, send, watch, read what people wrote back. Everything is under /staff/."""
