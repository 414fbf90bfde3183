//! The graph that people and exports see: things, facts and rules as typed nodes.
//!
//! Edges lead from body facts into a rule and from the rule to its head; they are traversable, and
//! a rule is an AND of all that leads into it. That a fact is about a thing, and that a thing lies
//! in an account, is said by edges that are not traversable: containment is for drawing.
//!
//! petgraph stays inside; users get views with the lifetime `'g` of the graph.
//!
//! Must never: decide reach. It shows what `derive` wrote.

mod build;
mod verify;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::facts::{Kind, Predicate};
use crate::reach::Strength;

/// Facts, rules and the things they are about.
#[derive(Clone, Debug)]
pub struct BoundaryGraph {
    graph: DiGraph<Node, Edge>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    /// A principal that starts.
    Principal { name: String, kind: &'static str },
    /// A thing of the estate.
    Thing { kind: Kind, id: String },
    /// An account, VPC or other boundary that things lie in.
    Boundary { name: String },
    /// A fact about a thing.
    Fact { predicate: Predicate, says: String },
    /// A rule: an AND of its body.
    Rule {
        row: String,
        says: String,
        strength: Strength,
        places: Vec<String>,
        near_miss: bool,
    },
}

/// What an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// A principal starts with a fact.
    Starts,
    /// A fact is in the body of a rule.
    Body,
    /// A rule gives a fact.
    Head,
    /// A fact is about a thing.
    About,
    /// A thing lies in a boundary.
    Inside,
}

impl Edge {
    const fn word(self) -> &'static str {
        match self {
            Self::Starts => "starts",
            Self::Body => "body",
            Self::Head => "head",
            Self::About => "about",
            Self::Inside => "inside",
        }
    }
}

/// One node, as users see it.
#[derive(Clone, Copy, Debug)]
pub struct NodeView<'g> {
    graph: &'g BoundaryGraph,
    index: NodeIndex,
}

/// One edge, as users see it.
#[derive(Clone, Copy, Debug)]
pub struct EdgeView<'g> {
    /// Where it begins.
    pub from: NodeView<'g>,
    /// Where it ends.
    pub to: NodeView<'g>,
    edge: Edge,
}

impl BoundaryGraph {
    /// All nodes, in the order in which they were made: same input, same order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeView<'_>> {
        self.graph
            .node_indices()
            .map(|index| NodeView { graph: self, index })
    }

    /// All edges, in the order in which they were made.
    pub fn edges(&self) -> impl Iterator<Item = EdgeView<'_>> {
        self.graph.edge_indices().filter_map(|index| {
            let (from, to) = self.graph.edge_endpoints(index)?;
            let edge = *self.graph.edge_weight(index)?;
            let view = |index| NodeView { graph: self, index };
            Some(EdgeView {
                from: view(from),
                to: view(to),
                edge,
            })
        })
    }
}

impl<'g> NodeView<'g> {
    fn node(self) -> &'g Node {
        &self.graph.graph[self.index]
    }

    /// A name that is unique in the graph and the same for the same input: `n17`.
    pub fn name(self) -> String {
        format!("n{}", self.index.index())
    }

    /// `principal`, `thing`, `boundary`, `fact` or `rule`.
    pub fn sort(self) -> &'static str {
        match self.node() {
            Node::Principal { .. } => "principal",
            Node::Thing { .. } => "thing",
            Node::Boundary { .. } => "boundary",
            Node::Fact { .. } => "fact",
            Node::Rule { .. } => "rule",
        }
    }

    /// The kind within the sort: `bucket` for a thing, `reads` for a fact, the row of a rule.
    pub fn kind(self) -> &'g str {
        match self.node() {
            Node::Principal { kind, .. } => kind,
            Node::Thing { kind, .. } => kind.word(),
            Node::Boundary { .. } => "account",
            Node::Fact { predicate, .. } => predicate.word(),
            Node::Rule { row, .. } => row,
        }
    }

    /// What it says or how it is called; text from outside, to be encoded by whoever writes it.
    pub fn label(self) -> &'g str {
        match self.node() {
            Node::Principal { name, .. } | Node::Boundary { name } => name,
            Node::Thing { id, .. } => id,
            Node::Fact { says, .. } | Node::Rule { says, .. } => says,
        }
    }

    /// How surely a rule holds.
    pub fn strength(self) -> Option<Strength> {
        match self.node() {
            Node::Rule { strength, .. } => Some(*strength),
            Node::Principal { .. }
            | Node::Thing { .. }
            | Node::Boundary { .. }
            | Node::Fact { .. } => None,
        }
    }

    /// Whether a rule only shows what alone is missing.
    pub fn is_near_miss(self) -> bool {
        matches!(
            self.node(),
            Node::Rule {
                near_miss: true,
                ..
            }
        )
    }

    /// Files and lines that a rule rests on.
    pub fn places(self) -> &'g [String] {
        match self.node() {
            Node::Rule { places, .. } => places,
            Node::Principal { .. }
            | Node::Thing { .. }
            | Node::Boundary { .. }
            | Node::Fact { .. } => &[],
        }
    }
}

impl EdgeView<'_> {
    /// `starts`, `body`, `head`, `about` or `inside`.
    pub fn word(self) -> &'static str {
        self.edge.word()
    }

    /// Whether reach runs along it.
    pub fn is_traversable(self) -> bool {
        matches!(self.edge, Edge::Starts | Edge::Body | Edge::Head)
    }
}
