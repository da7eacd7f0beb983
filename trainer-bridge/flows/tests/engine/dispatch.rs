//! Requests: limits, retries, merging, the cache, and what a failure costs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flows::{
    AnswerCache, Compat, Dispatcher, Limits, Reply, Teacher, TeacherError, TeacherRequest, run,
};
use futures::future::{BoxFuture, join_all};
use serde_json::{Value, json};

use crate::support::{Scripted, flow, limits, options, question, reply, rows, run_with};

const ASK: &str = "
- block_type: PromptBuilderBlock
  block_config: {block_name: p, input_cols: x, output_cols: m, prompt_config_path: prompt.yaml}
- block_type: LLMChatBlock
  block_config: {block_name: ask, input_cols: m, output_cols: r}
- block_type: LLMResponseExtractorBlock
  block_config: {block_name: e, input_cols: r, field_prefix: the_}
";

fn request(text: &str) -> TeacherRequest {
    let messages = json!([{"role": "user", "content": text}]);
    serde_json::from_value(json!({"messages": messages, "sampling": {}, "n": 1})).unwrap()
}

fn busy(retry_after: Option<u64>) -> TeacherError {
    TeacherError::Transient {
        reason: "busy".to_owned(),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

fn numbers(count: usize) -> Vec<Value> {
    (0..count)
        .map(|i| json!({"x": format!("row {i}")}))
        .collect()
}

/// Never answers at once, and counts how many requests wait.
#[derive(Default)]
struct Slow {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Teacher for Slow {
    fn model(&self) -> &str {
        "slow"
    }

    fn ask<'a>(
        &'a self,
        request: &'a TeacherRequest,
    ) -> BoxFuture<'a, Result<Vec<Reply>, TeacherError>> {
        Box::pin(async move {
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            // Later rows are answered first.
            let row: u64 = question(request)
                .rsplit(' ')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            tokio::time::sleep(Duration::from_millis(60 - row)).await;
            self.now.fetch_sub(1, Ordering::Relaxed);
            Ok(vec![reply(question(request))])
        })
    }
}

#[tokio::test]
async fn rows_keep_their_order_whatever_the_order_of_the_replies() {
    let slow = Arc::new(Slow::default());
    let limits = Limits {
        in_flight: 7,
        ..limits()
    };
    let dispatcher = Dispatcher::new(slow.clone(), None, limits);
    for compat in [Compat::Off, Compat::SdgHub] {
        let input = rows(&numbers(40));
        let output = run(&flow(ASK), input, &dispatcher, &options(compat), &|_| {})
            .await
            .unwrap();
        let found: Vec<_> = output
            .rows
            .iter()
            .map(|row| row["the_content"].clone())
            .collect();
        let expected: Vec<_> = numbers(40).iter().map(|row| row["x"].clone()).collect();
        assert_eq!(found, expected);
        assert_eq!(slow.most.load(Ordering::Relaxed), 7);
    }
}

#[tokio::test]
async fn a_busy_teacher_is_asked_again() {
    let teacher = Scripted::new(|request, attempt| match attempt {
        0 => Err(busy(Some(0))),
        1 => Err(busy(None)),
        _ => Ok(vec![reply(question(request))]),
    });
    let dispatcher = Dispatcher::new(teacher.clone(), None, limits());
    dispatcher.ask(&request("a"), 0).await.unwrap();
    assert_eq!(teacher.asked(), 3);
    assert_eq!(dispatcher.counts().retries, 2);
}

#[tokio::test]
async fn a_teacher_that_hangs_is_given_up() {
    struct Hangs;
    impl Teacher for Hangs {
        fn model(&self) -> &str {
            "hangs"
        }
        fn ask<'a>(
            &'a self,
            _: &'a TeacherRequest,
        ) -> BoxFuture<'a, Result<Vec<Reply>, TeacherError>> {
            Box::pin(std::future::pending())
        }
    }
    let limits = Limits {
        attempts: 2,
        timeout: Duration::from_millis(20),
        ..limits()
    };
    let dispatcher = Dispatcher::new(Arc::new(Hangs), None, limits);
    let error = dispatcher.ask(&request("a"), 0).await.unwrap_err();
    assert!(error.to_string().ends_with("(after 2 attempts)"), "{error}");
}

