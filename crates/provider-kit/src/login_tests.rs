#![allow(clippy::unwrap_used)] // a test that fails may panic

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use eso_core::{Fault, FaultKind};
use parking_lot::Mutex;

use super::{Login, Refusal, Source};

/// Counts logins. Each takes a moment, and fails while `down` says so.
struct Counting {
    world: Arc<World>,
}

#[derive(Clone, Debug)]
struct Key {
    name: String,
    expiry: Option<SystemTime>,
}

struct World {
    now: Mutex<SystemTime>,
    logins: AtomicU32,
    down: Mutex<bool>,
    life: Option<Duration>,
}

impl World {
    fn new(life: Option<Duration>) -> Arc<Self> {
        let now = Mutex::new(UNIX_EPOCH + Duration::from_secs(1_000_000));
        Arc::new(Self { now, logins: AtomicU32::new(0), down: Mutex::new(false), life })
    }

    fn login(self: &Arc<Self>) -> Arc<Login<Key>> {
        let clock = Arc::clone(self);
        Arc::new(Login::new(
            Box::new(Counting { world: Arc::clone(self) }),
            Arc::new(move || *clock.now.lock()),
            |key| key.expiry,
        ))
    }

    fn pass(&self, seconds: u64) {
        *self.now.lock() += Duration::from_secs(seconds);
    }

    fn logins(&self) -> u32 {
        self.logins.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Source<Key> for Counting {
    async fn log_in(&self) -> Result<Key, Fault> {
        let number = self.world.logins.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if *self.world.down.lock() {
            return Err(Fault::new(FaultKind::Unauthenticated, "no"));
        }
        let expiry = self.world.life.map(|life| *self.world.now.lock() + life);
        Ok(Key { name: format!("key-{number}"), expiry })
    }
}

async fn crowd(login: &Arc<Login<Key>>, size: usize) -> Vec<Result<String, Fault>> {
    let one = |login: Arc<Login<Key>>| async move { Ok(login.credentials().await?.name) };
    let tasks: Vec<_> = (0..size).map(|_| tokio::spawn(one(Arc::clone(login)))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn a_crowd_makes_one_login() {
    let world = World::new(Some(Duration::from_hours(1)));
    let login = world.login();
    let answers = crowd(&login, 200).await;
    assert!(answers.iter().all(|answer| answer.as_deref() == Ok("key-1")));
    assert_eq!(world.logins(), 1);
}

#[tokio::test]
async fn a_crowd_makes_one_failing_login_and_the_next_second_another() {
    let world = World::new(None);
    let login = world.login();
    *world.down.lock() = true;
    assert!(crowd(&login, 200).await.iter().all(Result::is_err));
    assert_eq!(world.logins(), 1);
    *world.down.lock() = false;
    assert!(login.credentials().await.is_err(), "the failure is remembered");
    world.pass(1);
    assert!(login.credentials().await.is_ok());
    assert_eq!(world.logins(), 2);
}

#[tokio::test]
async fn renewal_is_due_at_80_percent_of_the_life() {
    let world = World::new(Some(Duration::from_secs(1000)));
    let login = world.login();
    assert_eq!(login.credentials().await.unwrap().name, "key-1");
    world.pass(799);
    assert_eq!(login.credentials().await.unwrap().name, "key-1");
    world.pass(1);
    assert_eq!(login.credentials().await.unwrap().name, "key-2");
    assert_eq!(world.logins(), 2);
}

#[tokio::test]
async fn during_a_renewal_the_others_go_on_with_the_old_credentials() {
    let world = World::new(Some(Duration::from_secs(1000)));
    let login = world.login();
    login.credentials().await.unwrap();
    world.pass(900);
    let answers = crowd(&login, 50).await;
    assert_eq!(answers.iter().filter(|answer| answer.as_deref() == Ok("key-2")).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.as_deref() == Ok("key-1")).count(), 49);
    assert_eq!(world.logins(), 2);
}

#[tokio::test]
async fn old_credentials_outlast_a_failing_renewal_until_they_end() {
    let world = World::new(Some(Duration::from_secs(1000)));
    let login = world.login();
    login.credentials().await.unwrap();
    *world.down.lock() = true;
    world.pass(800);
    assert_eq!(login.credentials().await.unwrap().name, "key-1");
    assert_eq!(login.credentials().await.unwrap().name, "key-1");
    assert_eq!(world.logins(), 2, "the next renewal waits");
    world.pass(195);
    assert!(login.credentials().await.is_err());
}

#[tokio::test]
async fn endless_credentials_are_read_again_within_a_minute() {
    let world = World::new(None);
    let login = world.login();
    login.credentials().await.unwrap();
    world.pass(40);
    assert_eq!(login.credentials().await.unwrap().name, "key-1");
    world.pass(20);
    assert_eq!(login.credentials().await.unwrap().name, "key-2");
}

#[tokio::test]
async fn refused_credentials_are_replaced_but_not_again_and_again() {
    let world = World::new(Some(Duration::from_hours(1)));
    let login = world.login();
    login.credentials().await.unwrap();
    login.refused(Refusal::Likely, |_| true);
    assert_eq!(login.credentials().await.unwrap().name, "key-1", "they are quite new");
    world.pass(10);
    login.refused(Refusal::Likely, |_| true);
    assert_eq!(login.credentials().await.unwrap().name, "key-2");
    login.refused(Refusal::Likely, |_| true);
    assert_eq!(login.credentials().await.unwrap().name, "key-2");
    assert_eq!(world.logins(), 2);
}

#[tokio::test]
async fn somebody_who_gives_up_waiting_does_not_block_the_rest() {
    let world = World::new(Some(Duration::from_hours(1)));
    let login = world.login();
    let hasty = tokio::time::timeout(Duration::from_millis(1), login.credentials()).await;
    assert!(hasty.is_err());
    assert_eq!(login.credentials().await.unwrap().name, "key-2");
}

#[tokio::test]
async fn credentials_that_are_of_no_use_for_certain_are_replaced_at_once() {
    let world = World::new(Some(Duration::from_hours(1)));
    let login = world.login();
    login.credentials().await.unwrap();
    login.refused(Refusal::Certain, |key| key.name == "key-1");
    assert_eq!(login.credentials().await.unwrap().name, "key-2");
    login.refused(Refusal::Certain, |key| key.name == "key-1");
    assert_eq!(login.credentials().await.unwrap().name, "key-2", "another one was refused");
}

#[tokio::test]
async fn one_identity_has_one_login_and_unused_ones_are_forgotten() {
    let (world, logins) = (World::new(None), super::Logins::default());
    let make = || Arc::into_inner(world.login()).unwrap();
    let first = logins.shared(&"a", make);
    first.credentials().await.unwrap();
    assert!(Arc::ptr_eq(&first, &logins.shared(&"a", make)));
    assert!(!Arc::ptr_eq(&first, &logins.shared(&"b", make)));
    let weak = Arc::downgrade(&first);
    drop(first);
    logins.shared(&"c", make);
    assert!(weak.upgrade().is_some(), "it was used just now");
    world.pass(15 * 60);
    logins.shared(&"d", make);
    assert!(weak.upgrade().is_none());
}
