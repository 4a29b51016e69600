//! How much a provider lets in, and how it tells of it: windows, buckets, headers, dates.

use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::vendor::Dialect;

#[derive(Clone, Copy, Default)]
pub enum Limit {
    #[default]
    None,
    /// So many requests in each window. The first window begins with the server.
    Window { requests: u32, every: Duration, retry_after: RetryAfter },
    /// A bucket that holds `burst` requests and fills evenly.
    RequestsPerMinute { limit: u32, burst: u32 },
    /// A bucket of tokens. A request costs its prompt and its answer, or its prompt and `max_tokens`.
    TokensPerMinute { limit: u64, capacity: u64, counts_max_tokens: bool },
}

/// How a 429 says when to come again. To Gemini's dialect it is said in the body, as Gemini does.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum RetryAfter {
    #[default]
    None,
    Seconds(u64),
    Millis(u64),
    /// The first whole second when it is worth while: after the window, or two seconds after a fault.
    HttpDate,
    /// What really is left to wait: `retry-after`, rounded up, and `retry-after-ms`.
    Rest,
}

/// What a request takes out of a bucket of tokens.
pub struct Cost {
    pub prompt: u64,
    pub completion: u64,
    pub max_tokens: Option<u64>,
}

/// Why a request is not let in.
pub struct Refused {
    /// What there was too much of: requests or tokens.
    pub unit: &'static str,
    pub retry_after: RetryAfter,
    pub rest: Duration,
}

/// How full a bucket is, for the headers.
pub struct Standing {
    unit: &'static str,
    limit: u64,
    remaining: u64,
    full_in: Duration,
}

pub struct Gate {
    limit: Limit,
    start: Instant,
    /// The running number of the window, and how many it has let in.
    window: (u128, u32),
    level: f64,
    filled: Instant,
}

impl Gate {
    pub fn new(limit: Limit) -> Self {
        let level = match limit {
            Limit::None | Limit::Window { .. } => 0.0,
            Limit::RequestsPerMinute { burst, .. } => f64::from(burst),
            Limit::TokensPerMinute { capacity, .. } => capacity as f64,
        };
        let start = Instant::now();
        Self { limit, start, window: (0, 0), level, filled: start }
    }

    /// Lets a request in, or says why not; and how full the bucket is then, if there is one.
    pub fn ask(&mut self, cost: &Cost) -> (Result<(), Refused>, Option<Standing>) {
        match self.limit {
            Limit::None => (Ok(()), None),
            Limit::Window { requests, every, retry_after } => {
                (self.window(requests, every, retry_after), None)
            }
            Limit::RequestsPerMinute { limit, burst } => {
                self.bucket("requests", limit.into(), f64::from(burst), 1.0)
            }
            Limit::TokensPerMinute { limit, capacity, counts_max_tokens } => {
                let counted = cost.max_tokens.filter(|_| counts_max_tokens);
                let cost = cost.prompt + counted.unwrap_or(cost.completion);
                self.bucket("tokens", limit, capacity as f64, cost as f64)
            }
        }
    }

    fn window(&mut self, requests: u32, every: Duration, retry_after: RetryAfter) -> Result<(), Refused> {
        let since = self.start.elapsed().as_nanos();
        let every = every.as_nanos().max(1);
        let now = since / every;
        if self.window.0 != now {
            self.window = (now, 0);
        }
        if self.window.1 < requests {
            self.window.1 += 1;
            return Ok(());
        }
        let rest = Duration::from_nanos((every - since % every) as u64);
        Err(Refused { unit: "requests", retry_after, rest })
    }

