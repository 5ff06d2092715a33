"""`python -m crawler.demo`: serve the demo site until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import time

from crawler.demo.outlets import OUTLETS
from crawler.demo.site import DemoSite


def main() -> int:
    """Exit codes: 0 after Ctrl-C, 2 where the port cannot be had."""
    parser = argparse.ArgumentParser("python -m crawler.demo", description="Serve the fictional outlets.")
    parser.add_argument("--port", default="8008", help="on 127.0.0.1; 0 takes any free one (default 8008)")
    parser.add_argument("--day", choices=("0", "1"), default="0", help="where the site's clock stands")
    asked = parser.parse_args()
    if not asked.port.isdecimal() or int(asked.port) > 65535:
        sys.stderr.write(f"not a port: {asked.port!r} (0 to 65535)\n")
        return 2
    site = DemoSite(int(asked.port))
    site.day = int(asked.day)
    try:
        site.start()
    except OSError as error:
        sys.stderr.write(f"cannot listen on 127.0.0.1:{asked.port}: {error.strerror}\n")
        return 2
    hosts = "\n".join(f"  {outlet.host:28} {outlet.name}" for outlet in OUTLETS.values())
    sys.stdout.write(
        f"The demo site (FICTIONAL) answers on http://{site.address}/ for these hosts:\n{hosts}\n"
        f"  curl -H 'Host: mod.vardania.example' http://{site.address}/en/news\n"
        f"  curl -X POST http://{site.address}/day/1   (moves its clock to the second day)\nCtrl-C ends it.\n"
    )
    sys.stdout.flush()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    finally:
        site.stop()


if __name__ == "__main__":
    sys.exit(main())
