//! Fields that this version does not act on yet. They are refused by name, never silently ignored.

use eso_core::crd::ExternalSecretSpec;
use eso_core::{Fault, FaultKind};

/// The first field in use that is not built yet.
pub(super) fn unsupported(spec: &ExternalSecretSpec) -> Option<Fault> {
    let maps = spec.data_from.iter().flatten().enumerate().flat_map(|(index, entry)| {
        let generator = entry.source_ref.as_ref().is_some_and(|source| source.generator_ref.is_some());
        [(entry.find.is_some(), "find"), (generator, "sourceRef.generatorRef")]
            .into_iter()
            .filter(|(used, _)| *used)
            .map(move |(_, field)| format!("spec.dataFrom[{index}].{field}"))
    });
    let values = spec.data.iter().flatten().enumerate().filter_map(|(index, entry)| {
        entry.source_ref.as_ref()?.generator_ref.as_ref()?;
        Some(format!("spec.data[{index}].sourceRef.generatorRef"))
    });
    let path = maps.chain(values).next()?;
    let message =
        "this field is not built yet in this version. Remove it, or keep this object with the earlier operator.";
    Some(Fault::new(FaultKind::Unsupported, message).at(path))
}
