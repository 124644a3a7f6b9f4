//! What `rostro serve` says once it serves.

use std::fmt::Write as _;

use inference::EngineInfo;
use packs::Manifest;

use crate::server::Server;

/// The address, a call that works when pasted, and what the models really run on.
pub(super) fn text(server: &Server, token: Option<&String>) -> String {
    let config = &server.app().config;
    let pack = Manifest::load(&config.models.pack_dir().join(packs::MANIFEST_FILE)).ok();
    let base = server.base_url();
    let mut text = format!("\nRostro {} serves {base}\n", env!("CARGO_PKG_VERSION"));
    if config.docs.enabled {
        let _ = writeln!(text, "  documentation  {base}/docs");
    }
    let _ = writeln!(
        text,
        "  database       {}",
        config
            .database
            .display_url()
            .replace("{data}", &config.server.data.display().to_string())
    );
    text.push_str(&models(server.app().engine.info(), pack.as_ref()));
    text.push_str(&match token {
        Some(token) => example(&base, token),
        None => "\nIssue a token:  rostro token issue --client NAME\n".to_owned(),
    });
    text
}

fn models(info: &EngineInfo, pack: Option<&Manifest>) -> String {
    let simd = if info.simd.is_empty() {
        "none".to_owned()
    } else {
        info.simd.join(", ")
    };
    let mut text = format!(
        "  model pack     {} (ONNX Runtime {}, {} workers, {} jobs may wait)\n  SIMD           {simd}\n",
        info.pack, info.onnxruntime, info.workers, info.queue
    );
    for model in &info.models {
        let _ = writeln!(
            text,
            "  {:<14} {} on {}",
            model.role, model.name, model.provider
        );
    }
    if let Some(warning) = pack.and_then(|pack| pack.warning.as_ref()) {
        let _ = writeln!(text, "\nWARNING: {warning}");
    }
    text
}

/// base64's line breaks are taken out with `tr`, and curl reads the body from stdin: a picture is too long for an argument.
fn example(base: &str, token: &str) -> String {
    format!(
        "\nTry it with a picture of a face:\n\n  \
         (printf '{{\"os\":\"DESKTOP\",\"image\":\"'; base64 < face.jpg | tr -d '\\n'; printf '\"}}') |\n    \
         curl {base}/v2/face-recognition/liveness \\\n      \
         -H 'Authorization: Bearer {token}' \\\n      \
         -H 'Content-Type: application/json' -d @-\n"
    )
}
