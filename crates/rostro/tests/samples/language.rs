//! The languages of the samples: how a sample is adapted to a route, and run.

use std::{path::Path, process::Stdio};

use serde_json::Value;
use tokio::process::Command;

/// Where the samples as written send their requests.
const BASE: &str = "https://api.verifik.co";
/// The route of the samples as written.
pub(crate) const PATH: &str = "/v2/face-recognition/search/crops";

/// Prints what the sample prints as JSON; Node's own form leaves deep parts out.
const NODE_PRINTS_JSON: &str =
    "console.log = (value) => process.stdout.write(JSON.stringify(value) + \"\\n\");";
/// For a machine without the package `node-fetch`: what Node brings along.
const NODE_FETCH: &str = "module.exports = globalThis.fetch;";
/// Runs the sample that is its argument; prints as JSON what that prints in Python's own form.
const PYTHON_PRINTS_JSON: &str = "
import ast, json, subprocess, sys
printed = subprocess.run([sys.executable, sys.argv[1]], check=True, capture_output=True, text=True).stdout
print(json.dumps(ast.literal_eval(printed)))
";
/// What a Go sample, which is part of a function, is used in.
const GO_IMPORTS: &str =
    "package main\n\nimport (\n\t\"bytes\"\n\t\"encoding/json\"\n\t\"net/http\"\n\t\"os\"\n)\n\n";
const GO_PRINTS_JSON: &str = "json.NewEncoder(os.Stdout).Encode(out)\n";

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Node,
    Python,
    Php,
    Go,
}

