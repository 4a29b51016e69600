//! The gate against servers that keep to their limits as providers do, on a stopped clock.

use std::cell::RefCell;
use std::rc::Rc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::*;
use crate::domain::Bucket;

/// A bucket that fills evenly, as providers have it.
struct Meter {
    per_minute: f64,
    capacity: f64,
    level: f64,
    at: Instant,
}

impl Meter {
    fn new(per_minute: f64, capacity: f64) -> Self {
        Self { per_minute, capacity, level: capacity, at: Instant::now() }
    }

    fn fill(&mut self) {
        let seconds = self.at.elapsed().as_secs_f64();
        self.level = (self.level + seconds * self.per_minute / 60.0).min(self.capacity);
        self.at = Instant::now();
    }

    fn has(&mut self, amount: f64) -> bool {
        self.fill();
        self.level + 1e-6 >= amount
    }

    fn bucket(&mut self) -> Bucket {
        self.fill();
        Bucket {
            limit: Some(self.per_minute as u64),
            remaining: Some(self.level.max(0.0) as u64),
            reset_ms: Some(((self.capacity - self.level) / self.per_minute * 60_000.0) as u64),
        }
    }
}

/// What the server takes, and what has come to it.
struct Server {
    requests: Option<Meter>,
    tokens: Option<Meter>,
    output: Option<Meter>,
    counts_max: bool,
    says_limits: bool,
    arrivals: Vec<Instant>,
    refused: Vec<Instant>,
    used: f64,
    retry_ms: Option<u64>,
}

/// Of one call: bytes of prompt, what they are in tokens, and what comes back.
#[derive(Clone, Copy)]
struct Size {
    bytes: usize,
    input: u32,
    output: u32,
    max_output: u32,
}

const SIZE: Size = Size { bytes: 5_000, input: 1_000, output: 90, max_output: 400 };

impl Server {
    fn new() -> Self {
        Self {
            requests: None,
            tokens: None,
            output: None,
            counts_max: false,
            says_limits: false,
            arrivals: Vec::new(),
            refused: Vec::new(),
            used: 0.0,
            retry_ms: None,
        }
    }

    fn takes(&mut self, size: Size) -> bool {
        self.arrivals.push(Instant::now());
        let reserved_out = f64::from(size.max_output);
        let tokens =
            f64::from(size.input) + if self.counts_max { reserved_out } else { f64::from(size.output) };
        let all_have = self.requests.as_mut().is_none_or(|meter| meter.has(1.0))
            && self.tokens.as_mut().is_none_or(|meter| meter.has(tokens))
            && self.output.as_mut().is_none_or(|meter| meter.has(reserved_out));
        if !all_have {
            self.refused.push(Instant::now());
            return false;
        }
        self.used += tokens;
        for (meter, amount) in
            [(&mut self.requests, 1.0), (&mut self.tokens, tokens), (&mut self.output, reserved_out)]
        {
            if let Some(meter) = meter {
                meter.level -= amount;
            }
        }
        true
    }

    /// What was reserved for output and did not come is given back.
    fn answered(&mut self, size: Size) -> Allowance {
        if let Some(output) = &mut self.output {
            output.level += f64::from(size.max_output - size.output);
        }
        if !self.says_limits {
            return Allowance::default();
        }
        Allowance {
            requests: self.requests.as_mut().map(Meter::bucket).unwrap_or_default(),
            tokens: self.tokens.as_mut().map(Meter::bucket).unwrap_or_default(),
            output_tokens: self.output.as_mut().map(Meter::bucket).unwrap_or_default(),
            ..Allowance::default()
        }
    }
}

/// Sends as many calls as it can for so long, each with this latency; gives back the server.
async fn run(gate: Gate, server: Server, size: Size, seconds: u64, latency_ms: u64) -> Server {
    let (gate, server) = (Arc::new(gate), Rc::new(RefCell::new(server)));
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut calls = FuturesUnordered::new();
    while Instant::now() < end {
        if calls.len() < gate.widest() + 64 {
            calls.push(call(Arc::clone(&gate), Rc::clone(&server), size, latency_ms, end));
            // New ones are made only as old ones get through, so that memory stays small.
            if calls.len() < 200 {
                continue;
            }
        }
        calls.next().await;
    }
    drop(calls);
    Rc::into_inner(server).unwrap().into_inner()
}

