//! Strategies for arbitrary interactions, events and filters.

use proptest::prelude::*;

use super::*;

pub(super) fn any_interaction() -> impl Strategy<Value = Interaction> {
    let text = "\\PC{0,30}|(a ){0,400}";
    let file = prop::sample::select(vec!["src/a.rs", "src/b/c.rs", "docs/é.md"]);
    let verdict = prop::option::of(prop::sample::select(vec![
        Verdict::Good,
        Verdict::Bad,
        Verdict::Corrected,
    ]));
    let place = (0..3_u32, file, any::<bool>());
    (
        (text, text, prop::option::of(text), verdict),
        prop::collection::vec(place, 0..4),
        (any::<f64>(), any::<u64>(), 0..20_u64),
        (0..2_usize, 0..2_usize),
    )
        .prop_map(
            |(
                (question, answer, correction, verdict),
                places,
                (score, latency_ms, time),
                (workspace, kind),
            )| {
                let range = |first| CitedLines {
                    first,
                    last: first + 1,
                };
                Interaction {
                    id: crate::interaction::new_id(),
                    time,
                    workspace: ["one", "two"][workspace].to_owned(),
                    kind: ["ask", "module"][kind].to_owned(),
                    question,
                    answer,
                    correction,
                    verdict,
                    latency_ms,
                    context: places
                        .iter()
                        .map(|(first, file, _)| ContextRef {
                            file: (*file).to_owned(),
                            range: range(*first),
                            hash: "00ff".to_owned(),
                            blob: first.checked_sub(1).map(|blob| blob.to_string()),
                        })
                        .collect(),
                    citations: places
                        .iter()
                        .filter(|(first, ..)| *first > 0)
                        .map(|(first, file, verified)| RecordedCitation {
                            file: (*file).to_owned(),
                            range: range(*first),
                            verified: *verified,
                        })
                        .collect(),
                    scores: vec![RetrievalScore {
                        file: "src/a.rs".to_owned(),
                        total: score,
                        parts: [("bm25".to_owned(), score / 3.0)].into(),
                    }],
                    ..Interaction::default()
                }
            },
        )
}

pub(super) fn any_event() -> impl Strategy<Value = FeedbackEvent> {
    prop_oneof![
        Just(FeedbackEvent::Up),
        Just(FeedbackEvent::Down),
        "\\PC{0,20}".prop_map(|answer| FeedbackEvent::Corrected { answer }),
        prop::option::of("[a-z]{3}").prop_map(|follow_up| FeedbackEvent::Failed { follow_up }),
        any::<u64>().prop_map(|characters| FeedbackEvent::Copied { characters }),
        ("[a-z]{1,3}", 0.0..1.0_f64).prop_map(|(insertion, share)| FeedbackEvent::Survived {
            insertion,
            after: MeasuredAfter::FiveMinutes,
            share
        }),
    ]
}

pub(super) fn any_filter() -> impl Strategy<Value = Filter> {
    let some = |words: &[&str]| {
        prop::option::of(prop::sample::select(
            words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(),
        ))
    };
    let verdict = prop::sample::select(vec![
        None,
        Some(None),
        Some(Some(Verdict::Good)),
        Some(Some(Verdict::Bad)),
    ]);
    (
        some(&["one", "two", "none"]),
        some(&["ask", "module"]),
        some(&["src/*.rs", "src/**", "**/*.md", "nowhere/*"]),
        verdict,
        prop::option::of(0..20_u64),
        prop::option::of(0..20_u64),
    )
        .prop_map(|(workspace, kind, files, verdict, since, until)| Filter {
            id: None,
            workspace,
            exclude_subfolders: false,
            kind,
            verdict,
            since,
            until,
            files,
        })
}

pub(super) fn means(filter: &Filter, interaction: &Interaction) -> bool {
    let about = |glob: &String| {
        let matcher = globset::GlobBuilder::new(glob)
            .literal_separator(true)
            .build()
            .unwrap()
            .compile_matcher();
        interaction
            .context
            .iter()
            .any(|c| matcher.is_match(&c.file))
            || interaction
                .citations
                .iter()
                .any(|c| matcher.is_match(&c.file))
    };
    filter
        .workspace
        .as_ref()
        .is_none_or(|w| *w == interaction.workspace)
        && filter.kind.as_ref().is_none_or(|k| *k == interaction.kind)
        && filter.verdict.is_none_or(|v| v == interaction.verdict)
        && filter.since.is_none_or(|since| interaction.time >= since)
        && filter.until.is_none_or(|until| interaction.time < until)
        && filter.files.as_ref().is_none_or(about)
}
