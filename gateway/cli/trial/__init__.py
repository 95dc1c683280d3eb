"""`sealgate init`: a trial installation, with all that a gateway needs."""
