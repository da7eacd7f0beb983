//! Properties of every curation.

use proptest::prelude::*;

use super::*;

fn any_recorded() -> impl Strategy<Value = RecordedInteraction> {
    let word = || {
        prop::sample::select(vec![
            "where",
            "what",
            "index",
            "parser",
            "open_file",
            "closed",
            "here",
        ])
    };
    let verdict = prop::sample::select(vec![Verdict::Good, Verdict::Bad, Verdict::Corrected]);
    (
        prop::collection::vec(word(), 1..9),
        prop::sample::select(vec!["src/a.rs", "src/b.rs", "docs/c.md"]),
        prop::option::of(verdict),
        prop::option::of("[a-z]{0,3}"),
        0..4_u64,
    )
        .prop_map(|(words, file, verdict, correction, time)| {
            asked("", &words.join(" "), file).changed(|interaction| {
                interaction.time = time;
                interaction.verdict = verdict;
                interaction.correction = correction;
            })
        })
}

proptest! {
    #[test]
    fn order_does_not_matter_and_everything_is_accounted_for(
        recorded in prop::collection::vec(any_recorded(), 0..30),
        seed in any::<u64>(),
    ) {
        let recorded: Vec<RecordedInteraction> = recorded
            .into_iter()
            .enumerate()
            .map(|(at, one)| one.changed(|interaction| interaction.id = format!("i{at:02}")))
            .collect();
        let options = CurateOptions::default();
        let golden = [golden("where parser closed index here")];
        let curated = curate(&recorded, &golden, &options);
        let mut shuffled = recorded.clone();
        shuffled.sort_by_key(|one| blake3::hash(format!("{seed}{}", one.interaction.id).as_bytes()).to_hex().to_string());
        prop_assert_eq!(&curate(&shuffled, &golden, &options), &curated);

        let mut of_document = std::collections::HashMap::new();
        for sample in &curated.samples {
            let count: &mut usize = of_document.entry(&sample.metadata.source.file).or_default();
            *count += 1;
            prop_assert!(*count <= options.max_per_document);
            prop_assert_eq!(sample.metadata.split, split_of(&sample.metadata.source.file));
            prop_assert!(!sample.metadata.interactions.is_empty());
        }
        // Every interaction is in a sample, rejected, or excluded with a reason.
        let mut seen: Vec<&str> = curated.excluded.iter().map(|(id, _)| id.as_str()).collect();
        let samples = curated.samples.iter().chain(&curated.rejected);
        seen.extend(samples.flat_map(|sample| sample.metadata.interactions.iter().map(String::as_str)));
        seen.sort_unstable();
        seen.dedup();
        let all: Vec<&str> = recorded.iter().map(|one| one.interaction.id.as_str()).collect();
        prop_assert_eq!(seen, all);
    }
}