#[expect(clippy::disallowed_methods, reason = "plays the latency of a server")]
async fn call(gate: Arc<Gate>, server: Rc<RefCell<Server>>, size: Size, latency_ms: u64, end: Instant) {
    loop {
        let pass = gate.pass(size.bytes, size.max_output).await;
        if Instant::now() >= end {
            return;
        }
        let takes = server.borrow_mut().takes(size);
        if takes {
            tokio::time::sleep(Duration::from_millis(latency_ms)).await;
            let allowance = server.borrow_mut().answered(size);
            gate.answered(&pass, size.input, size.output, &allowance);
            return;
        }
        let retry_ms = server.borrow().retry_ms;
        gate.turned_away(&pass, retry_ms, &Allowance::default(), 7);
    }
}

fn limits(requests: Option<u32>, tokens: Option<u32>, output: Option<u32>) -> Limits {
    Limits {
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        output_tokens_per_minute: output,
        ..Limits::default()
    }
}

/// The share of the allowance that was used over five minutes, and how often it was refused.
async fn five_minutes(limits: Limits, server: Server, latency_ms: u64) -> (f64, f64, Server) {
    let gate = Gate::new(&limits, server.counts_max, false);
    let server = run(gate, server, SIZE, 300, latency_ms).await;
    let taken = (server.arrivals.len() - server.refused.len()) as f64;
    (taken, server.used, server)
}

#[tokio::test(start_paused = true)]
async fn six_hundred_a_minute_are_used_to_the_full() {
    for (says_limits, latency_ms) in [(false, 1), (true, 800), (true, 5_000)] {
        let requests = Some(Meter::new(600.0, 2.0));
        let server = Server { requests, says_limits, ..Server::new() };
        let (taken, _, server) = five_minutes(limits(Some(600), None, None), server, latency_ms).await;
        assert!(taken >= 0.99 * 3_000.0, "{taken} of 3000");
        assert_eq!(server.refused.len(), 0);
        assert_even(&server.arrivals);
    }
}

