//! Carries out a plan's writes, in order, up to the first that fails.

use std::fmt::Debug;

use eso_core::crd::ExternalSecret;
use eso_core::names;
use eso_plan::SecretObject;
use eso_plan::externalsecret::{AnyObject, ApiFailure, Outcome, Plan, Seen, Write, target_name};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions};
use kube::core::{Request, Status};
use kube::{Api, Error};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::context::Context;
use crate::index::Key;
use crate::lean::LeanSecret;

/// Carries out the writes. The index learns of each at once, so that its echo is no news.
pub(super) async fn apply(context: &Context, seen: &Seen, plan: &Plan) -> Outcome {
    let mut outcome = Outcome::default();
    for write in &plan.writes {
        match carry_out(context, seen, write).await {
            Ok(()) => outcome.applied += 1,
            Err(error) => {
                outcome.failure = Some(failure(write, error));
                break;
            }
        }
    }
    outcome
}

async fn carry_out(context: &Context, seen: &Seen, write: &Write) -> Result<(), Error> {
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), seen.namespace());
    let params = PostParams { field_manager: Some(names::secret_field_manager(seen.name())), ..PostParams::default() };
    match write {
        Write::CreateSecret { secret } => {
            let request = Request::new(secrets.resource_url()).create(&params, body(secret)?);
            send(context, request.map_err(Error::BuildRequest)?).await?;
        }
        Write::ReplaceSecret { secret } => {
            let name = secret.metadata.name.as_deref().unwrap_or_default();
            let request = Request::new(secrets.resource_url()).replace(name, &params, body(secret)?);
            send(context, request.map_err(Error::BuildRequest)?).await?;
        }
        Write::DeleteSecret { name, uid, .. } => {
            delete(&secrets, name, uid).await?;
            context.index.lock().secrets.remove(&Key::new(seen.namespace(), name));
        }
        Write::CreateObject { object } => {
            let (api, object) = objects(context, seen, object).await?;
            api.create(&PostParams::default(), &object).await?;
        }
        Write::ReplaceObject { object } => {
            let (api, object) = objects(context, seen, object).await?;
            api.replace(target_name(&seen.object), &PostParams::default(), &object).await?;
        }
        Write::DeleteObject { key, uid } => {
            let resource = context.manifests.resource(context, key).await.map_err(unknown_kind)?;
            let api: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), seen.namespace(), &resource);
            delete(&api, &key.name, uid).await?;
        }
        Write::RemoveFinalizer { remaining, resource_version } => {
            let objects: Api<ExternalSecret> = Api::namespaced(context.client.clone(), seen.namespace());
            let patch = json!({"metadata": {"finalizers": remaining, "resourceVersion": resource_version}});
            let params =
                PatchParams { field_manager: Some(names::OPERATOR_FIELD_MANAGER.to_owned()), ..PatchParams::default() };
            match objects.patch_metadata(seen.name(), &params, &Patch::Merge(&patch)).await {
                Ok(_) => {}
                Err(Error::Api(status)) if status.code == 404 => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Deletes the object of this name if it has this UID.
async fn delete<K: Clone + DeserializeOwned + Debug>(api: &Api<K>, name: &str, uid: &str) -> Result<(), Error> {
    let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
    let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    match api.delete(name, &params).await {
        Ok(_) => Ok(()),
        // Gone already, or another one of that name is there now: the one that was meant is gone.
        Err(Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Where an object of another kind is written to, and the object in the form that is sent.
async fn objects(
    context: &Context,
    seen: &Seen,
    object: &AnyObject,
) -> Result<(Api<DynamicObject>, DynamicObject), Error> {
    let resource = context.manifests.resource(context, &object.key()).await.map_err(unknown_kind)?;
    let object = serde_json::from_value(object.0.clone()).map_err(Error::SerdeError)?;
    Ok((Api::namespaced_with(context.client.clone(), seen.namespace(), &resource), object))
}

fn unknown_kind(why: String) -> Error {
    Error::Service(why.into())
}

fn body(secret: &SecretObject) -> Result<Vec<u8>, Error> {
    let mut body = Secret::from(secret.duplicate());
    // The server keeps its own record of who wrote what; sending it back only costs bytes.
    body.metadata.managed_fields = None;
    serde_json::to_vec(&body).map_err(Error::SerdeError)
}

/// Sends it; of the answer, only what the index keeps is read.
async fn send(context: &Context, request: http::Request<Vec<u8>>) -> Result<(), Error> {
    let secret: LeanSecret = context.client.request(request).await?;
    context.index.lock().saw_secret(Key::of(&secret.metadata), secret.entry);
    Ok(())
}

/// A refusal of an object of any kind, whose words may quote values.
fn fields_only(status: &Status) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let fields: Vec<&str> = causes.map(|cause| cause.field.as_str()).filter(|field| !field.is_empty()).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" because of {}", fields.join(", ")) };
    format!("the API server refused it{fields} ({}, {})", status.code, status.reason)
}

/// Sorts the API server's refusal. Its words name fields and keys of the Secret, never values.
fn failure(write: &Write, error: Error) -> ApiFailure {
    match error {
        Error::Api(status) if status.code == 409 && status.reason == "AlreadyExists" => ApiFailure::Exists,
        Error::Api(status) if status.code == 409 => ApiFailure::Conflict,
        // It was there when it was read: somebody deleted it meanwhile.
        Error::Api(status)
            if status.code == 404 && matches!(write, Write::ReplaceSecret { .. } | Write::ReplaceObject { .. }) =>
        {
            ApiFailure::Conflict
        }
        Error::Api(status) if matches!(write, Write::CreateObject { .. } | Write::ReplaceObject { .. }) => {
            ApiFailure::Refused(fields_only(&status))
        }
        Error::Api(status) => ApiFailure::Refused(status.message.clone()),
        other => ApiFailure::Refused(eso_runtime::client::api_fault(&other, "write to the API server").public()),
    }
}
