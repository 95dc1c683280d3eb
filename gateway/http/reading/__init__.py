"""From the bytes of a request to what is asked: small bodies, parts, and uploads on the disk."""
