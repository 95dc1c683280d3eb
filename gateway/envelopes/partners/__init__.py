"""Who the others are: cards that a seal vouches for, and whose word for it is taken."""
