"""The crawler fetches: a thin Scrapy project that turns addresses into captures and hands them to the archive."""
