"""The same with no piece of a page kept either: each page is made anew from its first word to its last."""

from tests.bench.web_uncached_settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.web_bare_urls"
