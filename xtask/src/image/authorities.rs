//! Certificates of the authorities that public servers are certified by: Mozilla's list, in the version that `Cargo.lock` pins.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// All of them, as the text of a PEM file.
pub fn bundle() -> String {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|certificate| pem(certificate)).collect()
}

fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    let mut lines = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        lines.push_str(line);
        lines.push('\n');
        rest = after;
    }
    lines + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_certificate_of_the_bundle_can_be_read_back() {
        let bundle = bundle();
        let read: Vec<Vec<u8>> = bundle
            .split("-----BEGIN CERTIFICATE-----\n")
            .skip(1)
            .map(|block| STANDARD.decode(block.split("-----END").next().unwrap().replace('\n', "")).unwrap())
            .collect();
        assert!(read.len() > 100, "{} authorities", read.len());
        assert!(
            read.iter()
                .map(Vec::as_slice)
                .eq(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|certificate| &**certificate))
        );
        assert!(bundle.lines().all(|line| line.len() <= 64));
    }
}
