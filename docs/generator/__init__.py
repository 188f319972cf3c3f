"""What `docs/generate.py` makes: text from declarations, and nothing else; no file is written here."""
