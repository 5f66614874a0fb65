//! Decimal arithmetic as sprig's helper does it: exact sums and products, quotients with 16 digits after the point.

/// Digits after the point of a quotient.
const QUOTIENT_PLACES: u32 = 16;

/// `number / 10^places`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Decimal {
    number: i128,
    places: u32,
}

impl Decimal {
    /// The decimal that prints like the float. `None` for what is no number or has more than 38 digits.
    pub fn of(f: f64) -> Option<Self> {
        let text = format!("{f}");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        Some(Self { number: format!("{whole}{part}").parse().ok()?, places: u32::try_from(part.len()).ok()? })
    }

    /// The nearest float.
    pub fn float(self) -> Option<f64> {
        format!("{}e-{}", self.number, self.places).parse().ok()
    }

    fn scaled(self, places: u32) -> Option<i128> {
        self.number.checked_mul(10i128.checked_pow(places.checked_sub(self.places)?)?)
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        let places = self.places.max(other.places);
        Some(Self { number: self.scaled(places)?.checked_add(other.scaled(places)?)?, places })
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { number: other.number.checked_neg()?, ..other })
    }

    /// The product.
    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self { number: self.number.checked_mul(other.number)?, places: self.places + other.places })
    }

    /// The quotient, rounded half away from zero. The other number must not be 0.
    pub fn over(self, other: Self) -> Option<Self> {
        let up = self.number.checked_mul(10i128.checked_pow(QUOTIENT_PLACES + other.places)?)?;
        let down = other.number.checked_mul(10i128.checked_pow(self.places)?)?;
        let (whole, rest) = (up.checked_div(down)?, up.checked_rem(down)?);
        let rounds = rest.unsigned_abs().checked_mul(2)? >= down.unsigned_abs();
        let sign = if (up < 0) == (down < 0) { 1 } else { -1 };
        Some(Self { number: whole + if rounds { sign } else { 0 }, places: QUOTIENT_PLACES })
    }
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
        assert_eq!(of(0.1).plus(of(0.2)).unwrap().float(), Some(0.3));
        assert_eq!(of(1.1).times(of(1.1)).unwrap().float(), Some(1.21));
    }

    #[test]
    fn quotients_have_sixteen_places_and_round_away_from_zero() {
        assert_eq!(of(2.0).over(of(3.0)).unwrap().number, 6_666_666_666_666_667);
        assert_eq!(of(-2.0).over(of(3.0)).unwrap().number, -6_666_666_666_666_667);
        assert_eq!(of(1e-10).over(of(3.0)).unwrap().number, 333_333);
    }
}
