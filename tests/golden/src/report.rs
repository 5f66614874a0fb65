//! What to tell a person about worlds that were played.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::compare::Mismatch;
use crate::differences::DIFFERENCES;
use crate::open;
use crate::play::{Played, Verdict};
use crate::world::{Did, World};

/// Longest text of one side of a difference.
const LONGEST: usize = 600;

/// How the run is judged.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Worlds that matched.
    pub matched: usize,
    /// Worlds that did not, and are listed as open.
    pub open: usize,
    /// What is wrong, one sentence or paragraph each.
    pub complaints: Vec<String>,
}

/// Which worlds were played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of ours: the list of open worlds and the table of differences have to be exactly right.
    All,
    /// Some, or others: only those count that were played.
    Some,
}

/// Compares what was played with what the list of open worlds says. Nothing passes unseen: a world is matched, or listed.
pub fn judge(played: &[(&World, Played)], open: &BTreeMap<String, String>, scope: Scope) -> Judgement {
    let mut judgement = Judgement::default();
    for (world, it) in played {
        match (&it.verdict, open.get(&world.id)) {
            (Verdict::Matched, None) => judgement.matched += 1,
            (Verdict::Matched, Some(reason)) => judgement.complaints.push(format!(
                "{} matches, and {} lists it as open ({reason}): take it off the list.",
                world.id,
                open::FILE
            )),
            (Verdict::Differs { .. }, Some(_)) => judgement.open += 1,
            (Verdict::Differs { step, mismatches }, None) => {
                judgement.complaints.push(failure(world, *step, mismatches));
            }
        }
    }
    if scope == Scope::All {
        judgement.complaints.extend(leftovers(played, open));
    }
    judgement
}

/// Entries of the two lists that nothing speaks for.
fn leftovers(played: &[(&World, Played)], open: &BTreeMap<String, String>) -> Vec<String> {
    let worlds: BTreeSet<&str> = played.iter().map(|(world, _)| world.id.as_str()).collect();
    let unknown = open.keys().filter(|id| !worlds.contains(id.as_str()));
    let unknown = unknown.map(|id| format!("{} lists the world {id}, which does not exist.", open::FILE));
    let used: BTreeSet<&str> = played
        .iter()
        .filter(|(_, it)| matches!(it.verdict, Verdict::Matched))
        .flat_map(|(_, it)| it.used.iter().copied())
        .collect();
    let dead = DIFFERENCES.iter().filter(|difference| !used.contains(difference.name));
    let dead = dead.map(|it| format!("No world needs the declared difference \"{}\" any more: remove it.", it.name));
    unknown.chain(dead).collect()
}

/// A world that does not match: what was done, and where it differs.
pub fn failure(world: &World, step: usize, mismatches: &[Mismatch]) -> String {
    let mut text = format!("{} ({}) differs after step {step}", world.id, world.namespace);
    if let Some(step) = world.steps.get(step) {
        let _ = write!(text, ", which did: {}", described(&step.did));
    }
    for Mismatch { path, recorded, ours } in mismatches {
        let _ = write!(
            text,
            "\n    {path}\n      recorded: {}\n      ours:     {}",
            shown(recorded.as_ref()),
            shown(ours.as_ref())
        );
    }
    text
}

fn shown(side: Option<&Value>) -> String {
    let Some(value) = side else { return "(nothing)".to_owned() };
    shortened(value.to_string(), LONGEST)
}

fn shortened(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push_str(" ...");
    }
    text
}

fn described(did: &Did) -> String {
    let name = |object: &Value| {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
        format!("{}/{} {}", text("/kind"), text("/metadata/name"), object.get("spec").unwrap_or(&Value::Null))
    };
    let apply = did.apply.iter().map(|object| format!("apply {}", shortened(name(object), LONGEST)));
    let merge = did.merge.iter().map(|merge| format!("merge {}/{} {}", merge.kind, merge.name, merge.patch));
    let delete = did.delete.iter().map(|(kind, name)| format!("delete {kind}/{name}"));
    apply.chain(merge).chain(delete).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(id: &str) -> World {
        World { id: id.to_owned(), namespace: "g1".to_owned(), steps: Vec::new() }
    }

    fn played(verdict: Verdict) -> Played {
        Played { verdict, used: DIFFERENCES.iter().map(|difference| difference.name).collect() }
    }

    fn differs() -> Played {
        played(Verdict::Differs { step: 0, mismatches: Vec::new() })
    }

    fn open(ids: &[&str]) -> BTreeMap<String, String> {
        ids.iter().map(|&id| (id.to_owned(), "templates".to_owned())).collect()
    }

    #[test]
    fn a_world_is_matched_or_listed_and_never_both_or_neither() {
        let (a, b) = (world("a"), world("b"));
        let run = [(&a, played(Verdict::Matched)), (&b, differs())];
        assert_eq!(judge(&run, &open(&["b"]), Scope::All), Judgement { matched: 1, open: 1, complaints: Vec::new() });
        assert_eq!(judge(&run, &open(&["a", "b"]), Scope::All).complaints.len(), 1);
        assert_eq!(judge(&run, &open(&[]), Scope::All).complaints.len(), 1);
    }

    #[test]
    fn an_open_world_that_does_not_exist_is_told_in_a_full_run() {
        let a = world("a");
        let run = [(&a, played(Verdict::Matched))];
        assert_eq!(judge(&run, &open(&["gone"]), Scope::All).complaints.len(), 1);
        assert_eq!(judge(&run, &open(&["gone"]), Scope::Some).complaints.len(), 0);
    }

    #[test]
    fn a_difference_that_no_matched_world_needs_is_told_in_a_full_run() {
        let (a, b) = (world("a"), world("b"));
        let run = [(&a, Played { verdict: Verdict::Matched, used: BTreeSet::new() }), (&b, differs())];
        assert_eq!(judge(&run, &open(&["b"]), Scope::All).complaints.len(), DIFFERENCES.len());
        assert_eq!(judge(&run, &open(&["b"]), Scope::Some).complaints.len(), 0);
    }
}
