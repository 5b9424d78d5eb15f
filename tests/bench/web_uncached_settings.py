"""The same with no rendered answer kept: each page is made anew."""

from tests.bench.web_settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.web_uncached_urls"
