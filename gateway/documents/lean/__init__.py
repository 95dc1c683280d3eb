"""The lean way: an incremental update written at the speed of the HSM, or an admission of doubt."""
