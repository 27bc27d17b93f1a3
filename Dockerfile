# Two images from one file: `service` (the default) answers requests, `trainer` makes bundles.
# Classic-builder syntax only. PIP_EXTRA_INDEX_URL may name an index with CPU builds of torch; without one,
# the default index decides, and its builds for Linux bring CUDA along.

FROM python:3.11-slim AS builder
ARG TORCH=torch==2.13.0
ARG PIP_EXTRA_INDEX_URL=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/chorus
RUN /opt/chorus/bin/pip install --no-compile "$TORCH" \
 && rm -rf /opt/chorus/lib/python3*/site-packages/torch/include /opt/chorus/lib/python3*/site-packages/torch/test
WORKDIR /src
# The requirements alone first: an edit of the code does not install them again.
COPY pyproject.toml ./
RUN /opt/chorus/bin/python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print(*p['dependencies'], sep='\n', file=open('serve.txt', 'w')); \
print(*p['optional-dependencies']['train'], sep='\n', file=open('train.txt', 'w'))" \
 && /opt/chorus/bin/pip install --no-compile -r serve.txt

FROM builder AS train-builder
RUN /opt/chorus/bin/pip install --no-compile -r train.txt
COPY . .
RUN /opt/chorus/bin/pip install --no-compile --no-deps .

FROM builder AS serve-builder
COPY . .
RUN /opt/chorus/bin/pip install --no-compile --no-deps .

FROM python:3.11-slim AS runtime
RUN groupadd --gid 10001 chorus \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /srv/chorus --shell /usr/sbin/nologin chorus \
 && mkdir -p /srv/chorus/data /srv/chorus/bundles /srv/chorus/state \
 && chown -R chorus:chorus /srv/chorus
# Named volumes take their owner from these folders.
ENV PATH=/opt/chorus/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CHORUS_STATE_DIR=/srv/chorus/state
WORKDIR /srv/chorus
ENTRYPOINT ["chorus"]

FROM runtime AS trainer
# The user has no home: matplotlib keeps its font list here.
ENV MPLCONFIGDIR=/tmp/matplotlib
COPY --from=train-builder /opt/chorus /opt/chorus
COPY jobs /srv/chorus/jobs
USER 10001:10001
CMD ["--help"]

FROM runtime AS service
COPY --from=serve-builder /opt/chorus /opt/chorus
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["serve", "bundles/movielens-100k", "--host", "0.0.0.0", "--port", "8000"]
