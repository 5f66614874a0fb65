# Written by `cargo xtask gen`. Do not edit.
# From the repository's root: docker build -f deploy/images/eso-cert-controller.Dockerfile -t eso-cert-controller .
# Without a builder: cargo xtask image eso-cert-controller
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates cmake
WORKDIR /src
COPY . .
# With a target named, the flags leave build scripts and macros alone.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && case "$target" in x86_64-*) fold="-Clink-arg=-Wl,--icf=all" ;; esac \
 && RUSTFLAGS="-Ctarget-feature=+crt-static -Clink-arg=-Wl,-z,pack-relative-relocs $fold" \
    cargo build --locked --release --package eso-cert-controller --bin eso-cert-controller --target "$target" \
 && install -D "target/$target/release/eso-cert-controller" /image/eso-cert-controller \
 && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
 && echo 'eso:x:65532:65532:eso-rs:/:/sbin/nologin' > /image/etc/passwd

FROM scratch
COPY --from=build /image/ /
LABEL org.opencontainers.image.title="eso-cert-controller" \
      org.opencontainers.image.description="Makes and renews the certificate of eso-webhook" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/
USER 65532:65532
ENTRYPOINT ["/eso-cert-controller"]