#[tokio::test]
async fn identical_requests_in_flight_are_sent_once() {
    let teacher = Scripted::new(|request, _| Ok(vec![reply(question(request))]));
    let dispatcher = Dispatcher::new(teacher.clone(), None, limits());
    let same = request("a");
    join_all((0..5).map(|_| dispatcher.ask(&same, 0))).await;
    assert_eq!((teacher.asked(), dispatcher.counts().merged), (1, 4));
    // Another choice is another answer.
    dispatcher.ask(&same, 1).await.unwrap();
    assert_eq!(teacher.asked(), 2);
}

#[tokio::test]
async fn nothing_is_paid_twice_and_a_restart_gives_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let teacher = Scripted::new(|request, attempt| {
        Ok(vec![reply(&format!(
            "{} at attempt {attempt}",
            question(request)
        ))])
    });
    let mut outputs = Vec::new();
    for _ in 0..2 {
        let cache = AnswerCache::open(folder.path()).unwrap();
        let dispatcher = Dispatcher::new(teacher.clone(), Some(cache), limits());
        let input = rows(&numbers(9));
        let output = run(
            &flow(ASK),
            input,
            &dispatcher,
            &options(Compat::Off),
            &|_| {},
        )
        .await
        .unwrap();
        outputs.push(output.rows);
    }
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(teacher.asked(), 9);
}

#[tokio::test]
async fn a_request_that_keeps_failing_costs_its_own_rows_only() {
    let teacher = Scripted::new(|request, _| match question(request) {
        "row 3" => Err(busy(None)),
        "row 5" => Err(TeacherError::Permanent("too long".to_owned())),
        text => Ok(vec![reply(text)]),
    });
    let output = run_with(
        &flow(ASK),
        &numbers(8),
        teacher.clone(),
        &options(Compat::Off),
    )
    .await
    .unwrap();
    assert_eq!((output.rows.len(), output.rows_without_result), (6, 2));
    let dropped = &output.dropped[0];
    assert_eq!(
        (dropped.count, dropped.first_row, &*dropped.block),
        (2, 3, "ask")
    );
    assert_eq!(dropped.sample, "busy (after 6 attempts)");
    assert_eq!(output.calls.failed, 2);
    // sdg_hub loses all rows.
    let error = run_with(&flow(ASK), &numbers(8), teacher, &options(Compat::SdgHub)).await;
    assert!(error.is_err());
}

#[tokio::test]
async fn a_reply_that_was_cut_off_costs_its_row() {
    let teacher = Scripted::new(|request, _| {
        let text = question(request);
        let truncated = text == "row 1";
        Ok(vec![Reply {
            truncated,
            ..reply(text)
        }])
    });
    let flow = flow(ASK);
    let off = options(Compat::Off);
    let output = run_with(&flow, &numbers(3), teacher.clone(), &off)
        .await
        .unwrap();
    assert_eq!((output.rows.len(), output.rows_without_result), (2, 1));
    assert_eq!(
        output.dropped[0].reason,
        "the reply was cut off at its limit of tokens (`max_tokens`)"
    );
    // sdg_hub takes it for an answer.
    let compat = options(Compat::SdgHub);
    let output = run_with(&flow, &numbers(3), teacher, &compat)
        .await
        .unwrap();
    assert_eq!(output.rows.len(), 3);
}

#[tokio::test]
async fn a_teacher_that_is_gone_is_not_asked_for_ever() {
    let teacher = Scripted::new(|_, _| Err(TeacherError::Permanent("refused".to_owned())));
    let limits = Limits {
        in_flight: 1,
        max_consecutive_failures: 3,
        ..limits()
    };
    let dispatcher = Dispatcher::new(teacher.clone(), None, limits);
    let input = rows(&numbers(50));
    let output = run(
        &flow(ASK),
        input,
        &dispatcher,
        &options(Compat::Off),
        &|_| {},
    )
    .await
    .unwrap();
    assert_eq!((teacher.asked(), output.rows.len()), (3, 0));
    let counts: usize = output.dropped.iter().map(|dropped| dropped.count).sum();
    assert_eq!(counts, 50);
}

#[tokio::test]
async fn several_choices_are_several_requests_with_seeds_of_their_own() {
    let teacher = Scripted::new(|request, _| {
        assert_eq!(request.n, 1);
        Ok(vec![reply(&format!("{:?}", request.sampling.seed))])
    });
    let mut options = options(Compat::Off);
    options.n = Some(3);
    let output = run_with(&flow(ASK), &numbers(1), teacher, &options)
        .await
        .unwrap();
    let found: Vec<_> = output
        .rows
        .iter()
        .map(|row| row["the_content"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["None", "Some(1)", "Some(2)"]);
}
