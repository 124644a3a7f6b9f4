//! The bill of materials: CycloneDX 1.5, <https://cyclonedx.org/docs/1.5/json/>.

use anyhow::Result;
use serde_json::{Value, json};

use super::{models::Pack, parts::Part};

/// All crates, the ONNX Runtime of this version and the models.
pub(super) fn text(crates: &[Part], onnxruntime: &str, pack: &Pack) -> Result<String> {
    let mut components: Vec<Value> = crates
        .iter()
        .map(|part| {
            let id = format!("pkg:cargo/{}@{}", part.name, part.version);
            let mut component = json!({
                "type": "library",
                "bom-ref": id,
                "name": part.name,
                "version": part.version,
                "purl": id,
            });
            if let Some(licence) = &part.licence {
                // Older manifests separate alternatives by a slash.
                let expression = licence.replace('/', " OR ");
                component["licenses"] = json!([{ "expression": expression }]);
            }
            if let Some(repository) = &part.repository {
                component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
            }
            component
        })
        .collect();
    let runtime = format!("pkg:pypi/onnxruntime@{onnxruntime}");
    components.push(json!({
        "type": "library",
        "bom-ref": runtime,
        "name": "onnxruntime",
        "version": onnxruntime,
        "purl": runtime,
        "licenses": [{ "license": { "id": "MIT" } }],
    }));
    for model in &pack.models {
        components.push(json!({
            "type": "machine-learning-model",
            "bom-ref": format!("model:{}", model.sha256),
            "name": model.file,
            "description": model.origin,
            "hashes": [{ "alg": "SHA-256", "content": model.sha256 }],
            "licenses": [{ "license": { "name": model.licence } }],
        }));
    }
    let bom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": "rostro",
            "name": "rostro",
            "version": env!("CARGO_PKG_VERSION"),
            "licenses": [{ "license": { "id": "Apache-2.0" } }],
        } },
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&bom)? + "\n")
}
