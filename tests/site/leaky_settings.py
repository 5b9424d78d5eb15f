"""What somebody might add one day: a log of requests as every framework's guide shows it."""

from porchlight.site.settings import LOGGING as _SAFE
from tests.site.canary_settings import *  # noqa: F403

LOGGING = _SAFE | {
    "handlers": {**_SAFE["handlers"], "console": {"class": "logging.StreamHandler"}},
    "loggers": {**_SAFE["loggers"], "django.request": {"handlers": ["console"], "level": "WARNING"}},
}
