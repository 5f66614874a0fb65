//! Decoding of values, and the NUL check.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, alphabet};
use eso_core::crd::{DecodingStrategy, NullBytePolicy};
use eso_core::{Fault, FaultKind, SecretBytes, SecretMap};

/// Go's decoders want padding and overlook stray bits in the last character.
const LIKE_GO: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LIKE_GO);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LIKE_GO);

/// Decodes one value. `what` names it in the fault, as `data` or `key "a"`.
///
/// Auto never fails: what is neither `Base64` nor `Base64URL` stays as it is.
pub fn decode(value: SecretBytes, strategy: DecodingStrategy, what: &str) -> Result<SecretBytes, Fault> {
    let failed = |offset: usize| {
        let name = match strategy {
            DecodingStrategy::Base64Url => "Base64URL",
            _ => "Base64",
        };
        let text = format!(
            "error applying decoding strategy {name} to {what}: illegal base64 data at input byte {offset}. Remove \
             decodingStrategy, or set it to Auto, if the value is plain text."
        );
        Fault::new(FaultKind::Invalid, text)
    };
    match strategy {
        DecodingStrategy::None => Ok(value),
        DecodingStrategy::Base64 => with_engine(&STANDARD, &value).map_err(failed),
        DecodingStrategy::Base64Url => with_engine(&URL_SAFE, &value).map_err(failed),
        DecodingStrategy::Auto => {
            Ok(with_engine(&STANDARD, &value).or_else(|_| with_engine(&URL_SAFE, &value)).unwrap_or(value))
        }
    }
}

/// Decodes every value of a map.
pub fn decode_map(map: SecretMap, strategy: DecodingStrategy) -> Result<SecretMap, Fault> {
    map.into_iter()
        .map(|(key, value)| {
            let what = format!("key \"{key}\"");
            Ok((key, decode(value, strategy, &what)?))
        })
        .collect()
}

/// Refuses a NUL byte when the policy says so; the first key in byte order is named.
pub fn refuse_nul<'a>(
    values: impl IntoIterator<Item = (&'a str, &'a SecretBytes)>,
    policy: NullBytePolicy,
) -> Result<(), Fault> {
    if policy == NullBytePolicy::Ignore {
        return Ok(());
    }
    match values.into_iter().find(|(_, value)| value.expose().contains(&0)) {
        None => Ok(()),
        Some((key, _)) => Err(Fault::new(
            FaultKind::Invalid,
            format!(
                "the value for key \"{key}\" contains a NUL byte and nullBytePolicy is Fail. Store it without NUL bytes, \
                 or set nullBytePolicy to Ignore."
            ),
        )),
    }
}

/// Decodes as Go does, and passes over line breaks. The error is the offset that Go would report of a text without line breaks
/// or padding in its midst.
fn with_engine(engine: &GeneralPurpose, value: &SecretBytes) -> Result<SecretBytes, usize> {
    let bytes: Vec<u8> = value.expose().iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    engine.decode(&bytes).map(SecretBytes::new).map_err(|error| match error {
        DecodeError::InvalidByte(offset, _) | DecodeError::InvalidLastSymbol { offset, .. } => offset,
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => bytes.len() - bytes.len() % 4,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, strategy: DecodingStrategy) -> Result<Vec<u8>, String> {
        decode(text.into(), strategy, "data").map(SecretBytes::into_vec).map_err(|fault| fault.message)
    }

    #[test]
    fn parity_52_base64_of_something_else_is_an_error_with_gos_offset() {
        let message = decoded("hello", DecodingStrategy::Base64).unwrap_err();
        assert!(
            message.starts_with("error applying decoding strategy Base64 to data: illegal base64 data at input byte 4"),
            "{message}"
        );
        assert!(decoded("a_-_", DecodingStrategy::Base64).is_err());
        assert!(decoded("YQ", DecodingStrategy::Base64).is_err(), "padding is required");
    }

    #[test]
    fn parity_53_auto_returns_plain_text_as_it_is() {
        assert_eq!(decoded("hello", DecodingStrategy::Auto), Ok(b"hello".to_vec()));
    }

    #[test]
    fn parity_54_auto_tries_base64_before_base64url() {
        assert_eq!(decoded("aGVsbG8=", DecodingStrategy::Auto), Ok(b"hello".to_vec()));
        assert_eq!(decoded("_-8=", DecodingStrategy::Auto), Ok(vec![0xff, 0xef]));
        assert_eq!(decoded("1234", DecodingStrategy::Auto), Ok(vec![0xd7, 0x6d, 0xf8]));
    }

    #[test]
    fn parity_55_none_leaves_bytes_as_they_are() {
        assert_eq!(decoded("aGVsbG8=", DecodingStrategy::None), Ok(b"aGVsbG8=".to_vec()));
    }

    #[test]
    fn parity_57_58_59_nul_bytes_fail_only_under_policy_fail_and_name_the_first_key() {
        let map: SecretMap = [("b", "x\0"), ("a", "y\0"), ("0", "fine")]
            .map(|(key, value)| (key.to_owned(), SecretBytes::from(value)))
            .into();
        let check = |policy| refuse_nul(map.iter().map(|(key, value)| (key.as_str(), value)), policy);
        assert!(check(NullBytePolicy::Fail).unwrap_err().message.contains("\"a\""));
        assert_eq!(check(NullBytePolicy::Ignore), Ok(()));
    }

    #[test]
    fn line_breaks_inside_base64_are_passed_over() {
        assert_eq!(decoded("aGVs\r\nbG8=\n", DecodingStrategy::Base64), Ok(b"hello".to_vec()));
    }
}
