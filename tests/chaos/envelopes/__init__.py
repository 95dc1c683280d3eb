"""Two companies and a network between them, killed while contracts go to and fro."""
