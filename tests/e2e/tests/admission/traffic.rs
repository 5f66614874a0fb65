//! Good objects that are applied all the time, while something else happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use kube::Api;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use tokio::task::JoinHandle;

use crate::objects;
use crate::stage::Stage;

/// Applies a good object about 20 times a second, dry.
pub struct Traffic {
    stop: Arc<AtomicBool>,
    passed: Arc<AtomicU32>,
    task: JoinHandle<Vec<String>>,
}

impl Traffic {
    pub fn start(stage: &Stage) -> Self {
        let (stop, passed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("external-secrets.io", "v1", "SecretStore"));
        let api: Api<DynamicObject> = Api::namespaced_with(stage.client.clone(), "default", &resource);
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&passed));
        let task = tokio::spawn(async move {
            let good = objects::good_store();
            let params = PatchParams { dry_run: true, ..PatchParams::apply("traffic").force() };
            let mut failures = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                match api.patch("st", &params, &Patch::Apply(&good)).await {
                    Ok(_) => {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => failures.push(error.to_string()),
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            failures
        });
        Self { stop, passed, task }
    }

    /// Ends it. All of them were admitted.
    pub async fn all_passed(self) {
        self.stop.store(true, Ordering::Relaxed);
        let failures = self.task.await.unwrap();
        let passed = self.passed.load(Ordering::Relaxed);
        assert!(failures.is_empty(), "{} failed beside {passed}, the first one with {}", failures.len(), failures[0]);
        assert!(passed > 20, "only {passed}");
    }
}
