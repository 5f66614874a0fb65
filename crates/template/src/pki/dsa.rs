//! DSA keys, which nobody should use any more.

use num_bigint::BigUint;

use super::der::{integer, sequence, small};
use super::pem::Block;
use crate::context::Ctx;
use crate::error::Outcome;

/// Numbers that are no multiple of these are tested further.
const SMALL_PRIMES: u32 = 2000;

fn draw(ctx: &mut Ctx<'_>, bits: u64) -> Outcome<BigUint> {
    ctx.work(100)?;
    let mut bytes = vec![0; usize::try_from(bits / 8).unwrap_or(0)];
    ctx.host.random(&mut bytes);
    Ok(BigUint::from_bytes_be(&bytes))
}

/// Miller and Rabin's test, with random bases.
fn is_prime(ctx: &mut Ctx<'_>, n: &BigUint, rounds: u32) -> Outcome<bool> {
    for small in (3..SMALL_PRIMES).step_by(2) {
        if n % small == BigUint::ZERO {
            return Ok(*n == BigUint::from(small));
        }
    }
    let one = BigUint::from(1u8);
    let minus_one = n - &one;
    let twos = minus_one.trailing_zeros().unwrap_or(0);
    let odd = &minus_one >> twos;
    for _ in 0..rounds {
        // A power of numbers of this size takes some milliseconds.
        ctx.work(1000)?;
        let base = draw(ctx, n.bits())? % &minus_one + &one;
        let mut power = base.modpow(&odd, n);
        let mut witness = power != one && power != minus_one;
        for _ in 1..twos {
            power = &power * &power % n;
            witness = witness && power != minus_one;
        }
        if witness {
            return Ok(false);
        }
    }
    Ok(true)
}

#[allow(clippy::many_single_char_names)] // The standard calls them so.
/// A new key of 2048 bits with a subgroup of 256, in OpenSSL's form.
pub(crate) fn generate(ctx: &mut Ctx<'_>) -> Outcome<Block> {
    let one = BigUint::from(1u8);
    let (q, p) = 'found: loop {
        let mut q = draw(ctx, 256)?;
        q.set_bit(0, true);
        q.set_bit(255, true);
        if !is_prime(ctx, &q, 8)? {
            continue;
        }
        for _ in 0..4 * 2048 {
            let mut p = draw(ctx, 2048)?;
            p.set_bit(2047, true);
            p = &p - &p % (&q << 1) + &one;
            if p.bits() == 2048 && is_prime(ctx, &p, 1)? && is_prime(ctx, &p, 7)? {
                break 'found (q, p);
            }
        }
    };
    let cofactor = (&p - &one) / &q;
    let mut base = BigUint::from(2u8);
    let g = loop {
        let g = base.modpow(&cofactor, &p);
        if g != one {
            break g;
        }
        base += 1u8;
    };
    let x = draw(ctx, 256)? % (&q - &one) + &one;
    let y = g.modpow(&x, &p);
    let numbers: Vec<Vec<u8>> = [&p, &q, &g, &y, &x].map(|n| integer(&n.to_bytes_be())).into();
    let mut parts = vec![small(0)];
    parts.extend(numbers);
    Ok(Block::new("DSA PRIVATE KEY", sequence(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())))
}
