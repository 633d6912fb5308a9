"""Settings: run from a fresh checkout with none given; production is set by environment (see ``env.py``)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dj_database_url
from django.utils.translation import gettext_lazy as _

from coding_app import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.usable_folder(Path(env.text("DATA_DIR", str(BASE_DIR / "var"))))

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or env.kept_secret(DATA_DIR)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "coding_app",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "coding_app.urls"
WSGI_APPLICATION = "coding_app.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR / 'tiebreak.sqlite3'))}"),
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A writer waits for another instead of failing halfway; readers never wait.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "studies"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "coding_app" / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True  # a fresh checkout serves its styles without collectstatic
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(DATA_DIR / "media")))
MODELS_DIR = Path(env.text("MODELS_DIR", str(DATA_DIR / "models"))).absolute()
# Read by the library that fetches encoders: no hub is told what a study is trained from.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # larger uploads go to disk while they arrive
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("SECURE_COOKIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The data are personal: a page may load from, and send to, this server alone. The API's documentation page
# is the one that needs scripts within it.
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/api/v1/docs/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# Queue ------------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
QUEUE_PREFIX = env.text("QUEUE_PREFIX")
QUEUE_FOLDER = DATA_DIR / "queue"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_IGNORE_RESULT = True  # a job is a row of ours; Celery keeps no results
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any]
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        # A page must not wait for a broker that is away: the job's row is there, a worker sends it again.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    }
    if QUEUE_PREFIX:
        CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{QUEUE_PREFIX}:"
else:
    for part in ("messages", "control"):
        (QUEUE_FOLDER / part).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_FOLDER / "messages"),
        "data_folder_out": str(QUEUE_FOLDER / "messages"),
        "control_folder": str(QUEUE_FOLDER / "control"),
        "polling_interval": 0.25,
    }

# What the application itself may be told ----------------------------------------------------------
# Records written in one transaction: what a killed worker loses at most.
JOB_CHUNK = env.number("JOB_CHUNK", 1000)
# Seconds without a sign of life after which a worker counts as gone.
WORKER_SEEN_WITHIN = env.number("WORKER_SEEN_WITHIN", 20)
# Seconds without progress after which a running job is taken up by another worker.
JOB_STALLED_AFTER = env.number("JOB_STALLED_AFTER", 60)
# Seconds that a record stays with the coder who opened it.
LEASE_SECONDS = env.number("LEASE_SECONDS", 600)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "coding_app.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "coding_app.api.errors.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tiebreak",
    "DESCRIPTION": "Occupation coding: studies, imports, records, runs, queue, decisions and exports.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "FileKind": "coding_app.choices.FileKind.choices",
        "IssueKind": "coding_app.choices.IssueKind.choices",
        "JobKind": "coding_app.choices.JobKind.choices",
        "DecisionKind": "coding_app.choices.DecisionKind.choices",
        "ImportState": "coding_app.choices.ImportState.choices",
        "JobState": "coding_app.choices.JobState.choices",
        "LabelVerdict": "coding_app.choices.LabelVerdict.choices",
        "LabelSource": "coding_app.choices.LabelSource.choices",
        "RoundKind": "coding_app.choices.RoundKind.choices",
        "RoundState": "coding_app.choices.RoundState.choices",
        "AdjudicationState": "coding_app.choices.AdjudicationState.choices",
        "CannotCodeReason": "coding_app.choices.CannotCodeReason.choices",
        "SuggestionSource": "coding_app.choices.SuggestionSource.choices",
        "StudyLabelSource": "coding_app.api.serializers.models.OF_STUDY",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        # Django itself sends errors to nobody but ADMINS, unless DEBUG is on.
        "django": {"handlers": ["console"], "level": "ERROR"},
        "coding_app": {"handlers": ["console"], "level": "INFO"},
        "celery": {"handlers": ["console"], "level": "WARNING"},
    },
}
