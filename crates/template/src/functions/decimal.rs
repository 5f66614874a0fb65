//! Decimal arithmetic as sprig's helper does it: exact sums and products, quotients with 16 digits after the point.

use num_bigint::{BigInt, Sign};

/// Digits after the point of a quotient.
const QUOTIENT_PLACES: u32 = 16;

/// `number / 10^places`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decimal {
    number: BigInt,
    places: u32,
}

impl Decimal {
    /// The decimal that prints like the float. `None` for what is no number.
    pub fn of(f: f64) -> Option<Self> {
        let text = format!("{f}");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        Some(Self { number: format!("{whole}{part}").parse().ok()?, places: u32::try_from(part.len()).ok()? })
    }

    /// The nearest float.
    pub fn float(&self) -> Option<f64> {
        format!("{}e-{}", self.number, self.places).parse().ok()
    }

    fn scaled(&self, places: u32) -> BigInt {
        &self.number * ten_to(places - self.places)
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        let places = self.places.max(other.places);
        Self { number: self.scaled(places) + other.scaled(places), places }
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self { number: -other.number, ..other })
    }

    /// The product.
    pub fn times(self, other: Self) -> Self {
        Self { number: self.number * other.number, places: self.places + other.places }
    }

    /// The quotient, rounded half away from zero. The other number must not be 0.
    pub fn over(self, other: Self) -> Self {
        let up = self.number * ten_to(QUOTIENT_PLACES + other.places);
        let down = other.number * ten_to(self.places);
        let (whole, rest) = (&up / &down, &up % &down);
        let rounds = rest.magnitude() * 2u32 >= *down.magnitude();
        let sign = if (up.sign() == Sign::Minus) == (down.sign() == Sign::Minus) { 1 } else { -1 };
        Self { number: whole + if rounds { sign } else { 0 }, places: QUOTIENT_PLACES }
    }
}

fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests fail loudly.

    use super::*;

    fn of(f: f64) -> Decimal {
        Decimal::of(f).unwrap()
    }

    #[test]
    fn sums_and_products_are_exact() {
        assert_eq!(of(0.1).plus(of(0.2)).float(), Some(0.3));
        assert_eq!(of(1.1).times(of(1.1)).float(), Some(1.21));
    }

    #[test]
    fn quotients_have_sixteen_places_and_round_away_from_zero() {
        assert_eq!(of(2.0).over(of(3.0)).number, 6_666_666_666_666_667_i64.into());
        assert_eq!(of(-2.0).over(of(3.0)).number, (-6_666_666_666_666_667_i64).into());
        assert_eq!(of(1e-10).over(of(3.0)).number, 333_333.into());
    }
}
