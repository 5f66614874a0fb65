//! Reads from stores: all requests of one store in one call, several stores at the same time.

use std::collections::BTreeMap;

use eso_core::provider::{Locator, Payload};
use eso_core::{Fault, FaultKind};
use eso_plan::externalsecret::Fetch;
use eso_plan::store::StoreKey;
use eso_plan::text;
use futures::future::join_all;

use crate::context::Context;
use crate::index::StoreId;

/// One answer per request, in their order.
pub(super) async fn fetch(context: &Context, namespace: &str, fetch: &Fetch) -> Vec<Result<Payload, Fault>> {
    let mut by_store: BTreeMap<&StoreKey, Vec<usize>> = BTreeMap::new();
    for (index, request) in fetch.requests.iter().enumerate() {
        by_store.entry(&request.store).or_default().push(index);
    }
    let reads = by_store.into_iter().map(async |(store, indexes)| {
        let requests = indexes.iter().filter_map(|index| fetch.requests.get(*index));
        let locators: Vec<Locator> = requests.map(|request| request.locator.clone()).collect();
        let answers = read(context, namespace, store, &locators).await;
        indexes.into_iter().zip(answers).collect::<Vec<_>>()
    });
    let mut answers: Vec<(usize, Result<Payload, Fault>)> = join_all(reads).await.into_iter().flatten().collect();
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

async fn read(context: &Context, namespace: &str, key: &StoreKey, locators: &[Locator]) -> Vec<Result<Payload, Fault>> {
    let all = |fault: Fault| locators.iter().map(|_| Err(fault.clone())).collect::<Vec<_>>();
    let id = StoreId::new(key.kind, namespace, &key.name);
    let Some(store) = context.index.lock().stores.get(&id) else {
        return all(Fault::new(FaultKind::Misconfigured, text::store_not_found(key.kind, &key.name)));
    };
    let connection = match context.connections.get(&store, namespace).await {
        Ok(connection) => connection,
        Err(fault) => return all(fault),
    };
    let Some(reader) = &connection.reader else {
        let text = format!("{} \"{}\" cannot be read from: its backend is write-only", key.kind, key.name);
        return all(Fault::new(FaultKind::Unsupported, text));
    };
    let answers = reader.read(locators).await;
    for fault in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        if let Some(detail) = &fault.detail {
            tracing::debug!(store = %id.name, namespace, kind = ?fault.kind, detail, "the backend refused");
        }
        if fault.kind == FaultKind::Unauthenticated {
            context.connections.close(&id);
        }
    }
    answers
}
