"""What a unit of work does with the rows of each kind of thing, and how they are read."""
