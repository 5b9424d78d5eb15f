"""The failing addresses with DEBUG, as a developer runs them."""

from tests.site.canary_settings import *  # noqa: F403

DEBUG = True
