"""`sealgate envelope`: contracts with other companies, from the description to the transcript."""
