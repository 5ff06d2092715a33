"""The archive keeps: captures, readings, marks, revisions. No Scrapy in here."""

__version__ = "0.1.0"
