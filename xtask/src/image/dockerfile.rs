//! `deploy/images/*.Dockerfile`: the same images for people with a builder.

use eso_harness::shipped::{FLAGS, FOLD};

use super::{PASSWD, PROGRAMS, Shipped, USER};

/// Path and text of each.
pub fn all() -> Vec<(String, String)> {
    PROGRAMS.iter().map(|shipped| (format!("deploy/images/{}.Dockerfile", shipped.name), text(shipped))).collect()
}

fn text(shipped: &Shipped) -> String {
    let Shipped { name, title } = shipped;
    let passwd = PASSWD.trim_end();
    let license = env!("CARGO_PKG_LICENSE");
    let rust = env!("CARGO_PKG_RUST_VERSION");
    format!(
        r#"# Written by `cargo xtask gen`. Do not edit.
# From the repository's root: docker build -f deploy/images/{name}.Dockerfile -t {name} .
# Without a builder: cargo xtask image {name}
FROM rust:{rust}-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates cmake
WORKDIR /src
COPY . .
# With a target named, the flags leave build scripts and macros alone.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && case "$target" in x86_64-*) fold="{FOLD}" ;; esac \
 && RUSTFLAGS="{FLAGS} $fold" \
    cargo build --locked --release --package {name} --bin {name} --target "$target" \
 && install -D "target/$target/release/{name}" /image/{name} \
 && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
 && echo '{passwd}' > /image/etc/passwd

FROM scratch
COPY --from=build /image/ /
LABEL org.opencontainers.image.title="{name}" \
      org.opencontainers.image.description="{title}" \
      org.opencontainers.image.licenses="{license}"
ENV PATH=/
USER {USER}:{USER}
ENTRYPOINT ["/{name}"]
"#
    )
}
