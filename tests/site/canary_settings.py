"""The site's settings with addresses that fail."""

from porchlight.site.settings import *  # noqa: F403

ROOT_URLCONF = "tests.site.canary_urls"
