//! One line of a `Condition` block, in three values.
//!
//! Must never: take a key that is not known for one that is absent.

use super::Truth;
use super::context::{Context, KeyState};
use super::operators::{Family, Operator, Quantifier, boolean};
use super::pattern::PLACEHOLDER;
use super::template::{Template, Version};
use crate::capture::Source;

/// One operator, one key and its values. All lines of a block must hold (rule 16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The operator; `None` when its name or its values cannot be read: the line is undecided.
    pub operator: Option<Operator>,
    /// The operator as written.
    pub operator_text: String,
    /// The key as written.
    pub key_text: String,
    /// The key in lower case.
    pub key: String,
    /// The values.
    pub values: Vec<Template>,
    /// Where the line stands.
    pub source: Source,
}

impl Test {
    /// A line that stands in no policy; its values are literal.
    pub fn of<'v>(
        operator: &str,
        key: &str,
        values: impl IntoIterator<Item = &'v str>,
        source: &Source,
    ) -> Self {
        let values = values.into_iter();
        Self {
            operator: Operator::parse(operator),
            operator_text: operator.to_owned(),
            key_text: key.to_owned(),
            key: key.to_lowercase(),
            values: values
                .map(|text| Template::new(text, Version::V2008))
                .collect(),
            source: source.clone(),
        }
    }

    /// `StringEquals aws:PrincipalTag/team = payments`
    pub fn text(&self) -> String {
        self.text_as(&self.operator_text)
    }

    /// The same with another operator.
    pub(super) fn text_as(&self, operator: &str) -> String {
        let values: Vec<&str> = self.values.iter().map(Template::text).collect();
        let values = values.join(" | ");
        format!("{operator} {} = {values}", self.key_text)
    }

    /// The keys the line reads, variables in its values included; in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let variables = self.values.iter().flat_map(Template::keys);
        std::iter::once(self.key.as_str()).chain(variables)
    }

    /// Whether the line holds.
    ///
    /// Source: IAM User Guide, "Condition operators" and "Conditions with multiple context keys or
    /// values" (rules 16 to 22).
    pub fn holds(&self, context: &Context) -> Truth {
        let Some(operator) = self.operator else {
            return Truth::Unknown;
        };
        let state = context.state(&self.key);
        if operator.family == Family::Null {
            return self.null(state);
        }
        match state {
            KeyState::Absent => missing(operator),
            KeyState::Known(values) if values.is_empty() => missing(operator),
            KeyState::Known(values) => self.present(operator, values, context),
            KeyState::Unknown | KeyState::Chosen => {
                let anything = self.whatever(operator, context);
                anything.map_or(Truth::Unknown, |present| missing(operator).agree(present))
            }
        }
    }

    fn null(&self, state: &KeyState) -> Truth {
        let absent = match state {
            KeyState::Absent => Truth::True,
            KeyState::Known(values) => values.is_empty().into(),
            KeyState::Unknown | KeyState::Chosen => Truth::Unknown,
        };
        Truth::any(self.values.iter().map(|value| match boolean(value.text()) {
            Some(true) => absent,
            Some(false) => !absent,
            None => Truth::Unknown,
        }))
    }

    /// The answer for a key that is present, when it is the same for all values.
    fn whatever(&self, operator: Operator, context: &Context) -> Option<Truth> {
        // A set operator is decided by emptiness too.
        if operator.quantifier.is_some() || operator.family != Family::StringLike {
            return None;
        }
        let everything = |value: &Template| value.is_fixed() && value.text() == "*";
        let always = self.values.iter().any(everything);
        let never = self.values.iter().all(|v| v.expand(context, true).missing);
        match (always, never) {
            (true, _) => Some((!operator.negated).into()),
            (false, true) => Some(operator.negated.into()),
            (false, false) => None,
        }
    }

    fn present(&self, operator: Operator, values: &[String], context: &Context) -> Truth {
        let one = |value: &String| self.one(operator, value, context);
        // "An empty string" counts as no value for a set operator (rule 18).
        let blank = values.iter().all(String::is_empty);
        match operator.quantifier {
            Some(Quantifier::All) if blank => Truth::True,
            Some(Quantifier::Any) if blank => Truth::False,
            Some(Quantifier::All) => Truth::all(values.iter().map(one)),
            Some(Quantifier::Any) => Truth::any(values.iter().map(one)),
            // Several values without a set operator are not defined: certain only when all agree.
            None => {
                let mut answers = values.iter().map(one);
                let first = answers.next().unwrap_or(Truth::Unknown);
                answers.fold(first, Truth::agree)
            }
        }
    }

    /// The line for one value of the request: OR over the policy's values, and its negation for a
    /// negated operator (rule 16).
    fn one(&self, operator: Operator, request: &str, context: &Context) -> Truth {
        let text = matches!(
            operator.family,
            Family::StringEquals
                | Family::StringEqualsIgnoreCase
                | Family::StringLike
                | Family::Arn
        );
        let unsettled = |value: &str| value.contains(PLACEHOLDER);
        if !text && (unsettled(request) || self.values.iter().any(|v| unsettled(v.text()))) {
            return Truth::Unknown;
        }
        if !operator.family.reads(request) {
            // Rule 20; for ARNs the guide is silent, so a negated operator stays open.
            return if operator.family == Family::Arn && operator.negated {
                Truth::Unknown
            } else {
                Truth::False
            };
        }
        let values = self.values.iter().map(|policy| {
            let compared = operator.family.compare(request, policy, context);
            // A value that cannot be read matches nothing; that a negated operator would then
            // hold is nowhere said.
            compared.unwrap_or(if operator.negated {
                Truth::Unknown
            } else {
                Truth::False
            })
        });
        let matched = Truth::any(values);
        if operator.negated { !matched } else { matched }
    }
}

