# The LMS in two stages: what it needs is installed and compiled in the first, the second only receives it.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /srv/lms
COPY requirements.txt image/slim.py ./
# boto3 brings the descriptions of every AWS service (25 MB); the LMS speaks to these only. Compiled modules come with symbols
# for debuggers (10 MB), pydantic with its own old version, SQLAlchemy with other databases, others with what
# their users' tests need.
RUN python3 -m venv --without-pip /opt/venv \
    && python3 -m pip --python /opt/venv/bin/python install --require-hashes --no-compile -r requirements.txt \
    && find /opt/venv/lib/python3*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} + \
    && find /opt/venv -type d \( -name tests -o -path '*/sqlalchemy/testing' -o -path '*/alembic/testing' -o -path '*/mako/testing' \
        -o -path '*/sqlalchemy/dialects/mysql' -o -path '*/sqlalchemy/dialects/mssql' -o -path '*/sqlalchemy/dialects/oracle' \
        -o -path '*/pydantic/v1' \) -prune -exec rm -r {} + \
    && python3 slim.py /opt/venv && rm slim.py
COPY wsgi.py gunicorn.conf.py ./
COPY migrations migrations
COPY app app
# Without these files a start at a quarter of a CPU compiles everything first: eleven seconds instead of two.
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv /srv/lms

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/lms /srv/lms
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin lms && chmod 1777 /tmp
ARG GIT_SHA=unknown
ARG APP_VERSION=0.0.0+unreleased
ARG SCHEMA_HEAD=unknown
ARG SCHEMA_FLOOR=unknown
LABEL org.opencontainers.image.title="Nation's LAB LMS" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.revision="${GIT_SHA}" \
    org.opencontainers.image.version="${APP_VERSION}" \
    schema.head="${SCHEMA_HEAD}" \
    schema.floor="${SCHEMA_FLOOR}"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    LMS_ENV=production \
    GIT_SHA=${GIT_SHA} \
    APP_VERSION=${APP_VERSION}
WORKDIR /srv/lms
USER 10001:10001
# The root may be read-only; this stays writable.
VOLUME /tmp
EXPOSE 8000
# No curl in the image: a bare socket, and Python without its site packages, cost a fortieth of what urllib does.
HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=30s \
    CMD ["python3", "-S", "-E", "/srv/lms/app/healthcheck.py"]
CMD ["gunicorn", "wsgi:app"]
