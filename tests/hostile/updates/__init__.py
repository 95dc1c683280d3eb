"""Updates of partners, drawn anew: what the judge takes must show what was there before."""
