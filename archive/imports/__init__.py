"""What brings pages and texts of others into the archive."""
