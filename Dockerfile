# Two images from one file: `service` (the default) answers requests, `trainer` makes bundles.
# Classic-builder syntax only. Packages are installed by the hashes in requirements/. PIP_EXTRA_INDEX_URL may name an index
# with CPU builds of torch; without one, the default index decides, and its builds for Linux bring CUDA along, whose
# versions torch names. TORCH=... takes another build of torch, without a hash.

FROM python:3.11-slim AS builder
ARG TORCH=
ARG PIP_EXTRA_INDEX_URL=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/chorus
WORKDIR /src
# The requirements alone first: an edit of the code does not install them again.
COPY requirements/torch.lock requirements/torch-cpu.lock requirements/serve.lock requirements/
RUN if [ -z "$TORCH" ]; then \
      /opt/chorus/bin/pip install --no-compile --no-deps --require-hashes -r requirements/torch-cpu.lock \
      || /opt/chorus/bin/pip install --no-compile --no-deps --require-hashes -r requirements/torch.lock; \
    fi \
 && /opt/chorus/bin/pip install --no-compile --require-hashes -r requirements/serve.lock \
 && /opt/chorus/bin/pip install --no-compile "$(sed -n "s/^\(torch==[^ ]*\).*/${TORCH:-\1}/p" requirements/torch.lock)" \
 && rm -rf /opt/chorus/lib/python3*/site-packages/torch/include /opt/chorus/lib/python3*/site-packages/torch/test

FROM builder AS train-builder
COPY requirements/train.lock requirements/
RUN /opt/chorus/bin/pip install --no-compile --require-hashes -r requirements/train.lock
COPY . .
RUN /opt/chorus/bin/pip install --no-compile --no-deps --no-build-isolation .

FROM builder AS serve-builder
COPY . .
RUN /opt/chorus/bin/pip install --no-compile --no-deps --no-build-isolation .

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
