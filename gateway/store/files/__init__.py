"""Documents in files beside the database, and the disk that they lie on."""
