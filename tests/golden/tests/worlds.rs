//! All worlds, against the controller on a real API server.
//!
//! `ESO_GOLDEN=<part of a world's name>[,...]` plays only some; `ESO_GOLDEN_WORLDS=<file>` plays another file of the same format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use eso_golden::open::open_worlds;
use eso_golden::play::{Patience, Played, Verdict, play};
use eso_golden::report::{Scope, judge};
use eso_golden::stage::Stage;
use eso_golden::world::{World, load};
use futures::StreamExt as _;

/// Worlds at a time.
const AT_A_TIME: usize = 24;

/// Told whether or not the test passes, unlike what is printed.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn chosen() -> (Vec<World>, Scope) {
    let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("worlds.json");
    let (other, parts) = (setting("ESO_GOLDEN_WORLDS"), setting("ESO_GOLDEN"));
    let scope = if other.is_none() && parts.is_none() { Scope::All } else { Scope::Some };
    let mut worlds = load(&other.map_or(ours, PathBuf::from)).unwrap();
    if let Some(parts) = parts {
        worlds.retain(|world| parts.split(',').any(|part| world.id.contains(part)));
    }
    assert!(!worlds.is_empty(), "no world has such a name");
    worlds.sort_by(|a, b| b.least_seconds().total_cmp(&a.least_seconds()));
    (worlds, scope)
}

#[tokio::test(flavor = "multi_thread")]
async fn worlds_are_left_as_eso_left_them() {
    let (worlds, scope) = chosen();
    let open = open_worlds().unwrap();
    let began = Instant::now();
    let stage = Stage::set(&worlds).await.unwrap();
    let (ready, began) = (began.elapsed(), Instant::now());
    let played: Vec<(&World, Played)> = futures::stream::iter(&worlds)
        .map(async |world| {
            let patience = Duration::from_secs(if open.contains_key(&world.id) { 1 } else { 6 });
            let played = play(&stage, world, Patience(patience)).await;
            (world, played.unwrap_or_else(|error| panic!("{}: {error:#}", world.id)))
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let judgement = judge(&played, &open, scope);
    for complaint in &judgement.complaints {
        tell(&format!("\n{complaint}"));
    }
    for (world, _) in played
        .iter()
        .filter(|(world, it)| matches!(it.verdict, Verdict::Differs { .. }) && !open.contains_key(&world.id))
    {
        tell(&format!("\nthe controller about {}:\n  {}", world.id, stage.log_of(world, 8).join("\n  ")));
    }
    tell(&format!(
        "\n{} worlds matched, {} open, {} complaints ({:.0} s to start, {:.0} s to play)",
        judgement.matched,
        judgement.open,
        judgement.complaints.len(),
        ready.as_secs_f64(),
        began.elapsed().as_secs_f64()
    ));
    assert!(judgement.complaints.is_empty(), "see above");
}
