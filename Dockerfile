# One image for every process of ours: `docker run alluvium streams extract`, `... sinks postgres`, `... api`.

FROM python:3.11.14-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never PIP_NO_CACHE_DIR=1
RUN pip install uv==0.13.9
WORKDIR /app
# `--extra semantic` for recall by meaning, 150 MB; see docs/semantic.md.
ARG EXTRAS=""
# Dependencies first: they change less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-default-groups --no-install-project $EXTRAS
COPY schemas schemas
COPY topology topology
COPY streams streams
COPY sinks sinks
COPY api api
COPY deploy deploy
RUN uv sync --frozen --no-default-groups --no-editable $EXTRAS

FROM python:3.11.14-slim-bookworm
RUN groupadd --system --gid 10001 alluvium \
    && useradd --system --uid 10001 --gid alluvium --home-dir /var/lib/alluvium --no-create-home alluvium \
    && install --directory --owner=alluvium --group=alluvium --mode=0700 /var/lib/alluvium
COPY --from=build /app/.venv /app/.venv
# Inside a container the loopback is nobody's; who may reach the ports is the network's to say.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATE_DIR=/var/lib/alluvium \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=9100 \
    API_HOST=0.0.0.0 \
    API_PORT=8000 \
    HEALTH_PORT=9100
USER 10001:10001
WORKDIR /var/lib/alluvium
EXPOSE 8000 9100
# HEALTH_PORT is 8000 for the API; agents and sinks answer beside their metrics.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"HEALTH_PORT\"]}/health/ready', timeout=4)"]
ENTRYPOINT ["python", "-m"]
CMD ["api"]
