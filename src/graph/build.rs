//! Builds the graph from what `derive` wrote.

use std::collections::BTreeMap;

use petgraph::graph::{DiGraph, NodeIndex};

use super::{BoundaryGraph, Edge, Node};
use crate::derive::Derivation;
use crate::estate::Estate;
use crate::facts::{Fact, ThingIx};
use crate::names::Arn;
use crate::reach::FactIx;
use crate::rules::Row;

impl BoundaryGraph {
    /// The graph of one derivation.
    pub fn build(estate: &Estate, derivation: &Derivation, rows: &[Row]) -> Self {
        let mut builder = Builder {
            estate,
            derivation,
            graph: DiGraph::new(),
            things: BTreeMap::new(),
            facts: BTreeMap::new(),
            boundaries: BTreeMap::new(),
        };
        for principal in &derivation.principals {
            let node = builder.graph.add_node(Node::Principal {
                name: principal.name.clone(),
                kind: principal.kind,
            });
            for held in &principal.starts {
                let fact = builder.fact(held.fact);
                builder.graph.add_edge(node, fact, Edge::Starts);
            }
        }
        for rule in &derivation.rules {
            let row = &rows[rule.row];
            let mut says = row.title.clone();
            for (variable, thing) in &rule.bindings {
                says = says.replace(
                    &format!("{{{variable}}}"),
                    &derivation.things.get(*thing).id,
                );
            }
            let places = rule
                .evidence
                .iter()
                .filter_map(|evidence| evidence.source());
            let node = builder.graph.add_node(Node::Rule {
                row: row.id.clone(),
                says,
                strength: rule.strength,
                places: places.map(ToString::to_string).collect(),
                near_miss: rule.lacks.is_some(),
            });
            for fact in &rule.body {
                let fact = builder.fact(*fact);
                builder.graph.add_edge(fact, node, Edge::Body);
            }
            let head = builder.fact(rule.head);
            builder.graph.add_edge(node, head, Edge::Head);
        }
        Self {
            graph: builder.graph,
        }
    }
}

struct Builder<'a> {
    estate: &'a Estate,
    derivation: &'a Derivation,
    graph: DiGraph<Node, Edge>,
    things: BTreeMap<ThingIx, NodeIndex>,
    facts: BTreeMap<FactIx, NodeIndex>,
    boundaries: BTreeMap<String, NodeIndex>,
}

impl Builder<'_> {
    fn fact(&mut self, fact: FactIx) -> NodeIndex {
        if let Some(known) = self.facts.get(&fact) {
            return *known;
        }
        let Fact { predicate, thing } = self.derivation.fact(fact);
        let node = self.graph.add_node(Node::Fact {
            predicate,
            says: self.derivation.say(fact),
        });
        self.facts.insert(fact, node);
        let thing = self.thing(thing);
        self.graph.add_edge(node, thing, Edge::About);
        node
    }

    fn thing(&mut self, thing: ThingIx) -> NodeIndex {
        if let Some(known) = self.things.get(&thing) {
            return *known;
        }
        let described = self.derivation.things.get(thing);
        let node = self.graph.add_node(Node::Thing {
            kind: described.kind,
            id: described.id.clone(),
        });
        self.things.insert(thing, node);
        if let Some(account) = self.account_of(&described.id) {
            let graph = &mut self.graph;
            let boundary = *self
                .boundaries
                .entry(account)
                .or_insert_with_key(|name| graph.add_node(Node::Boundary { name: name.clone() }));
            self.graph.add_edge(node, boundary, Edge::Inside);
        }
        node
    }

    fn account_of(&self, id: &str) -> Option<String> {
        let estate = self.estate;
        let by_arn = || {
            let arn = id.parse::<Arn>().ok()?;
            (!arn.account().is_empty()).then(|| arn.account().to_owned())
        };
        let host = || estate.hosts.get(id).map(|x| x.account.clone());
        let volume = || estate.volumes.get(id).map(|x| x.account.clone());
        let snapshot = || estate.snapshots.get(id).map(|x| x.account.clone());
        let subnet = || estate.subnets.get(id).map(|x| x.account.clone());
        let bucket = estate.buckets.get(id).and_then(|x| x.account.clone());
        bucket
            .or_else(host)
            .or_else(volume)
            .or_else(snapshot)
            .or_else(subnet)
            .or_else(by_arn)
    }
}