impl Language {
    /// The sample as written.
    fn sample(self) -> &'static str {
        match self {
            Self::Node => include_str!("search_crops.js"),
            Self::Python => include_str!("search_crops.py"),
            Self::Php => include_str!("search_crops.php"),
            Self::Go => include_str!("search_crops.go"),
        }
    }

    /// The body in the sample.
    fn body(self) -> &'static str {
        let (start, end) = match self {
            Self::Node => ("JSON.stringify(", "),\n"),
            Self::Python => ("payload = ", "\n"),
            Self::Php => ("json_encode(", ");\n"),
            Self::Go => ("payload := ", "\nb, "),
        };
        let (_, rest) = self.sample().split_once(start).unwrap();
        rest.split_once(end).unwrap().0
    }

    /// The sample for the server at `base`, for its own route and body, with `fill` for its placeholders.
    pub(crate) fn as_written(self, base: &str, fill: &[(&str, &str)]) -> String {
        assert!(self.sample().contains(&format!("{BASE}{PATH}")));
        let mut text = self.sample().replace(BASE, base);
        for (placeholder, value) in fill {
            assert!(text.contains(placeholder), "{placeholder}");
            text = text.replace(placeholder, value);
        }
        text
    }

    /// The sample for the server at `base`, with the path and body of another route.
    pub(crate) fn adapted(self, base: &str, path: &str, body: &Value) -> String {
        self.sample()
            .replace(&format!("{BASE}{PATH}"), &format!("{base}{path}"))
            .replace(self.body(), &self.literal(body))
    }

    /// `value` as the language writes it.
    fn literal(self, value: &Value) -> String {
        let list = |items: &[Value]| {
            let items: Vec<_> = items.iter().map(|item| self.literal(item)).collect();
            items.join(", ")
        };
        let pairs = |between: &str, object: &serde_json::Map<String, Value>| {
            let pair = |(key, value)| format!("\"{key}\"{between} {}", self.literal(value));
            object.iter().map(pair).collect::<Vec<_>>().join(", ")
        };
        match (self, value) {
            (Self::Php, Value::Object(object)) => format!("[{}]", pairs(" =>", object)),
            (Self::Go, Value::Object(object)) => {
                format!("map[string]interface{{}}{{{}}}", pairs(":", object))
            }
            (Self::Go, Value::Array(items)) => format!("[]string{{{}}}", list(items)),
            (_, Value::Object(object)) => format!("{{{}}}", pairs(":", object)),
            (_, Value::Array(items)) => format!("[{}]", list(items)),
            // Numbers and texts without signs of their own are alike everywhere.
            (_, plain) => plain.to_string(),
        }
    }

    /// Whether this machine has what the samples need; else says loudly what is missing.
    pub(crate) async fn is_there(self) -> bool {
        let (program, arguments, missing): (_, &[&str], _) = match self {
            Self::Node => ("node", &["--version"], "node is not installed"),
            Self::Python => (
                "python3",
                &["-c", "import requests"],
                "python3 with the package requests is not installed",
            ),
            Self::Php => (
                "php",
                &["-r", "exit(extension_loaded('curl') ? 0 : 1);"],
                "php with the extension curl is not installed (Debian: php-cli php-curl)",
            ),
            Self::Go => (
                "go",
                &["version"],
                "go is not installed (Debian: golang-go)",
            ),
        };
        let there = succeeds(Command::new(program).args(arguments)).await;
        if !there {
            eprintln!("SKIPPED: {missing}");
        }
        there
    }

    /// Runs the samples in `folder` with `token`; what each of them printed.
    pub(crate) async fn run(self, folder: &Path, token: &str, samples: &[String]) -> Vec<Value> {
        match self {
            Self::Go => run_go(folder, token, samples).await,
            _ => {
                self.prepare(folder).await;
                let mut answers = Vec::new();
                for sample in samples {
                    std::fs::write(folder.join("sample"), sample).unwrap();
                    let mut command = match self {
                        Self::Node => arguments("node", &["--require", "./json.js", "./sample"]),
                        Self::Python => arguments("python3", &["-c", PYTHON_PRINTS_JSON, "sample"]),
                        _ => arguments("php", &["sample"]),
                    };
                    let printed = output(command.current_dir(folder), token).await;
                    answers.push(json(&printed));
                }
                answers
            }
        }
    }

    async fn prepare(self, folder: &Path) {
        if self != Self::Node {
            return;
        }
        std::fs::write(folder.join("json.js"), NODE_PRINTS_JSON).unwrap();
        let mut ask = arguments("node", &["-e", "require(\"node-fetch\")"]);
        if !succeeds(ask.current_dir(folder)).await {
            eprintln!(
                "note: no package node-fetch (set NODE_PATH to a folder that has version 2): the samples use Node's own fetch"
            );
            let package = folder.join("node_modules/node-fetch");
            std::fs::create_dir_all(&package).unwrap();
            std::fs::write(package.join("index.js"), NODE_FETCH).unwrap();
        }
    }
}

/// All samples in one program: building takes longer than running.
async fn run_go(folder: &Path, token: &str, samples: &[String]) -> Vec<Value> {
    let mut program = GO_IMPORTS.to_owned();
    for (at, sample) in samples.iter().enumerate() {
        program += &format!("func sample{at}() {{\n{sample}{GO_PRINTS_JSON}}}\n\n");
    }
    let calls: Vec<_> = (0..samples.len())
        .map(|at| format!("\tsample{at}()\n"))
        .collect();
    program += &format!("func main() {{\n{}}}\n", calls.concat());
    std::fs::write(folder.join("samples.go"), program).unwrap();
    let mut go = arguments("go", &["run", "samples.go"]);
    // Nothing is fetched.
    go.env("GO111MODULE", "off").env("GOTOOLCHAIN", "local");
    let printed = output(go.current_dir(folder), token).await;
    printed.lines().map(json).collect()
}

fn arguments(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

async fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .is_ok_and(|status| status.success())
}

async fn output(command: &mut Command, token: &str) -> String {
    command.env("VERIFIK_TOKEN", token).stdin(Stdio::null());
    let output = command.output().await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn json(printed: &str) -> Value {
    serde_json::from_str(printed).unwrap_or_else(|error| {
        panic!("{error}: {}", printed.chars().take(300).collect::<String>())
    })
}
