"""Django settings. Every value that an operator may set comes from `config.env`."""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from config.env import read
from config.logs import logging_config
from config.unfold import UNFOLD as UNFOLD
from reminders.queues import ROUTES, Queue

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = read("SECRET_KEY")
DEBUG = read("DEBUG")
ALLOWED_HOSTS = read("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = read("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "django_celery_beat",
    "accounts.apps.AccountsConfig",
    "reminders.apps.RemindersConfig",
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
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.Staff"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "root"
LOGOUT_REDIRECT_URL = "login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"duecourse": "reminders.web.tags"},
        },
    }
]

_database = environ.Env.db_url_config(read("DATABASE_URL"))
# A pool and persistent connections exclude each other in Django. The web pools; the worker,
# which must survive Celery's habit of closing connections round each task, persists.
if read("DB_POOL"):
    _database["OPTIONS"] = {**_database.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": 8}}
else:
    _database |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = read("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "duecourse",
    }
}

CELERY_BROKER_URL = read("CELERY_BROKER_URL") or REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = Queue.TICKS.value
CELERY_TASK_ROUTES = ROUTES
CELERY_TASK_ACKS_LATE = False  # rows are the queue: a lost doorbell is rung again by the next tick
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # else a worker gives up after 45 min
CELERY_BROKER_HEARTBEAT = 20  # of RabbitMQ: a host that vanished is missed after twice as long
CELERY_TASK_DEFAULT_DELIVERY_MODE = "transient"  # RabbitMQ need not write doorbells to its disk
CELERY_DB_REUSE_MAX = 1_000_000
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
DJANGO_CELERY_BEAT_TZ_AWARE = True

USE_TZ = True
TIME_ZONE = read("TIME_ZONE")
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_CODE = read("LANGUAGE_CODE")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

FIELD_KEYS = read("FIELD_KEYS")
DEFAULT_REGION = read("DEFAULT_REGION")
CONTACT_PROFILE = read("CONTACT_PROFILE")
PUBLISH_BY_SECOND_PERSON = read("PUBLISH_BY_SECOND_PERSON")
SMS_GATEWAY = read("SMS_GATEWAY")
SMS_GATEWAY_URL = read("SMS_GATEWAY_URL")
SMS_GATEWAY_TOKEN = read("SMS_GATEWAY_TOKEN")
SMS_GATEWAY_SECRET = read("SMS_GATEWAY_SECRET")
SMS_GATEWAY_REGION = read("SMS_GATEWAY_REGION")
SMS_GATEWAY_TEXTS_PER_REQUEST = read("SMS_GATEWAY_TEXTS_PER_REQUEST")
SMS_GATEWAY_CONNECTIONS = read("SMS_GATEWAY_CONNECTIONS")
SMS_GATEWAY_PARTS_PER_SECOND = read("SMS_GATEWAY_PARTS_PER_SECOND")
SEND_LEASE_SECONDS = read("SEND_LEASE_SECONDS")
RAW_RECEIPT_DAYS = read("RAW_RECEIPT_DAYS")
SMS_PRICE = read("SMS_PRICE")
SMS_PRICE_CURRENCY = read("SMS_PRICE_CURRENCY")
CLOCK_SHIFT_SECONDS = read("CLOCK_SHIFT_SECONDS")
PUBLIC_URL = read("PUBLIC_URL")
SIMULATOR_PORT = read("SIMULATOR_PORT")
BORROWER_LINK_DAYS = read("BORROWER_LINK_DAYS")
BORROWER_SECOND_FACT = read("BORROWER_SECOND_FACT")
BORROWER_PLAN_TERMS = read("BORROWER_PLAN_TERMS")
BORROWER_PLAN_TERMS_AGREED = read("BORROWER_PLAN_TERMS_AGREED")
HIGH_RISK_DAYS = read("HIGH_RISK_DAYS")

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_FAILURE_VIEW = "reminders.web.refused.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
# Over https cookies travel by https alone; `make run` is on loopback without it.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")

LOGGING = logging_config(level=read("LOG_LEVEL"))
