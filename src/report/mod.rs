//! Answers as people and machines read them: text tables, Markdown, JSON, DOT.
//!
//! Every writer encodes the names that it writes: they come from outside and are hostile.
//!
//! Must never: compute an answer. What is counted here was counted in `query`.

mod dot;
mod escape;
mod json;
mod markdown;
mod text;

pub use dot::{GraphDocument, graph_dot};
pub use escape::plain;
pub use json::{SCHEMAS, document, schema};
pub use markdown::Markdown;
pub use text::Text;

/// An answer that can be written in every format.
pub trait Answer: serde::Serialize {
    /// For a terminal: lines no longer than `width` where that can be, styled with ANSI codes.
    fn text(&self, out: &mut Text);

    /// As a section of a Markdown document.
    fn markdown(&self, out: &mut Markdown);
}
