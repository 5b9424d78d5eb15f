"""The site's settings, with one address more that answers the same few bytes each time, through the same middleware."""

from porchlight.site.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.web_urls"
