"""The site's own settings, but "Leave now" leads to a server of the test: a real target has https, and is elsewhere."""

from __future__ import annotations

import os
from dataclasses import replace

from porchlight.site.settings import *  # noqa: F403
from porchlight.site.settings import CONFIG as _SITE

CONFIG = replace(_SITE, exit_url=os.environ["EXIT_STAND_IN"])
