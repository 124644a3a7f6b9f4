# syntax=docker/dockerfile:1
# The server with ONNX Runtime and one model pack. `docker build -t rostro .`, or with arguments:
#   --build-arg PACK=mobilefacenet            another model pack (models/*.toml)
#   --build-context models=/folder            model files from a folder instead of the internet (the same as ROSTRO_MODELS_MIRROR)
#   --build-arg APT_MIRROR, PIP_INDEX_URL, CARGO_INDEX    mirrors of the package sources, for networks that have only these
#   --build-arg VARIANT=cuda                  for NVIDIA GPUs (x86-64 only)
#   --platform linux/amd64,linux/arm64        either architecture
# The images below can be pinned by digest with their arguments: RUST_IMAGE=rust@sha256:...
ARG RUST_IMAGE=rust:1.95.0-bookworm
ARG CPU_IMAGE=debian:bookworm-slim
ARG CUDA_IMAGE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04
ARG VARIANT=cpu

# Replaced by --build-context models=/folder.
FROM scratch AS models

FROM ${RUST_IMAGE} AS build
ARG APT_MIRROR
# pip fetches ONNX Runtime, pinned by SHA-256 in crates/setup/src/onnxruntime.rs.
# hadolint ignore=DL3008
RUN if [ -n "${APT_MIRROR}" ]; then \
        sed -i -E "s,https?://[^/ ]+,${APT_MIRROR}," /etc/apt/sources.list.d/*; \
    fi \
    && apt-get update \
    && apt-get install -y --no-install-recommends python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
ARG PACK=standard
ARG VARIANT
ARG PIP_INDEX_URL
ARG CARGO_INDEX
# The registry and the target folder are caches of the builder: they make the next build faster and do not end up in the image.
RUN --mount=type=bind,from=models,target=/models \
    --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    if [ -n "${CARGO_INDEX}" ]; then \
        printf '[source.crates-io]\nreplace-with = "mirror"\n[source.mirror]\nregistry = "%s"\n' "${CARGO_INDEX}" > "${CARGO_HOME}/config.toml"; \
    fi \
    && if [ -n "${PIP_INDEX_URL}" ]; then export PIP_INDEX_URL; else unset PIP_INDEX_URL; fi \
    && if [ "${VARIANT}" = cuda ]; then set -- --gpu; else set --; fi \
    && cargo xtask dist --pack "${PACK}" --mirror /models --no-archive --out /dist "$@" \
    && mv /dist/rostro-* /dist/rostro

FROM ${CPU_IMAGE} AS base-cpu
FROM ${CUDA_IMAGE} AS base-cuda

# The stage's name is an argument: only the variant that is wanted is fetched.
# hadolint ignore=DL3006
FROM base-${VARIANT}
ARG PACK=standard
ARG VARIANT
ARG REVISION=unknown
LABEL org.opencontainers.image.title="rostro" \
      org.opencontainers.image.description="Self-hosted face recognition" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      rostro.pack="${PACK}" \
      rostro.variant="${VARIANT}" \
      rostro.sbom="/opt/rostro/sbom.cdx.json"
ARG APT_MIRROR
# Root certificates: without them pictures cannot be given by address.
# hadolint ignore=DL3008
RUN if [ -n "${APT_MIRROR}" ]; then \
        sed -i -E "s,https?://[^/ ]+,${APT_MIRROR}," /etc/apt/sources.list.d/*; \
    fi \
    && apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
# Its number is fixed, so that volumes keep their owner: 10001.
RUN groupadd --system --gid 10001 rostro \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/rostro --no-create-home --shell /usr/sbin/nologin rostro \
    && install -d -m 0700 -o rostro -g rostro /var/lib/rostro \
    && install -d /etc/rostro
COPY --from=build /dist/rostro /opt/rostro
WORKDIR /opt/rostro
RUN sha256sum --check --quiet --strict SHA256SUMS \
    && cp rostro.toml /etc/rostro/rostro.toml \
    && ln -s /opt/rostro/bin/rostro /usr/local/bin/rostro
# The last three: memory that bodies and pictures took goes back to the system (docs/OPERATIONS.md, "Sizing").
ENV ROSTRO_CONFIG=/etc/rostro/rostro.toml \
    ROSTRO_SERVER__LISTEN=0.0.0.0:8080 \
    MALLOC_ARENA_MAX=4 \
    MALLOC_MMAP_THRESHOLD_=1048576 \
    MALLOC_TRIM_THRESHOLD_=1048576
USER 10001:10001
WORKDIR /var/lib/rostro
VOLUME /var/lib/rostro
EXPOSE 8080
# Only /var/lib/rostro is written: run it with --read-only.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["rostro", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["rostro"]
CMD ["serve"]
