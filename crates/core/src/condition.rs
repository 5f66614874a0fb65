//! Condition reasons, event reasons and short messages, as `kubectl describe` shows them.
//!
//! The texts are ESO's, byte for byte, because alerts match on them. A message may go on after `: ` with what to do.

/// `reason` of an `ExternalSecret`'s Ready condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncReason {
    /// The Secret holds what the backend holds.
    SecretSynced,
    /// The Secret was deleted because the backend holds nothing any more.
    SecretDeleted,
    /// There is no Secret to merge into, and the creation policy says not to make one.
    SecretMissing,
    /// The sync failed; the Secret is as it was.
    SecretSyncedError,
    /// As [`Self::SecretSynced`], of an object of another kind.
    ResourceSynced,
    /// As [`Self::SecretDeleted`], likewise.
    ResourceDeleted,
    /// As [`Self::SecretMissing`], likewise.
    ResourceMissing,
    /// As [`Self::SecretSyncedError`], likewise.
    ResourceSyncedError,
}

impl SyncReason {
    /// The text in the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretSynced => "SecretSynced",
            Self::SecretDeleted => "SecretDeleted",
            Self::SecretMissing => "SecretMissing",
            Self::SecretSyncedError => "SecretSyncedError",
            Self::ResourceSynced => "ResourceSynced",
            Self::ResourceDeleted => "ResourceDeleted",
            Self::ResourceMissing => "ResourceMissing",
            Self::ResourceSyncedError => "ResourceSyncedError",
        }
    }

    /// `status` of the condition: every reason but the errors is good news.
    pub fn is_ready(self) -> bool {
        !matches!(self, Self::SecretSyncedError | Self::ResourceSyncedError)
    }
}

/// Short messages of an `ExternalSecret`'s Ready condition.
pub mod sync_message {
    /// In step.
    pub const SYNCED: &str = "secret synced";
    /// The backend holds nothing and the policy says keep.
    pub const RETAINED: &str = "secret retained due to DeletionPolicy=Retain";
    /// The backend holds nothing and the policy says delete.
    pub const DELETED: &str = "secret deleted due to DeletionPolicy=Delete";
    /// There is nothing to merge into.
    pub const MISSING: &str = "secret will not be created due to CreationPolicy=Merge";
    /// A target of another kind than Secret that cannot be acted on.
    pub const MANIFEST: &str = "invalid generic target";
    /// There is no object to merge into.
    pub const RESOURCE_MISSING: &str = "resource will not be created due to CreationPolicy=Merge";
    /// The object could not be read.
    pub const RESOURCE_READ: &str = "could not get target resource";
    /// The object cannot be made of what was fetched.
    pub const RESOURCE_TEMPLATE: &str = "could not apply template to manifest";
    /// Deleting the object is not allowed or failed.
    pub const RESOURCE_DELETE: &str = "could not delete resource";
    /// A read failed, or a store is missing, not ready or not allowed.
    pub const PROVIDER: &str = "could not get secret data from provider";
    /// The write failed.
    pub const UPDATE: &str = "could not update secret";
    /// The write failed because the Secret is immutable.
    pub const IMMUTABLE: &str = "could not update secret, target is immutable";
    /// Deleting is not allowed or failed.
    pub const DELETE: &str = "could not delete secret";
    /// Deleting Secrets of an earlier target name failed.
    pub const ORPHANS: &str = "could not delete orphaned secrets";
    /// Another controller owns the Secret.
    pub const OWNERSHIP: &str = "failed to take ownership of target secret";
    /// Another `ExternalSecret` owns the Secret.
    pub const OWNED: &str = "target is owned by another ExternalSecret";
}

/// `reason` of a store's Ready condition, and of the event that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreReason {
    /// The login worked.
    Valid,
    /// The login depends on who uses the store, so it cannot be tried here.
    ValidationUnknown,
    /// The store is wrong, or the login failed.
    InvalidProviderConfig,
}

impl StoreReason {
    /// The text in condition and event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "Valid",
            Self::ValidationUnknown => "ValidationUnknown",
            Self::InvalidProviderConfig => "InvalidProviderConfig",
        }
    }

    /// `status` of the condition.
    pub fn is_ready(self) -> bool {
        self != Self::InvalidProviderConfig
    }
}

/// Short messages of a store's Ready condition and events.
pub mod store_message {
    /// The login worked.
    pub const VALID: &str = "store validated";
    /// No client could be built from the spec.
    pub const CLIENT: &str = "unable to create client";
    /// A client was built, the login failed.
    pub const VALIDATE: &str = "unable to validate store";
    /// The login could not be tried.
    pub const UNKNOWN: &str = "could not determine validation status";
    /// Event on stores whose backend nobody maintains.
    pub const UNMAINTAINED: &str = "store isn't currently maintained. Please plan and prepare accordingly.";
}

/// The condition type that stores and `ExternalSecret`s report.
pub const READY: &str = "Ready";

/// `reason` of core/v1 events.
pub mod event_reason {
    /// A Secret was created.
    pub const CREATED: &str = "Created";
    /// A Secret was changed.
    pub const UPDATED: &str = "Updated";
    /// A Secret was deleted.
    pub const DELETED: &str = "Deleted";
    /// The backend lacks a secret and the deletion policy lets that pass.
    pub const MISSING_PROVIDER_SECRET: &str = "MissingProviderSecret";
    /// A sync failed.
    pub const UPDATE_FAILED: &str = "UpdateFailed";
    /// Nobody maintains the backend.
    pub const STORE_UNMAINTAINED: &str = "StoreUnmaintained";
}
