//! The decision over times, and over everything that can be missing or wrong.
#![allow(clippy::unchecked_time_subtraction)] // of constants

use std::time::Duration;

use eso_core::certificate::{Authority, Leaf, Validity};
use jiff::Timestamp;

use super::{Action, BACKDATED, CertsSeen, LIFE, LOOKAHEAD, Served, certs, leaf_fault};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// As this program makes them at `made`.
fn validity(made: Timestamp) -> Validity {
    Validity { from: made - BACKDATED, to: made + LIFE }
}

fn authority(made: Timestamp) -> Authority {
    Authority { validity: validity(made), may_sign: true, has_key: true }
}

fn old_authority(made: Timestamp) -> Authority {
    Authority { has_key: false, ..authority(made) }
}

fn leaf(made: Timestamp, issuer: usize) -> Leaf {
    let names = vec!["hook.ns.svc".to_owned()];
    Leaf { validity: validity(made), names, for_servers: true, has_key: true, issuer: Some(issuer) }
}

/// Made at the start, looked at after `age`.
fn aged(age: Duration) -> CertsSeen {
    CertsSeen {
        now: start() + age,
        name: "hook.ns.svc".to_owned(),
        authorities: vec![authority(start())],
        leaf: Some(leaf(start(), 0)),
        trusted: true,
        served: Served::Everywhere,
    }
}

fn action(seen: &CertsSeen) -> Action {
    certs(seen).action
}

#[test]
fn parity_220_good_certificates_stay_until_91_days_before_their_end() {
    for age in [Duration::ZERO, HOUR, DAY * 365, LIFE - LOOKAHEAD] {
        assert_eq!(action(&aged(age)), Action::Keep, "{age:?}");
    }
    let due = aged(LIFE - LOOKAHEAD + Duration::from_secs(1));
    assert_eq!(action(&due), Action::AddAuthority { keep: vec![0] });
    let over = aged(LIFE + Duration::from_secs(1));
    assert_eq!(action(&over), Action::Replace { keep: vec![] });
}

#[test]
fn parity_219_nothing_or_half_of_it_is_made_anew() {
    let nothing = CertsSeen { authorities: vec![], leaf: None, ..aged(DAY) };
    assert_eq!(action(&nothing), Action::Replace { keep: vec![] });
    let no_leaf = CertsSeen { leaf: None, ..aged(DAY) };
    assert_eq!(action(&no_leaf), Action::RenewLeaf { keep: vec![0] });
    let no_authority = CertsSeen { authorities: vec![], ..aged(DAY) };
    assert_eq!(action(&no_authority), Action::Replace { keep: vec![] });
}

#[test]
fn an_authority_without_its_key_is_replaced_beside_the_leaf_that_works() {
    let seen = CertsSeen { authorities: vec![old_authority(start())], ..aged(DAY) };
    assert_eq!(action(&seen), Action::AddAuthority { keep: vec![0] });
    let seen = CertsSeen { leaf: None, ..seen };
    assert_eq!(action(&seen), Action::Replace { keep: vec![0] }, "what pods still show stays trusted");
}

#[test]
fn a_rotation_of_the_authority_never_shows_what_is_not_trusted() {
    let now = LIFE - DAY * 30;
    let mut seen = aged(now);
    assert_eq!(action(&seen), Action::AddAuthority { keep: vec![0] });
    // The authority was added; the leaf is of the old one still, and no webhook configuration has the new one.
    seen.authorities = vec![authority(start() + now), old_authority(start())];
    seen.leaf = Some(leaf(start(), 1));
    (seen.trusted, seen.served) = (false, Served::Everywhere);
    assert_eq!(action(&seen), Action::Keep);
    seen.trusted = true;
    assert_eq!(action(&seen), Action::RenewLeaf { keep: vec![0, 1] });
    // The leaf was renewed; kubelets have not brought it to the pods.
    seen.leaf = Some(leaf(start() + now, 0));
    seen.served = Served::NotYet;
    assert_eq!(action(&seen), Action::Keep);
    seen.now += DAY;
    assert_eq!(action(&seen), Action::Keep, "as long as one pod shows the old leaf");
    seen.served = Served::Everywhere;
    assert_eq!(action(&seen), Action::Retire { keep: vec![0] });
}

#[test]
fn where_nobody_can_be_asked_the_old_authority_goes_after_an_hour() {
    let mut seen = aged(DAY);
    seen.authorities = vec![authority(start()), old_authority(start() - LIFE / 2)];
    seen.leaf = Some(leaf(start() + DAY, 0));
    seen.served = Served::Unknown;
    assert_eq!(action(&seen), Action::Keep);
    seen.now += HOUR;
    assert_eq!(action(&seen), Action::Keep);
    seen.now += Duration::from_secs(1);
    assert_eq!(action(&seen), Action::Retire { keep: vec![0] });
}

