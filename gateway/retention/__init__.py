"""How long the content of documents is kept, and the legal holds that keep it longer."""
