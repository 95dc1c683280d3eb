"""Many documents at once: taken in durably, sealed one by one as jobs, each with a result."""
