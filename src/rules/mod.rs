//! Routes and escalations as data: rows that say which facts together give which fact.
//!
//! A row is a Horn clause over variables. `derive` finds its bindings in an estate and asks the
//! policy engines whether its requests are allowed; this module only reads rows and checks that
//! each one is well-formed. Adding a route is adding a row to `graphs/rules`.
//!
//! Must never: look at an estate, or contain a route in code.

mod row;
mod schema;
mod validate;

pub use row::{Atom, Binding, KafkaTest, Request, Row, Subject};
pub use schema::{Caller, KafkaTestKind, Part, Relation, Sort};
pub use validate::RowError;

/// The packs that are built in: file name and text.
pub const BUILT_IN: [(&str, &str); 11] = [
    (
        "graphs/rules/identity.toml",
        include_str!("../../graphs/rules/identity.toml"),
    ),
    (
        "graphs/rules/workload.toml",
        include_str!("../../graphs/rules/workload.toml"),
    ),
    (
        "graphs/rules/storage.toml",
        include_str!("../../graphs/rules/storage.toml"),
    ),
    (
        "graphs/rules/filesystem.toml",
        include_str!("../../graphs/rules/filesystem.toml"),
    ),
    (
        "graphs/rules/sharing.toml",
        include_str!("../../graphs/rules/sharing.toml"),
    ),
    (
        "graphs/rules/access-grants.toml",
        include_str!("../../graphs/rules/access-grants.toml"),
    ),
    (
        "graphs/rules/backup.toml",
        include_str!("../../graphs/rules/backup.toml"),
    ),
    (
        "graphs/rules/network.toml",
        include_str!("../../graphs/rules/network.toml"),
    ),
    (
        "graphs/rules/kafka.toml",
        include_str!("../../graphs/rules/kafka.toml"),
    ),
    (
        "graphs/rules/msk.toml",
        include_str!("../../graphs/rules/msk.toml"),
    ),
    (
        "graphs/rules/delivery.toml",
        include_str!("../../graphs/rules/delivery.toml"),
    ),
];

/// All rows of the built-in packs, in the order of the files.
///
/// # Errors
/// Every malformed row, with its file and line. The built-in packs have none; a test says so.
pub fn built_in() -> Result<Vec<Row>, Vec<RowError>> {
    load(&BUILT_IN)
}

/// Reads packs, given as file name and text.
///
/// # Errors
/// Every malformed row of every pack, with its file and line.
pub fn load(packs: &[(&str, &str)]) -> Result<Vec<Row>, Vec<RowError>> {
    let mut rows = Vec::new();
    let mut errors = Vec::new();
    for (file, text) in packs {
        match row::parse(file, text) {
            Ok(parsed) => rows.extend(parsed),
            Err(found) => errors.extend(found),
        }
    }
    validate::check(&rows, &mut errors);
    if errors.is_empty() {
        Ok(rows)
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(errors: &[RowError]) -> String {
        errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_built_in_packs_are_well_formed() {
        let rows = built_in().unwrap_or_else(|errors| panic!("{}", told(&errors)));
        assert!(rows.len() > 20);
    }

    fn errors_of(rule: &str) -> String {
        let text = format!("[[rule]]\n{rule}");
        let errors = load(&[("p.toml", &text)]).unwrap_err();
        told(&errors)
    }

    const WHOLE: &str = "id = \"x\"\ntitle = \"t\"\nconfidence = \"documented\"\nsource = \"s\"\n";

    #[test]
    fn an_unbound_variable_is_refused_with_its_file_and_line() {
        let found = errors_of(&format!(
            "{WHOLE}bind = [\"a is identity\"]\nbody = [\"acts-as b\"]\nhead = \"acts-as a\""
        ));
        assert!(
            found.contains("p.toml:2") && found.contains("`b` is not bound"),
            "{found}"
        );
    }

    #[test]
    fn a_head_of_the_wrong_kind_is_refused() {
        let found = errors_of(&format!(
            "{WHOLE}bind = [\"a is identity\"]\nbody = [\"acts-as a\"]\nhead = \"reads a\""
        ));
        assert!(found.contains("cannot be said of"), "{found}");
    }

    #[test]
    fn unknown_words_and_members_are_refused() {
        for (bind, more, expected) in [
            ("a is unicorn", "", "no sort"),
            ("a is horn of b", "", "no relation"),
            ("a identity", "", "expected `VAR is SORT`"),
            ("a is identity", "hed = 1", "unknown field"),
        ] {
            let found = errors_of(&format!(
                "{WHOLE}bind = [\"{bind}\"]\nbody = []\nhead = \"acts-as a\"\n{more}"
            ));
            assert!(found.contains(expected), "{bind}: {found}");
        }
    }

    #[test]
    fn the_same_id_twice_is_refused() {
        let rule = format!("[[rule]]\n{WHOLE}bind = [\"a is identity\"]\nhead = \"acts-as a\"\n");
        let errors = load(&[("p.toml", &format!("{rule}{rule}"))]).unwrap_err();
        assert!(errors.iter().any(|e| e.to_string().contains("twice")));
    }
}
