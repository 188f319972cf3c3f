"""The page's files, as they are and joined into few. Knows nothing of HTTP."""
