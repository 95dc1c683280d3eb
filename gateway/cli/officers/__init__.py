"""What officers do: approve, and stop sealing."""
