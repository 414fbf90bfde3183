//! Re-checks every invariant of the graph; tests call it on every fixture.

use petgraph::Direction;

use super::{BoundaryGraph, Edge, Node};

impl BoundaryGraph {
    /// Checks that edges join what they may join, that every rule has exactly one head and some
    /// origin or body, and that every fact is about exactly one thing.
    ///
    /// # Errors
    /// The first invariant that does not hold, with the node.
    #[doc(hidden)]
    pub fn verify(&self) -> Result<(), String> {
        for view in self.edges() {
            let fits = matches!(
                (view.from.node(), view.edge, view.to.node()),
                (Node::Principal { .. }, Edge::Starts, Node::Fact { .. })
                    | (Node::Fact { .. }, Edge::Body, Node::Rule { .. })
                    | (Node::Rule { .. }, Edge::Head, Node::Fact { .. })
                    | (Node::Fact { .. }, Edge::About, Node::Thing { .. })
                    | (Node::Thing { .. }, Edge::Inside, Node::Boundary { .. })
            );
            if !fits {
                return Err(format!(
                    "an edge `{}` begins at a {}",
                    view.word(),
                    view.from.sort()
                ));
            }
        }
        for view in self.nodes() {
            let out = |wanted: Edge| {
                let edges = self.graph.edges_directed(view.index, Direction::Outgoing);
                edges.filter(|edge| *edge.weight() == wanted).count()
            };
            match view.node() {
                Node::Rule { .. } if out(Edge::Head) != 1 => {
                    return Err(format!(
                        "rule `{}` has {} heads",
                        view.label(),
                        out(Edge::Head)
                    ));
                }
                Node::Rule { .. } => {
                    let body = self
                        .graph
                        .edges_directed(view.index, Direction::Incoming)
                        .count();
                    if body == 0 && view.places().is_empty() {
                        return Err(format!("rule `{}` rests on nothing", view.label()));
                    }
                }
                Node::Fact { .. } if out(Edge::About) != 1 => {
                    return Err(format!(
                        "fact `{}` is about {} things",
                        view.label(),
                        out(Edge::About)
                    ));
                }
                Node::Fact { .. }
                | Node::Principal { .. }
                | Node::Thing { .. }
                | Node::Boundary { .. } => {}
            }
        }
        Ok(())
    }
}
