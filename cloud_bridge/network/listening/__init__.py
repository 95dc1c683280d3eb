"""How connections are taken: how many of them there are, and how many places one address has."""
