#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Lane, Queue, RETRY_CAP};
use crate::metrics::{ExtendedLabels, Metrics};

fn queue() -> (Queue<&'static str>, Metrics) {
    let metrics = Metrics::new(ExtendedLabels::Off);
    (Queue::new("test", &metrics), metrics)
}

async fn taken(queue: &Queue<&'static str>) -> &'static str {
    queue.next().await.unwrap().key()
}

async fn nothing_comes_within(queue: &Queue<&'static str>, wait: Duration) {
    assert!(timeout(wait, queue.next()).await.is_err(), "a key came although none was due");
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_key_added_twice_is_handed_out_once() {
    let (queue, _) = queue();
    queue.add("a", Lane::Periodic);
    queue.add("a", Lane::Periodic);
    assert_eq!(queue.len(), 1);
    assert_eq!(taken(&queue).await, "a");
    nothing_comes_within(&queue, SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn the_most_urgent_lane_is_served_first_and_each_lane_in_order_of_arrival() {
    let (queue, _) = queue();
    queue.add("periodic", Lane::Periodic);
    queue.add("drift", Lane::Drift);
    queue.add("new 1", Lane::NeverSynced);
    queue.add("edited", Lane::SpecChanged);
    queue.add("forced", Lane::Forced);
    queue.add("new 2", Lane::NeverSynced);
    let mut order = Vec::new();
    for _ in 0..6 {
        order.push(taken(&queue).await);
    }
    assert_eq!(order, ["new 1", "new 2", "forced", "edited", "drift", "periodic"]);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_key_moves_to_the_more_urgent_lane_and_never_back() {
    let (queue, _) = queue();
    queue.add("a", Lane::Periodic);
    queue.add("b", Lane::Drift);
    queue.add("a", Lane::Forced);
    queue.add("a", Lane::Periodic);
    let first = queue.next().await.unwrap();
    assert_eq!((*first.key(), first.lane()), ("a", Lane::Forced));
    assert_eq!(taken(&queue).await, "b");
    drop(first);
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_in_work_is_handed_out_again_only_after_its_ticket_is_dropped() {
    let (queue, _) = queue();
    queue.add("a", Lane::Periodic);
    let ticket = queue.next().await.unwrap();
    queue.add("a", Lane::Drift);
    queue.add("a", Lane::Forced);
    nothing_comes_within(&queue, SECOND).await;
    drop(ticket);
    assert_eq!(queue.next().await.unwrap().lane(), Lane::Forced);
    nothing_comes_within(&queue, SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_waiting_worker_is_woken_by_a_dropped_ticket() {
    let (queue, _) = queue();
    queue.add("a", Lane::Periodic);
    let ticket = queue.next().await.unwrap();
    queue.add("a", Lane::Periodic);
    let waiter = tokio::spawn({
        let queue = queue.clone();
        async move { *queue.next().await.unwrap().key() }
    });
    tokio::task::yield_now().await;
    drop(ticket);
    assert_eq!(timeout(SECOND, waiter).await.unwrap().unwrap(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_timer_fires_when_due_and_not_before() {
    let (queue, _) = queue();
    let began = Instant::now();
    queue.add_after("a", Duration::from_millis(1500), Lane::Periodic);
    nothing_comes_within(&queue, Duration::from_millis(1490)).await;
    assert_eq!(taken(&queue).await, "a");
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(1500) && took < Duration::from_millis(1510), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_latest_timer_of_a_key_replaces_the_earlier_one() {
    let (queue, _) = queue();
    let began = Instant::now();
    queue.add_after("a", SECOND, Lane::Drift);
    queue.add_after("a", 10 * SECOND, Lane::Periodic);
    let ticket = queue.next().await.unwrap();
    assert_eq!((began.elapsed().as_secs(), ticket.lane()), (10, Lane::Periodic));
    queue.add_after("b", 10 * SECOND, Lane::Periodic);
    queue.add_after("b", SECOND, Lane::Periodic);
    assert_eq!(taken(&queue).await, "b");
    assert_eq!(began.elapsed().as_secs(), 11);
    nothing_comes_within(&queue, 60 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn adding_a_key_leaves_its_timer_alone() {
    let (queue, _) = queue();
    queue.add_after("a", SECOND, Lane::Periodic);
    queue.add("a", Lane::Forced);
    assert_eq!(taken(&queue).await, "a");
    assert_eq!(taken(&queue).await, "a");
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_fires_during_work_brings_the_key_back_after_it() {
    let (queue, _) = queue();
    queue.add("a", Lane::Periodic);
    let ticket = queue.next().await.unwrap();
    queue.add_after("a", SECOND, Lane::Periodic);
    nothing_comes_within(&queue, 5 * SECOND).await;
    drop(ticket);
    assert_eq!(taken(&queue).await, "a");
}

#[tokio::test(start_paused = true)]
async fn no_timer_is_late_although_the_worker_that_slept_for_it_took_other_work() {
    let (queue, _) = queue();
    queue.add_after("far", 100 * SECOND, Lane::Periodic);
    let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let began = Instant::now();
    for _ in 0..2 {
        let (queue, sender) = (queue.clone(), sender.clone());
        tokio::spawn(async move {
            while let Some(ticket) = queue.next().await {
                sender.send((*ticket.key(), began.elapsed().as_secs())).unwrap();
                if *ticket.key() == "slow" {
                    tokio::time::sleep(1000 * SECOND).await;
                }
            }
        });
    }
    tokio::time::sleep(SECOND).await;
    queue.add_after("near", 49 * SECOND, Lane::Periodic);
    tokio::time::sleep(SECOND).await;
    queue.add("slow", Lane::Periodic);
    assert_eq!(seen.recv().await.unwrap(), ("slow", 2));
    assert_eq!(seen.recv().await.unwrap(), ("near", 50));
    assert_eq!(seen.recv().await.unwrap(), ("far", 100));
}

#[tokio::test(start_paused = true)]
async fn retries_double_from_one_second_to_seven_minutes_until_forgotten() {
    let (queue, _) = queue();
    let waits: Vec<u64> = (0..11).map(|_| queue.retry("a", Lane::Periodic).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 420, 420]);
    for _ in 0..100 {
        assert_eq!(queue.retry("a", Lane::Periodic), RETRY_CAP);
    }
    queue.forget(&"a");
    assert_eq!(queue.retry("a", Lane::Periodic), SECOND);
    let began = Instant::now();
    assert_eq!(taken(&queue).await, "a");
    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn removing_a_key_drops_timer_and_failures_but_not_its_last_pass() {
    let (queue, _) = queue();
    queue.retry("a", Lane::Periodic);
    queue.remove(&"a");
    nothing_comes_within(&queue, 10 * SECOND).await;
    assert!(queue.shared.state.lock().slots.is_empty(), "an idle key costs nothing");
    assert_eq!(queue.retry("a", Lane::Periodic), SECOND);
    queue.add("a", Lane::Drift);
    queue.remove(&"a");
    assert_eq!(taken(&queue).await, "a");
    assert!(queue.shared.state.lock().slots.is_empty());
}

#[tokio::test(start_paused = true)]
async fn closing_ends_all_waiting_workers_and_refuses_new_keys() {
    let (queue, metrics) = queue();
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.next().await.is_none() })
        })
        .collect();
    tokio::task::yield_now().await;
    queue.close();
    for waiter in waiters {
        assert!(timeout(SECOND, waiter).await.unwrap().unwrap());
    }
    queue.add("a", Lane::Forced);
    queue.add_after("a", SECOND, Lane::Forced);
    assert!(queue.next().await.is_none());
    assert!(metrics.encode().contains(r#"workqueue_depth{controller="test",name="test"} 0"#));
}

#[tokio::test(start_paused = true)]
async fn a_ticket_outlives_a_closed_queue() {
    let (queue, _) = queue();
    queue.add("a", Lane::Forced);
    let ticket = queue.next().await.unwrap();
    queue.close();
    assert_eq!(*ticket.key(), "a");
    drop(ticket);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_next_loses_no_key() {
    let (queue, _) = queue();
    nothing_comes_within(&queue, SECOND).await;
    queue.add("a", Lane::Periodic);
    assert_eq!(timeout(SECOND, taken(&queue)).await.unwrap(), "a");
}

#[tokio::test(start_paused = true)]
async fn the_time_in_line_counts_from_the_moment_the_key_was_due() {
    let (queue, _) = queue();
    queue.add_after("a", 10 * SECOND, Lane::Periodic);
    let ticket = queue.next().await.unwrap();
    assert!(ticket.waited() < SECOND, "{:?}", ticket.waited());
    drop(ticket);
    queue.add("a", Lane::Periodic);
    tokio::time::sleep(3 * SECOND).await;
    assert_eq!(queue.next().await.unwrap().waited().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn metrics_count_what_the_queue_did() {
    let (queue, metrics) = queue();
    queue.add("a", Lane::Periodic);
    queue.add("a", Lane::Periodic);
    queue.add("b", Lane::Periodic);
    queue.retry("c", Lane::Periodic);
    drop(queue.next().await.unwrap());
    let text = metrics.encode();
    for line in [
        r#"workqueue_depth{controller="test",name="test"} 1"#,
        r#"workqueue_adds_total{controller="test",name="test"} 2"#,
        r#"workqueue_retries_total{controller="test",name="test"} 1"#,
        r#"workqueue_queue_duration_seconds_count{controller="test",name="test"} 1"#,
        r#"workqueue_work_duration_seconds_count{controller="test",name="test"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_timers_fire_in_order() {
    let metrics = Metrics::new(ExtendedLabels::Off);
    let queue: Queue<u32> = Queue::new("many", &metrics);
    for key in (0..10_000_u32).rev() {
        queue.add_after(key, Duration::from_millis(u64::from(key) + 1), Lane::Periodic);
    }
    let mut seen = Vec::new();
    for _ in 0..10_000 {
        seen.push(*queue.next().await.unwrap().key());
    }
    assert!(seen.is_sorted());
    assert!(queue.shared.state.lock().slots.is_empty());
}
