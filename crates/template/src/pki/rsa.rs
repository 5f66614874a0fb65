//! The numbers of an RSA key.

use num_bigint::BigUint;

use super::der::{Reader, integer, sequence, small};
use crate::error::{Failure, Outcome};

/// The public numbers.
#[derive(Clone)]
pub(crate) struct RsaPublic {
    pub n: BigUint,
    pub e: BigUint,
}

/// All numbers of a key with two primes.
#[derive(Clone)]
pub(crate) struct RsaPrivate {
    pub public: RsaPublic,
    pub d: BigUint,
    pub p: BigUint,
    pub q: BigUint,
    dp: BigUint,
    dq: BigUint,
    qi: BigUint,
}

impl RsaPublic {
    /// Fails when a number is larger than any sensible key has, so that computing with it takes too long.
    pub fn check(&self) -> Outcome<()> {
        if self.n.bits() > MAX_BITS {
            return Err(Failure::new(format!("RSA keys of more than {MAX_BITS} bits are not supported")));
        }
        if self.e.bits() > 31 {
            return Err(Failure::new("the public exponent of the RSA key is too large"));
        }
        Ok(())
    }

    /// `RSAPublicKey` of PKCS#1.
    pub fn pkcs1(&self) -> Vec<u8> {
        sequence(&[&number(&self.n), &number(&self.e)])
    }
}

fn number(n: &BigUint) -> Vec<u8> {
    integer(&n.to_bytes_be())
}

impl RsaPrivate {
    /// A key of its modulus, exponents and primes; fails when they do not belong together.
    pub fn new(public: RsaPublic, d: BigUint, p: BigUint, q: BigUint) -> Outcome<Self> {
        let wrong = || Failure::new("the numbers of the RSA key do not belong together");
        let one = BigUint::from(1u8);
        public.check()?;
        if [&d, &p, &q].iter().any(|number| number.bits() > public.n.bits()) {
            return Err(wrong());
        }
        if public.n != &p * &q || p <= one || q <= one || public.e <= one {
            return Err(wrong());
        }
        let (p1, q1) = (&p - &one, &q - &one);
        if &d * &public.e % &p1 != one || &d * &public.e % &q1 != one {
            return Err(wrong());
        }
        let (dp, dq) = (&d % p1, &d % q1);
        let qi = q.modinv(&p).ok_or_else(wrong)?;
        Ok(Self { public, d, p, q, dp, dq, qi })
    }

    /// Reads `RSAPrivateKey` of PKCS#1.
    pub fn from_pkcs1(der: &[u8]) -> Outcome<Self> {
        let mut reader = Reader::new(der);
        let mut key = reader.inside(super::der::SEQUENCE)?;
        reader.end()?;
        if key.small()? != 0 {
            return Err(Failure::new("RSA keys of more than two primes are not supported"));
        }
        let mut next = || key.integer().map(BigUint::from_bytes_be);
        let public = RsaPublic { n: next()?, e: next()? };
        let (d, p, q) = (next()?, next()?, next()?);
        let rest = [next()?, next()?, next()?];
        let key = Self::new(public, d, p, q)?;
        key.agrees(&rest.each_ref().map(Some))?;
        Ok(key)
    }

    /// Fails when one of the numbers that follow from the others (both exponents, the coefficient) is given and wrong.
    pub fn agrees(&self, given: &[Option<&BigUint>; 3]) -> Outcome<()> {
        let right = [&self.dp, &self.dq, &self.qi];
        let agrees = given.iter().zip(right).all(|(given, right)| given.is_none_or(|given| given == right));
        if agrees { Ok(()) } else { Err(Failure::new("crypto/rsa: invalid CRT exponent or coefficient")) }
    }

    /// `RSAPrivateKey` of PKCS#1.
    pub fn pkcs1(&self) -> Vec<u8> {
        let numbers = [&self.public.n, &self.public.e, &self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi];
        let numbers: Vec<Vec<u8>> = std::iter::once(small(0)).chain(numbers.map(number)).collect();
        sequence(&numbers.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

/// The largest modulus that is read.
const MAX_BITS: u64 = 16_384;
