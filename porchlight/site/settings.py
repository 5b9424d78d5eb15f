"""Django's settings. What a site's owner may set is in config.py; everything here follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from porchlight.site import config as _config
from porchlight.site import journal, keys

CONFIG = _config.read()

SECRET_KEY = keys.secret_key(CONFIG)
DEBUG = CONFIG.debug
# This machine's own names too: whatever watches the site from here asks /healthz by them.
ALLOWED_HOSTS = [*CONFIG.hosts, "localhost", "127.0.0.1", "[::1]"]

ROOT_URLCONF = "porchlight.site.urls"
WSGI_APPLICATION = "porchlight.site.wsgi.application"
INSTALLED_APPS = [
    "porchlight.site",
    "porchlight.report.apps.ReportConfig",
    "porchlight.alerts.apps.AlertsConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
]

# Sessions, accounts and CSRF cookies exist under /staff/ alone: a visitor logs in nowhere and gets no cookie.
MIDDLEWARE = [
    "porchlight.site.journal.RequestLine",
    # No page holds a secret or repeats what was sent, so that its compressed length gives nothing away (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "porchlight.site.headers.SecurityHeaders",
    "porchlight.site.language.Language",
    "porchlight.site.errors.Refusals",
    "django.middleware.common.CommonMiddleware",
    "porchlight.site.staff.Sessions",
    "porchlight.site.staff.Csrf",
    "porchlight.site.staff.Accounts",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.i18n",
                "porchlight.site.look.every_page",
                "porchlight.report.offline.for_templates",
                "porchlight.site.staff.for_templates",
            ],
        },
    }
]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What a visitor sends stays in memory: nothing is ever spooled to a file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
MAX_BODY_BYTES = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

CSRF_FAILURE_VIEW = "porchlight.alerts.staff.doors.forged"
LOGIN_URL = "staff:log_in"
LOGIN_REDIRECT_URL = "staff:home"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = STAFF_PATH = "/staff/"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "staff", "staff_form"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.is_public
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60  # a working day, in seconds
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

_MAIL = CONFIG.mail_server
# Django's own default is this machine's port 25. Empty means that no e-mail leaves (alerts/alarm.py).
EMAIL_HOST = _MAIL.host if _MAIL else ""
EMAIL_PORT = _MAIL.port if _MAIL else 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (_MAIL.user, _MAIL.password) if _MAIL else ("", "")
EMAIL_USE_SSL = _MAIL is not None and _MAIL.scheme == "smtps"
EMAIL_USE_TLS = _MAIL is not None and _MAIL.scheme == "starttls"
if _MAIL:
    DEFAULT_FROM_EMAIL = _MAIL.sender

LOGGING = journal.LOGGING
DEFAULT_EXCEPTION_REPORTER = "porchlight.site.journal.BareReporter"

SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # the CSRF middleware is ours, and works under /staff/ alone (site/staff.py)
    "security.W004",  # HSTS belongs to the server that ends TLS, in front (docs/running.md)
    "security.W008",  # and so does the redirect to HTTPS
]


def _database(database: _config.Database) -> dict[str, Any]:
    if database.kind == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": database.path,
            # Readers never wait for a writer; a writer says so at its start instead of failing in the middle. What is
            # committed outlives a power cut: a STOP that was acknowledged must still be there.
            "OPTIONS": {
                "timeout": 5,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database.name,
        "USER": database.user,
        "PASSWORD": database.password,
        "HOST": database.host,
        "PORT": database.port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 3, **dict(database.options)},
    }


DATABASES = {"default": _database(CONFIG.database)}
