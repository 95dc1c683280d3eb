"""From the documents of all files to one bundle: names, owners, and every mistake."""
