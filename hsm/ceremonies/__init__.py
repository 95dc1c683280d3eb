"""How keys come into a token: at once for a trial, or as people have planned and reviewed it."""