    fn bucket(
        &mut self,
        unit: &'static str,
        limit: u64,
        capacity: f64,
        cost: f64,
    ) -> (Result<(), Refused>, Option<Standing>) {
        let time_for = |amount: f64| {
            let seconds = amount.max(0.0) * 60.0 / limit as f64;
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_hours(24))
        };
        let now = Instant::now();
        let since = (now - self.filled).as_secs_f64();
        self.level = (self.level + since * limit as f64 / 60.0).min(capacity);
        self.filled = now;
        let missing = cost - self.level;
        // Sums of fractions: who has waited as long as told must not be a billionth too early.
        let outcome = if missing < 1e-6 {
            self.level -= cost;
            Ok(())
        } else {
            Err(Refused { unit, retry_after: RetryAfter::Rest, rest: time_for(missing) })
        };
        let full_in = time_for(capacity - self.level);
        let remaining = self.level.max(0.0) as u64;
        (outcome, Some(Standing { unit, limit, remaining, full_in }))
    }
}

impl RetryAfter {
    /// The wait it asks for.
    pub fn wait(self, rest: Duration) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::Seconds(seconds) => Some(Duration::from_secs(seconds)),
            Self::Millis(millis) => Some(Duration::from_millis(millis)),
            Self::HttpDate | Self::Rest => Some(rest),
        }
    }

    pub fn headers(self, rest: Duration) -> String {
        match self {
            Self::None => String::new(),
            Self::Seconds(seconds) => format!("retry-after: {seconds}\r\n"),
            Self::Millis(millis) => format!("retry-after-ms: {millis}\r\n"),
            Self::HttpDate => format!("retry-after: {}\r\n", http_date(in_unix_seconds(rest))),
            Self::Rest => {
                let seconds = rest.as_secs_f64().ceil();
                format!("retry-after: {seconds}\r\nretry-after-ms: {}\r\n", millis_up(rest))
            }
        }
    }
}

impl Standing {
    pub fn write_headers(&self, dialect: Dialect, headers: &mut String) {
        let Self { unit, limit, remaining, full_in } = self;
        let written = match dialect {
            Dialect::Chat | Dialect::Responses => write!(
                headers,
                "x-ratelimit-limit-{unit}: {limit}\r\nx-ratelimit-remaining-{unit}: {remaining}\r\n\
                 x-ratelimit-reset-{unit}: {}\r\n",
                go_duration(*full_in)
            ),
            Dialect::Messages => write!(
                headers,
                "anthropic-ratelimit-{unit}-limit: {limit}\r\n\
                 anthropic-ratelimit-{unit}-remaining: {remaining}\r\n\
                 anthropic-ratelimit-{unit}-reset: {}\r\n",
                rfc3339(in_unix_seconds(*full_in))
            ),
            // It sends none.
            Dialect::Gemini => Ok(()),
        };
        written.unwrap();
    }
}

fn millis_up(time: Duration) -> u128 {
    time.as_nanos().div_ceil(1_000_000)
}

/// As Go writes it and OpenAI sends it: `12ms`, `1.5s`, `6m0s`, `1h2m0s`. Rounded up to milliseconds.
pub fn go_duration(time: Duration) -> String {
    let millis = millis_up(time);
    if millis < 1_000 {
        return if millis == 0 { "0s".to_owned() } else { format!("{millis}ms") };
    }
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let seconds = (millis % 60_000) as f64 / 1_000.0;
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        (_, _) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// The first whole second after this wait.
fn in_unix_seconds(wait: Duration) -> u64 {
    (SystemTime::now() + wait).duration_since(UNIX_EPOCH).unwrap().as_secs_f64().ceil() as u64
}

pub fn http_date(unix: u64) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = date(unix / 86_400);
    let weekday = WEEKDAYS[(unix / 86_400 % 7) as usize];
    format!("{weekday}, {day:02} {} {year} {} GMT", MONTHS[month as usize - 1], time(unix))
}

pub fn rfc3339(unix: u64) -> String {
    let (year, month, day) = date(unix / 86_400);
    format!("{year}-{month:02}-{day:02}T{}Z", time(unix))
}

fn time(unix: u64) -> String {
    format!("{:02}:{:02}:{:02}", unix / 3_600 % 24, unix / 60 % 60, unix % 60)
}

/// Year, month and day of the day so many days after 1970-01-01, by counting off.
fn date(mut days: u64) -> (u64, u64, u64) {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}
