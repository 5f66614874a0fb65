//! A small seeded generator: the same seed gives the same templates everywhere.

/// `SplitMix64`.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts at a seed; `index` tells one template of a run from another.
    pub fn new(seed: u64, index: u64) -> Self {
        // The start of one template's choices must not be the middle of another's.
        let start = Self(seed).next();
        Self(Self(start ^ index).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of the items.
    pub fn pick<'i, T: ?Sized>(&mut self, items: &[&'i T]) -> &'i T {
        items[self.below(items.len())]
    }
}

/// One character less, more or other.
pub fn slip(random: &mut Random, text: &str, odd: &[char]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return text.into();
    }
    let at = random.below(chars.len());
    let odd = odd[random.below(odd.len())];
    match random.below(4) {
        0 => _ = chars.remove(at),
        1 => chars.insert(at, odd),
        2 => chars[at] = odd,
        _ => chars.truncate(at),
    }
    chars.into_iter().collect()
}