#[test]
fn an_old_authority_that_has_ended_goes_whoever_still_shows_its_leaf() {
    let mut seen = aged(DAY);
    seen.authorities = vec![authority(start()), old_authority(start() - LIFE), old_authority(start())];
    seen.served = Served::NotYet;
    assert_eq!(action(&seen), Action::Retire { keep: vec![0, 2] });
}

#[test]
fn an_authority_put_in_by_hand_gets_a_leaf_once_it_is_trusted() {
    let mut seen = aged(DAY);
    seen.authorities = vec![authority(start()), old_authority(start())];
    (seen.leaf, seen.trusted) = (Some(leaf(start(), 1)), false);
    assert_eq!(action(&seen), Action::Keep);
    seen.trusted = true;
    assert_eq!(action(&seen), Action::RenewLeaf { keep: vec![0, 1] });
    // Nobody remembers the old authority: there is nothing to wait for.
    seen.authorities.truncate(1);
    (seen.leaf, seen.trusted) = (Some(Leaf { issuer: None, ..leaf(start(), 0) }), false);
    assert_eq!(action(&seen), Action::RenewLeaf { keep: vec![0] });
}

#[test]
fn a_leaf_that_does_not_fit_is_renewed_at_once() {
    let good = leaf(start(), 0);
    for bad in [
        Leaf { names: vec!["other.ns.svc".to_owned()], ..good.clone() },
        Leaf { for_servers: false, ..good.clone() },
        Leaf { has_key: false, ..good.clone() },
        Leaf { issuer: None, ..good.clone() },
        Leaf { issuer: Some(7), ..good.clone() },
        Leaf { validity: Validity { from: start(), to: start() + DAY }, ..good.clone() },
        Leaf { validity: Validity { from: start() + DAY * 300, to: start() + LIFE }, ..good },
    ] {
        let seen = CertsSeen { leaf: Some(bad.clone()), ..aged(HOUR) };
        assert_eq!(action(&seen), Action::RenewLeaf { keep: vec![0] }, "{bad:?}");
    }
}

#[test]
fn a_certificate_that_may_not_sign_is_no_authority() {
    let mut seen = aged(DAY);
    seen.authorities[0].may_sign = false;
    assert_eq!(action(&seen), Action::Replace { keep: vec![] });
}

#[test]
fn a_clock_that_is_an_hour_off_changes_nothing() {
    for clock in [start() - HOUR, start() + HOUR] {
        let seen = CertsSeen { now: clock, ..aged(Duration::ZERO) };
        assert_eq!(action(&seen), Action::Keep, "{clock}");
        assert_eq!(leaf_fault(&seen, clock), None, "{clock}");
    }
    let made_ahead = CertsSeen {
        authorities: vec![authority(start() + HOUR)],
        leaf: Some(leaf(start() + HOUR, 0)),
        ..aged(Duration::ZERO)
    };
    assert_eq!(action(&made_ahead), Action::Keep);
    assert_eq!(leaf_fault(&made_ahead, start()), None, "made by a clock that is ahead");
}

#[test]
fn parity_218_what_does_not_work_in_an_hour_is_told() {
    let ends_soon = Leaf { validity: Validity { from: start(), to: start() + HOUR * 2 }, ..leaf(start(), 0) };
    let seen = CertsSeen { leaf: Some(ends_soon), ..aged(Duration::ZERO) };
    assert_eq!(leaf_fault(&seen, start() + HOUR), None);
    let later = leaf_fault(&seen, start() + HOUR * 3).unwrap();
    assert!(later.message.contains("tls.crt does not hold"), "{later}");
    for (seen, part) in [
        (CertsSeen { authorities: vec![], ..aged(DAY) }, "ca.crt"),
        (CertsSeen { leaf: None, ..aged(DAY) }, "tls.crt holds no certificate"),
        (CertsSeen { name: "x.ns.svc".to_owned(), ..aged(DAY) }, "not for x.ns.svc, but for hook.ns.svc"),
        (CertsSeen { leaf: Some(Leaf { has_key: false, ..leaf(start(), 0) }), ..aged(DAY) }, "tls.key"),
        (CertsSeen { leaf: Some(Leaf { issuer: None, ..leaf(start(), 0) }), ..aged(DAY) }, "not signed"),
        (aged(LIFE + DAY), "the authority of tls.crt does not hold"),
    ] {
        let fault = leaf_fault(&seen, seen.now).unwrap();
        assert!(fault.message.contains(part), "{fault}");
    }
}
