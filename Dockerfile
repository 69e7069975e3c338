# Baton in one container: web, jobs and the SQLite file under /var/lib/baton. Settings come as BATON_* variables.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/baton
COPY requirements.txt ./
RUN /opt/baton/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY mappings mappings
COPY connector connector
COPY jobs jobs
COPY webhooks webhooks
COPY baton baton
RUN /opt/baton/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN groupadd --gid 10001 baton \
 && useradd --uid 10001 --gid baton --home-dir /var/lib/baton --create-home --shell /usr/sbin/nologin baton
COPY --from=build /opt/baton /opt/baton
ENV PATH=/opt/baton/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BATON_DATABASE_URL=sqlite:////var/lib/baton/baton.db \
    BATON_LISTEN=0.0.0.0:8080
USER baton
WORKDIR /var/lib/baton
VOLUME /var/lib/baton
EXPOSE 8080
# The image has no curl. urlopen raises, and so the check fails, on any answer of 400 and above.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["baton", "serve"]