/// The answer for an absent key (rules 17 and 18).
fn missing(operator: Operator) -> Truth {
    match (operator.quantifier, operator.if_exists) {
        // Not settled by the documents (rule 18).
        (Some(Quantifier::Any), true) => Truth::Unknown,
        (_, true) | (Some(Quantifier::All), false) => Truth::True,
        (Some(Quantifier::Any), false) => Truth::False,
        (None, false) => operator.negated.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::template::Version;

    fn test(operator: &str, key: &str, values: &[&str]) -> Test {
        Test {
            operator: Operator::parse(operator),
            operator_text: operator.to_owned(),
            key_text: key.to_owned(),
            key: key.to_lowercase(),
            values: values
                .iter()
                .map(|v| Template::new(v, Version::V2012))
                .collect(),
            source: Source::new("f", 1, ""),
        }
    }

    fn context() -> Context {
        Context::new(KeyState::Absent)
    }

    #[test]
    fn rule_16_values_are_ored_and_negation_turns_that_into_and() {
        let here = context().known("k", "b");
        assert!(
            test("StringEquals", "k", &["a", "b"])
                .holds(&here)
                .is_true()
        );
        assert!(
            test("StringNotEquals", "k", &["a", "b"])
                .holds(&here)
                .is_false()
        );
    }

    #[test]
    fn rule_17_a_missing_key_is_false_true_when_negated_and_true_if_exists() {
        for (operator, want) in [
            ("StringEquals", false),
            ("StringNotEquals", true),
            ("StringEqualsIfExists", true),
            ("StringNotEqualsIfExists", true),
            ("Bool", false),
            ("NotIpAddress", true),
        ] {
            let holds = test(operator, "k", &["a"]).holds(&context());
            assert_eq!(holds, want.into(), "{operator}");
        }
        assert!(test("Null", "k", &["true"]).holds(&context()).is_true());
        assert!(test("Null", "k", &["false"]).holds(&context()).is_false());
    }

    #[test]
    fn rule_18_set_operators_and_nothing() {
        for here in [
            context(),
            context().known_many("k", Vec::<String>::new()),
            context().known("k", ""),
        ] {
            let all = test("ForAllValues:StringEquals", "k", &["a"]);
            assert!(all.holds(&here).is_true());
            let any = test("ForAnyValue:StringNotEquals", "k", &["a"]);
            assert!(any.holds(&here).is_false());
        }
        let open = test("ForAnyValue:StringEqualsIfExists", "k", &["a"]);
        assert_eq!(open.holds(&context()), Truth::Unknown);
        let two = context().known_many("k", ["a", "b"]);
        assert_eq!(
            test("StringEquals", "k", &["a"]).holds(&two),
            Truth::Unknown
        );
    }

    #[test]
    fn rule_20_what_cannot_be_read_makes_the_condition_false() {
        let here = context().known("k", "abc");
        for operator in [
            "NumericEquals",
            "NumericNotEquals",
            "NotIpAddress",
            "DateLessThan",
        ] {
            assert!(
                test(operator, "k", &["3"]).holds(&here).is_false(),
                "{operator}"
            );
        }
    }

    #[test]
    fn rule_14_negated_operators_match_a_variable_without_value() {
        let here = context().known("k", "red");
        let value = &["${aws:PrincipalTag/Team}"];
        assert!(test("StringNotEquals", "k", value).holds(&here).is_true());
        assert!(test("StringEquals", "k", value).holds(&here).is_false());
    }

    #[test]
    fn rule_22_unknown_is_not_absent() {
        let here = Context::new(KeyState::Unknown);
        for operator in [
            "StringEquals",
            "StringNotEquals",
            "Null",
            "ForAllValues:Bool",
        ] {
            let line = test(operator, "k", &["true"]);
            assert_eq!(line.holds(&here), Truth::Unknown, "{operator}");
        }
        let constant = test("StringLikeIfExists", "k", &["*"]);
        assert!(constant.holds(&here).is_true());
    }

    #[test]
    fn an_unreadable_operator_decides_nothing_and_a_line_reads_as_written() {
        let unset = test("NumericEquals", "k", &["\u{1}"]);
        assert_eq!(unset.holds(&context().known("k", "3")), Truth::Unknown);
        let line = test("StringResembles", "k", &["a", "b"]);
        assert_eq!(line.holds(&context()), Truth::Unknown);
        assert_eq!(line.text(), "StringResembles k = a | b");
    }
}
