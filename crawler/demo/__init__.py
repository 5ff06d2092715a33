"""The demo site: fictional outlets on one loopback server, for `make demo`, tests and benchmarks.

Everything it serves is invented and written for this project: no real country, person or event stands in it.
"""

from crawler.demo.site import Answer, DemoSite, Hit
from crawler.demo.stories import CHANGES, Changes, Story, stories

__all__ = ["CHANGES", "Answer", "Changes", "DemoSite", "Hit", "Story", "stories"]
