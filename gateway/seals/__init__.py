"""Seals made ready for use: the officers' declaration joined with certificates, picture and key."""
