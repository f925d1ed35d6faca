"""Settings, read once at start. Everything that differs between machines comes from the environment."""

from pathlib import Path

from config import env
from config.postgres.settings import databases

BASE_DIR = env.BASE_DIR
# Everything the product writes on this machine: database, media, logs, secrets made on the first start.
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
# On a laptop there are known keys, plain http and a mailbox instead of real mail. LAPTOP=0 is production.
LAPTOP = env.flag("LAPTOP", default=True)
# Django's own error pages show source and addresses to whoever looks; ours say in words what to do.
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", "insecure-key-for-a-laptop-never-for-production" if LAPTOP else None)
# Keys that encrypt provider keys at rest (Fernet, urlsafe base64); the first encrypts, all decrypt.
ENCRYPTION_KEYS = env.words(
    "ENCRYPTION_KEYS", "bGFwdG9wLW9ubHktbm90LWZvci1wcm9kdWN0aW9uISE=" if LAPTOP else ""
)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if LAPTOP else "")
PORT = env.number("PORT", 8000)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://localhost:{PORT}").rstrip("/")
# Live updates are a second origin in the demo: HTTP/1.1 hangs the seventh stream of one origin.
LIVE_URL = env.text("LIVE_URL", f"http://localhost:{PORT + 1}").rstrip("/")

INSTALLED_APPS = [
    "config",  # first: it sets the message broker before any app's tasks are imported
    "tenants",
    "characters",
    "renders",
    "reviews",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django_htmx",
    "template_partials",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.RequestLogMiddleware",
    "config.middleware.FormOnlyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "tenants.context.tenancy",
                "config.context.shell",
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    },
]

DATABASES = databases(DATA_DIR)

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_ADAPTER = "tenants.accounts.AccountAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Dailies: "
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LAPTOP  # passkeys on http://localhost
MFA_TOTP_ISSUER = "Dailies"
MFA_TOTP_TOLERANCE = 1  # periods of 30 s: the clocks of phones differ

SESSION_COOKIE_NAME = "dailies_session" if LAPTOP else "__Host-dailies_session"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LAPTOP
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=not LAPTOP)
SECURE_HSTS_SECONDS = 0 if LAPTOP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LAPTOP
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", default=False) else None
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", LIVE_URL],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    },
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# On a laptop files are served as they lie, so that a change shows with the next reload.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = LAPTOP
_S3_BUCKET = env.text("S3_BUCKET", "")
STORAGES = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": _S3_BUCKET,
                "endpoint_url": env.text("S3_ENDPOINT_URL", "") or None,
                "querystring_expire": 300,
                "file_overwrite": True,
            },
        }
        if _S3_BUCKET
        else {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(DATA_DIR / "media"), "base_url": "/media/"},
        }
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage" if LAPTOP else "config.static.HashedFiles"
        )
    },
}

# Where messages between processes go. Empty: the product's own PostgreSQL.
BROKER_URL = env.text("BROKER_URL", "")
# /health/ready says "late" when a row has been due for longer: the sweep or every worker stands still.
READY_LATE_SECONDS = env.number("READY_LATE_SECONDS", 120)
# Opens /metrics (Authorization: Bearer …). Empty: there is no such page.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
# The stand-in for a video provider that `make demo` starts, and how the two know each other.
EMULATOR_URL = env.text("EMULATOR_URL", "")
EMULATOR_API_KEY = env.text("EMULATOR_API_KEY", "")
EMULATOR_WEBHOOK_SECRET = env.text("EMULATOR_WEBHOOK_SECRET", "")

EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND",
    "tenants.mailbox.DevMailboxBackend" if LAPTOP else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Dailies <dailies@localhost>")

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# The most that one uploaded file may have; what comes after is read and thrown away (tenants/uploads.py).
UPLOAD_MAX_BYTES = 50 * 1000 * 1000
FILE_UPLOAD_HANDLERS = [
    "tenants.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Who looks for faces in characters' clips: empty, or "opencv" (the extra "faces"). Its word is advice.
FACE_DETECTOR = env.text("FACE_DETECTOR", "").strip().lower()
# How long a deletion can be undone, for every agency. Empty: what the agency chose, 24 hours if it chose nothing.
_UNDO = env.text("DELETION_UNDO_SECONDS", "")
DELETION_UNDO_SECONDS = env.number("DELETION_UNDO_SECONDS", 0) if _UNDO else None
# A PEM file with the certificates that content credentials may lead to. Empty: a signature is valid, nobody is trusted.
C2PA_TRUST_ANCHORS = env.text("C2PA_TRUST_ANCHORS", "")
# How long a signed media URL opens.
MEDIA_URL_SECONDS = 300

LOGGING_CONFIG = None
