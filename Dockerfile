# One image for every process; compose.yaml and docs/deploy.md say which commands run in it.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LAPTOP=0 DATA_DIR=/data
WORKDIR /app

COPY requirements/base.lock requirements/base.lock
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/base.lock

COPY manage.py ./
COPY config config
COPY tenants tenants
COPY characters characters
COPY renders renders
COPY reviews reviews
COPY templates templates
COPY static static

RUN useradd --system --home-dir /data --create-home dailies
# Hashed names for static files, without a library's own that nothing uses and whose imports lead nowhere. The secrets of
# this one command are nobody's.
RUN SECRET_KEY=build ENCRYPTION_KEYS=bGFwdG9wLW9ubHktbm90LWZvci1wcm9kdWN0aW9uISE= ALLOWED_HOSTS=build \
    python manage.py collectstatic --no-input --ignore django_htmx && chown -R dailies /data
USER dailies
EXPOSE 8000 8001
CMD ["python", "-m", "granian", "--host", "0.0.0.0", "--port", "8000", "--interface", "wsgi", "--no-ws", "--workers", "2", "--blocking-threads", "16", "--workers-kill-timeout", "30", "config.wsgi:application"]
