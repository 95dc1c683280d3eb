"""`sealgate trace`: one document's path, from who asked for it to the record that proves it."""
