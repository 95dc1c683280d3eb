"""`sealgate archive`: what was sealed, by company, and legal holds."""
