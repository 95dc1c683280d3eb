"""What connectors bring: fetched, mapped to requests by YAML, and handed over as batches."""
