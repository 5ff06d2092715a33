"""What leaves the archive: one module for each format, and what they share."""
