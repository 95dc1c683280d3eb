"""A table of a partner's database, whose rows hold documents or take results."""
