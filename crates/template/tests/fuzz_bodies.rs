//! The bodies of the fuzz targets with their seeds, as they are and changed at random: no panic, no hang.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // Tests fail loudly.

use std::path::Path;

#[path = "../fuzz/src/bodies.rs"]
mod bodies;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// A seed with some bytes changed, taken out, doubled, or put in from another seed.
fn changed(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut input = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len());
        match random.below(5) {
            0 if !input.is_empty() => input[at] = u8::try_from(random.below(256)).unwrap(),
            1 if !input.is_empty() => _ = input.remove(at),
            2 => input.insert(at, b"{}()|.$\"`'\\-=:,% 0\n\xff"[random.below(20)]),
            3 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let piece: Vec<u8> = other[from..].iter().copied().take(random.below(40)).collect();
                input.splice(at..at, piece);
            }
            _ => {
                let piece: Vec<u8> = input[at..].iter().copied().take(random.below(20)).collect();
                input.splice(at..at, piece);
            }
        }
    }
    input
}

fn drive(target: &str, body: fn(&[u8]), count: usize) {
    let seeds = seeds(target);
    assert!(seeds.len() >= 5, "seeds of {target} are missing");
    for seed in &seeds {
        body(seed);
    }
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..count {
        body(&changed(&mut random, &seeds));
    }
}

#[test]
fn the_parser_survives_changed_seeds() {
    drive("parser", bodies::parser, 4_000);
}

#[test]
fn the_executor_survives_changed_seeds() {
    drive("executor", bodies::executor, 4_000);
}

#[test]
fn yaml_survives_changed_seeds() {
    drive("yaml", bodies::yaml, 4_000);
}

#[test]
fn pem_survives_changed_seeds() {
    drive("pem", bodies::pem, 300);
}

#[test]
fn pkcs12_survives_changed_seeds() {
    drive("pkcs12", bodies::pkcs12, 1_000);
}
