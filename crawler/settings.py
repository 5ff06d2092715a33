"""Scrapy's settings, each number with its reason. What differs from run to run is set by ``crawler.run``."""

from __future__ import annotations

from archive import __version__

BOT_NAME = "communique"
SPIDER_MODULES = ["crawler.spiders"]
# who we are, in the open; the user's contact is added by `--contact` or COMMUNIQUE_CONTACT
USER_AGENT = f"communique/{__version__} (news archive; obeys robots.txt)"


def user_agent(contact: str | None) -> str:
    """The user agent with the user's contact."""
    return f"{USER_AGENT[:-1]}; {contact})" if contact else USER_AGENT


# two ports that let anybody on this machine run code in the crawler (the first is on by default since 2.19)
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# politeness: robots.txt obeyed (the library's default is not to), one request at a time to a host, two seconds
# and up to half as much again between them; sources override it by name
ROBOTSTXT_OBEY = True
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0.5
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# hosts at a time: more than 16 brought nothing (2.6 ms of CPU a page is the limit), 32 hides slow hosts
CONCURRENT_REQUESTS = 32
# callbacks yield requests and no items; the library starts this many tasks (100 by default) for every response
CONCURRENT_ITEMS = 1

# a page is 0.1 to 2 MB; the library's own bound is 1 GiB
DOWNLOAD_MAXSIZE = 32 << 20
DOWNLOAD_WARNSIZE = 0
# seconds; slow official sites take up to 20
DOWNLOAD_TIMEOUT = 60
DNS_TIMEOUT = 20
# certificates are checked (the library's default is not to): an archive must know whom it heard
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 8
# a page is not read here, so its meta refresh is not seen either
METAREFRESH_ENABLED = False
RETRY_TIMES = 2
# 429 and 503 ask for patience, which a retry some seconds later is not
RETRY_HTTP_CODES = [500, 502, 504, 522, 524, 408]
# cookies would make two readers' pages out of one (and their middleware would fetch the public-suffix list at start)
COOKIES_ENABLED = False
REFERER_ENABLED = False
# a proxy of the environment would look names up itself, past the refusal of private addresses
HTTPPROXY_ENABLED = False

DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    # what every WARC tool reads
    "Accept-Encoding": "gzip, deflate",
}

DOWNLOAD_HANDLERS = {
    "http": "crawler.handlers.GuardedHandler",
    "https": "crawler.handlers.GuardedHandler",
    "file": None,
    "ftp": None,
    "data": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "crawler.handlers.GuardedResolver"
CONNECT_TO: dict[str, str] = {}

EXTENSIONS = {
    "crawler.pipeline.Keeper": 0,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
}
DOWNLOADER_MIDDLEWARES = {
    # discovery and redirects lead where the outlet says; what is an article is our own rule
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.PatienceMiddleware": 90,
    "crawler.robots.RobotsMiddleware": 100,
    # nearest to the wire: sees every exchange, redirects and failures too, its body still as sent
    "crawler.middlewares.ArchiveMiddleware": 950,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    # drops a request without a word, and whoever waits for its answer waits for ever; readers bound addresses
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
}

LOG_LEVEL = "INFO"
LOG_COLOR = False
STATS_DUMP = False
# our counts are rows; these would measure every header of every request
DOWNLOADER_STATS = False
