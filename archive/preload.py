"""Made once in the process that workers are forked from: everything a reading needs, imported and warm.

Imports and first uses (expression tables, stop lists) cost a second and a half; a worker that replaces a hung one
starts without them, and the workers share their memory.
"""

from __future__ import annotations

import gc

from archive.extract import read

_PAGE = """<html lang="en"><head><title>A page</title></head><body><nav><a href="/">Home</a></nav><article>
<h1>A page</h1><p>Two sentences stand here, so that there is a text. This is the second.</p></article>
<aside><p>{}</p></aside></body></html>""".format("A long aside makes the extractor try all its ways. " * 90)

read(_PAGE.encode(), None, "text/html", "http://page.example/a", "UTC", None)
# what is there now stays for ever: no worker need look through it again
gc.collect()
gc.freeze()
