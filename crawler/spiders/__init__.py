"""The spider, and what it finds pages in."""
