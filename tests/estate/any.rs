//! Any text at all.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_in_any_kind_of_file_stops_the_others(
        text in "(\\PC|[\\n\\t=:,@{}?&\"'/\\[\\]]){0,120}",
        cut in 0_usize..400,
    ) {
        let mut texts = pier();
        let broken: String = INSTANCES.chars().take(cut).collect();
        let properties = format!(
            "node.id=7\nsasl.jaas.config={text}\ns3.data.buckets=0@s3://b?{text}\nlisteners={text}\n"
        );
        for path in ["catchment.toml", "x.json", "kafka/quay/acls.txt", "kafka/quay/topics.txt", "s3-get-bucket-policy/z"] {
            texts.push((path, &text));
        }
        texts.push(("kafka/quay/server.properties", &properties));
        texts.push(("eu-west-1/broken.json", &broken));
        let estate = estate(texts);
        prop_assert_eq!(estate.clusters["pier"].brokers.len(), 2);
        prop_assert!(estate.hosts.len() >= 2);
    }
}
