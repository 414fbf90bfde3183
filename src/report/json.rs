//! JSON documents and their schemas.

use schemars::schema_for;
use serde::Serialize;

use crate::query::{Compare, CoverageReport, Explain, Map, Models, What, Who};

/// The documents that have a schema, by name.
pub const SCHEMAS: [&str; 7] = [
    "map", "coverage", "who", "what", "explain", "compare", "models",
];

/// One document, indented, with a line break at its end.
pub fn document(answer: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(answer).unwrap_or_else(|error| {
        // Answers hold nothing that JSON cannot; should that change, say it in JSON.
        serde_json::json!({ "error": error.to_string() }).to_string()
    });
    text.push('\n');
    text
}

/// The JSON Schema of a document, `None` for a name that has none.
pub fn schema(name: &str) -> Option<String> {
    let schema = match name {
        "map" => schema_for!(Map),
        "coverage" => schema_for!(CoverageReport),
        "who" => schema_for!(Who),
        "what" => schema_for!(What),
        "explain" => schema_for!(Explain),
        "compare" => schema_for!(Compare),
        "models" => schema_for!(Models),
        _ => return None,
    };
    Some(document(&schema))
}