/// No second has more than its share, from the first on.
fn assert_even(arrivals: &[Instant]) {
    let first = arrivals.first().copied().unwrap();
    for second in 0..300 {
        let from = first + Duration::from_secs(second);
        let within = |at: &&Instant| **at >= from && **at < from + Duration::from_secs(1);
        let count = arrivals.iter().filter(within).count();
        assert!((9..=11).contains(&count) || second > 295, "second {second}: {count}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_tokens_a_minute_are_used_to_the_full() {
    // As OpenAI counts (the most that may come back), and as others do (what came back).
    for (counts_max, says_limits, latency_ms) in
        [(true, true, 2_000), (true, false, 2_000), (false, true, 2_000), (false, false, 10)]
    {
        let tokens = Some(Meter::new(100_000.0, 10_000.0));
        let server = Server { tokens, counts_max, says_limits, ..Server::new() };
        let (_, used, server) = five_minutes(limits(None, Some(100_000), None), server, latency_ms).await;
        assert!(used >= 0.99 * 500_000.0, "{used} of 500000 ({counts_max}, {says_limits})");
        assert_eq!(server.refused.len(), 0, "({counts_max}, {says_limits})");
    }
}

#[tokio::test(start_paused = true)]
async fn output_tokens_that_are_reserved_and_given_back_do_not_slow_it_down() {
    // As Anthropic counts: the most at first, what came back at the end; a minute's worth at a time.
    let output = Some(Meter::new(8_000.0, 8_000.0));
    let server = Server { output, says_limits: true, ..Server::new() };
    let (taken, _, server) = five_minutes(limits(None, None, Some(8_000)), server, 3_000).await;
    let used = taken * f64::from(SIZE.output);
    assert!(used >= 0.99 * 40_000.0, "{used} of 40000");
    assert_eq!(server.refused.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_lowers_the_rate_and_never_raises_it() {
    for (told, expected) in [(60.0, 300.0), (6_000.0, 3_000.0)] {
        let requests = Some(Meter::new(told, told));
        let server = Server { requests, says_limits: true, ..Server::new() };
        let (taken, _, server) = five_minutes(limits(Some(600), None, None), server, 50).await;
        assert!((taken - expected).abs() <= 0.02 * expected, "{taken}, not {expected}");
        assert_eq!(server.refused.len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_nobody_sends_for_as_long_as_told() {
    let gate = Arc::new(Gate::new(&limits(Some(60_000), None, None), false, false));
    let start = Instant::now();
    let pass = gate.pass(100, 10).await;
    assert_eq!(gate.turned_away(&pass, Some(2_000), &Allowance::default(), 0), 2_000);
    drop(pass);
    let waiting: FuturesUnordered<_> = (0..50).map(|_| gate.pass(100, 10)).collect();
    let sent: Vec<Duration> = waiting.map(|pass| pass.sent - start).collect().await;
    assert!(sent.iter().all(|at| *at >= Duration::from_secs(2)), "{sent:?}");
    // And then one after the other, not all at once.
    let last = sent.iter().max().unwrap();
    assert!(*last >= Duration::from_millis(2_045), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_of_which_nothing_is_known_is_learned_within_few_refusals() {
    // 20 in every two seconds, no headers but the wait: 200 rows.
    let gate = Gate::new(&Limits { max_in_flight: Some(32), ..Limits::default() }, false, false);
    let server = Server { requests: Some(Meter::new(600.0, 20.0)), retry_ms: Some(2_000), ..Server::new() };
    let server = run(gate, server, SIZE, 25, 20).await;
    let taken = server.arrivals.len() - server.refused.len();
    assert!(taken >= 200, "{taken}");
    assert!(server.refused.len() * 20 <= server.arrivals.len(), "{} refused", server.refused.len());
}

#[tokio::test(start_paused = true)]
async fn a_fast_model_is_not_slowed_by_a_slow_one() {
    let fast = async {
        let server =
            run(Gate::new(&limits(Some(3_000), None, None), false, false), Server::new(), SIZE, 60, 700);
        server.await.arrivals.len()
    };
    let slow = async {
        let server =
            run(Gate::new(&limits(Some(60), None, None), false, false), Server::new(), SIZE, 60, 700);
        server.await.arrivals.len()
    };
    let (fast, slow) = futures::join!(fast, slow);
    assert!(fast >= 2_970 && (59..=61).contains(&slow), "{fast} and {slow}");
}

#[tokio::test(start_paused = true)]
async fn models_of_one_group_share_one_rate() {
    let gate = Arc::new(Gate::new(&limits(Some(600), None, None), false, false));
    let start = Instant::now();
    let pass = |count: usize| {
        let gate = Arc::clone(&gate);
        async move {
            for _ in 0..count {
                gate.pass(1, 1).await;
            }
        }
    };
    futures::join!(pass(50), pass(51));
    let seconds = start.elapsed().as_secs_f64();
    assert!((seconds - 10.0).abs() < 0.2, "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn the_first_call_may_go_alone_and_failures_narrow_the_window() {
    let gate = Arc::new(Gate::new(&limits(Some(6_000_000), None, None), false, true));
    let first = gate.pass(1, 1).await;
    assert!(futures::poll!(Box::pin(gate.pass(1, 1))).is_pending());
    gate.answered(&first, 1, 1, &Allowance::default());
    drop(first);
    let passes: FuturesUnordered<_> = (0..100).map(|_| gate.pass(1, 1)).collect();
    let passes: Vec<Pass> = passes.collect().await;
    // Forty-five fail; of those in flight no more than five may be replaced by new ones.
    passes.iter().take(45).for_each(|pass| gate.failed(&Allowance::default(), pass));
    drop(passes);
    let five: FuturesUnordered<_> = (0..5).map(|_| gate.pass(1, 1)).collect();
    let _held: Vec<Pass> = five.collect().await;
    assert!(futures::poll!(Box::pin(gate.pass(1, 1))).is_pending());
}

#[tokio::test(start_paused = true)]
async fn random_refusals_do_not_strangle_a_lane() {
    // One in twenty is turned away for reasons of the server's own.
    let gate = Arc::new(Gate::new(&limits(Some(60_000), None, None), false, false));
    let start = Instant::now();
    for number in 0..10_000_u64 {
        let pass = gate.pass(100, 10).await;
        match number % 20 {
            0 => drop(gate.turned_away(&pass, Some(5), &Allowance::default(), number)),
            _ => gate.answered(&pass, 25, 5, &Allowance::default()),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds < 30.0, "{seconds} s for what takes 10 s undisturbed");
}

#[tokio::test(start_paused = true)]
async fn slow_servers_are_used_and_not_starved() {
    for (per_minute, set) in [(20.0, None), (20.0, Some(50)), (10.0, None), (50.0, Some(600))] {
        let gate = Gate::new(&limits(set, None, None), false, false);
        let requests = Some(Meter::new(per_minute, 2.0));
        let server = Server { requests, retry_ms: Some(20_000), ..Server::new() };
        let server = run(gate, server, SIZE, 1_800, 500).await;
        let taken = (server.arrivals.len() - server.refused.len()) as f64;
        let share = taken / (30.0 * per_minute);
        assert!(share > 0.6, "{share} of {per_minute} a minute (config: {set:?})");
    }
}
