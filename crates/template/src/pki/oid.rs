//! Object identifiers, as numbers.

pub(super) const RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 1];
pub(super) const SHA256_RSA: &[u64] = &[1, 2, 840, 113_549, 1, 1, 11];
pub(super) const EC: &[u64] = &[1, 2, 840, 10_045, 2, 1];
pub(super) const P256: &[u64] = &[1, 2, 840, 10_045, 3, 1, 7];
pub(super) const P384: &[u64] = &[1, 3, 132, 0, 34];
pub(super) const P521: &[u64] = &[1, 3, 132, 0, 35];
pub(super) const ECDSA_SHA256: &[u64] = &[1, 2, 840, 10_045, 4, 3, 2];
pub(super) const ECDSA_SHA384: &[u64] = &[1, 2, 840, 10_045, 4, 3, 3];
pub(super) const ECDSA_SHA512: &[u64] = &[1, 2, 840, 10_045, 4, 3, 4];
pub(super) const X25519: &[u64] = &[1, 3, 101, 110];
pub(super) const ED25519: &[u64] = &[1, 3, 101, 112];

pub(super) const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
pub(super) const SUBJECT_KEY_ID: &[u64] = &[2, 5, 29, 14];
pub(super) const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
pub(super) const ALTERNATIVE_NAMES: &[u64] = &[2, 5, 29, 17];
pub(super) const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
pub(super) const AUTHORITY_KEY_ID: &[u64] = &[2, 5, 29, 35];
pub(super) const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
pub(super) const ANY_USAGE: &[u64] = &[2, 5, 29, 37, 0];
pub(super) const SERVER_AUTH: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
pub(super) const CLIENT_AUTH: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];

pub(super) const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
pub(super) const ENCRYPTED_DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 6];
pub(super) const KEY_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 1];
pub(super) const SHROUDED_KEY_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 2];
pub(super) const CERT_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
pub(super) const X509_CERTIFICATE: &[u64] = &[1, 2, 840, 113_549, 1, 9, 22, 1];
pub(super) const FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 20];
pub(super) const LOCAL_KEY_ID: &[u64] = &[1, 2, 840, 113_549, 1, 9, 21];
/// Oracle's mark of a certificate that a Java trust store trusts.
pub(super) const TRUSTED_KEY_USAGE: &[u64] = &[2, 16, 840, 1, 113_894, 746_875, 1, 1];

pub(super) const PBE_3DES: &[u64] = &[1, 2, 840, 113_549, 1, 12, 1, 3];
pub(super) const PBE_RC2_128: &[u64] = &[1, 2, 840, 113_549, 1, 12, 1, 5];
pub(super) const PBE_RC2_40: &[u64] = &[1, 2, 840, 113_549, 1, 12, 1, 6];
pub(super) const PBES2: &[u64] = &[1, 2, 840, 113_549, 1, 5, 13];
pub(super) const PBKDF2: &[u64] = &[1, 2, 840, 113_549, 1, 5, 12];
pub(super) const PBMAC1: &[u64] = &[1, 2, 840, 113_549, 1, 5, 14];
pub(super) const HMAC_SHA1: &[u64] = &[1, 2, 840, 113_549, 2, 7];
pub(super) const HMAC_SHA256: &[u64] = &[1, 2, 840, 113_549, 2, 9];
pub(super) const HMAC_SHA384: &[u64] = &[1, 2, 840, 113_549, 2, 10];
pub(super) const HMAC_SHA512: &[u64] = &[1, 2, 840, 113_549, 2, 11];
pub(super) const AES128_CBC: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 1, 2];
pub(super) const AES192_CBC: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 1, 22];
pub(super) const AES256_CBC: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 1, 42];
pub(super) const SHA1: &[u64] = &[1, 3, 14, 3, 2, 26];
pub(super) const SHA256: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 2, 1];
pub(super) const SHA384: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 2, 2];
pub(super) const SHA512: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 2, 3];
