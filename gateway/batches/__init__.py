"""Documents that come together: taken in durably, sealed one by one, each with its own result."""
