//! The graph in Graphviz's DOT language and as a JSON document.

use std::fmt::Write as _;

use serde::Serialize;

use super::escape::dot;
use crate::graph::{BoundaryGraph, NodeView};
use crate::reach::Strength;

/// The graph as a DOT document. Traversable edges are solid; the rest is dotted.
pub fn graph_dot(graph: &BoundaryGraph) -> String {
    let mut out =
        String::from("digraph catchment {\n  rankdir=LR;\n  node [fontname=\"Helvetica\"];\n");
    for node in graph.nodes() {
        let (shape, style) = look(node);
        let _ = writeln!(
            out,
            "  {} [label=\"{}\", shape={shape}, style=\"{style}\", tooltip=\"{}\"];",
            node.name(),
            dot(node.label()),
            dot(node.kind()),
        );
    }
    for edge in graph.edges() {
        let style = if edge.is_traversable() {
            "solid"
        } else {
            "dotted"
        };
        let _ = writeln!(
            out,
            "  {} -> {} [style={style}, tooltip=\"{}\"];",
            edge.from.name(),
            edge.to.name(),
            edge.word()
        );
    }
    out.push_str("}\n");
    out
}

fn look(node: NodeView<'_>) -> (&'static str, &'static str) {
    match (node.sort(), node.strength()) {
        ("principal", _) => ("house", "filled"),
        ("boundary", _) => ("folder", "dashed"),
        ("thing", _) => ("component", "dashed"),
        ("fact", _) => ("ellipse", "solid"),
        (_, Some(Strength::Always)) if !node.is_near_miss() => ("box", "solid"),
        _ => ("box", "dashed"),
    }
}

/// The graph as data: what `export --format json` prints.
#[derive(Debug, Serialize)]
pub struct GraphDocument<'g> {
    format: &'static str,
    nodes: Vec<NodeDocument<'g>>,
    edges: Vec<EdgeDocument>,
}

#[derive(Debug, Serialize)]
struct NodeDocument<'g> {
    id: String,
    sort: &'static str,
    kind: &'g str,
    label: &'g str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strength: Option<Strength>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    places: &'g [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    near_miss: bool,
}

#[derive(Debug, Serialize)]
struct EdgeDocument {
    from: String,
    to: String,
    kind: &'static str,
    traversable: bool,
}

impl<'g> GraphDocument<'g> {
    /// The whole graph as a document.
    pub fn new(graph: &'g BoundaryGraph) -> Self {
        let nodes = graph.nodes().map(|node| NodeDocument {
            id: node.name(),
            sort: node.sort(),
            kind: node.kind(),
            label: node.label(),
            strength: node.strength(),
            places: node.places(),
            near_miss: node.is_near_miss(),
        });
        let edges = graph.edges().map(|edge| EdgeDocument {
            from: edge.from.name(),
            to: edge.to.name(),
            kind: edge.word(),
            traversable: edge.is_traversable(),
        });
        Self {
            format: "catchment.graph/1",
            nodes: nodes.collect(),
            edges: edges.collect(),
        }
    }
}
