//! Arguments, clocks and the report's lines.

use std::time::{Duration, Instant};

/// A bench says what is wrong and ends.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

pub(crate) struct Arguments {
    pub(crate) rows: usize,
    pub(crate) dimension: usize,
    pub(crate) probes: usize,
    pub(crate) ef: Vec<usize>,
    pub(crate) connections: usize,
    pub(crate) ef_construction: usize,
    pub(crate) python: Option<String>,
    skip: Vec<String>,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut arguments = Self {
            rows: 10_000,
            dimension: 512,
            probes: 200,
            ef: vec![16, 32, 64, 128, 256],
            connections: 16,
            ef_construction: 128,
            python: None,
            skip: Vec::new(),
        };
        while let Some(word) = words.next() {
            if word == "--bench" {
                continue; // from cargo
            }
            let value = words
                .next()
                .ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--rows" => arguments.rows = value.parse()?,
                "--dimension" => arguments.dimension = value.parse()?,
                "--probes" => arguments.probes = value.parse()?,
                "--connections" => arguments.connections = value.parse()?,
                "--ef-construction" => arguments.ef_construction = value.parse()?,
                "--python" => arguments.python = Some(value),
                "--skip" => arguments.skip = value.split(',').map(str::to_owned).collect(),
                "--ef" => {
                    arguments.ef = value.split(',').map(str::parse).collect::<Result<_, _>>()?
                }
                _ => return Err(format!("unknown argument {word}").into()),
            }
        }
        if arguments.rows < 3 || arguments.dimension == 0 || arguments.probes == 0 {
            return Err("at least 3 rows, 1 component and 1 probe".into());
        }
        Ok(arguments)
    }

    pub(crate) fn skips(&self, part: &str) -> bool {
        self.skip.iter().any(|skipped| skipped == part)
    }
}

pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// The middle of some times: on a busy machine the mean is that of its interruptions.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Bytes of this process in memory; 0 where the system does not tell.
pub(crate) fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4096
}

/// The best of several times to read that many bytes once, one thread: the floor of any scan of them.
pub(crate) fn read_once(bytes: usize) -> Duration {
    let memory: Vec<u64> = (0..bytes as u64 / 8).collect();
    let pass = || {
        let mut sums = [0_u64; 16];
        for part in memory.chunks_exact(16) {
            for (sum, word) in sums.iter_mut().zip(part) {
                *sum = sum.wrapping_add(*word);
            }
        }
        std::hint::black_box(sums);
    };
    (0..9).map(|_| timed(pass).1).min().unwrap_or_default()
}

/// A row of the report.
pub(crate) struct Line {
    name: String,
    build: String,
    bytes: String,
    time: String,
    recall: String,
}

impl Line {
    pub(crate) fn header() {
        println!("| index | build s | B/face | ms/query | recall@1 | recall@10 |");
        println!("|---|---|---|---|---|---|");
    }

    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            build: String::new(),
            bytes: String::new(),
            time: String::new(),
            recall: " | ".to_owned(),
        }
    }

    pub(crate) fn build(mut self, time: Duration) -> Self {
        self.build = format!("{:.1}", time.as_secs_f64());
        self
    }

    pub(crate) fn bytes(mut self, per_face: usize) -> Self {
        self.bytes = per_face.to_string();
        self
    }

    pub(crate) fn time(mut self, per_query: Duration) -> Self {
        self.time = format!("{:.3}", per_query.as_secs_f64() * 1e3);
        self
    }

    pub(crate) fn recall(mut self, one: f64, ten: f64) -> Self {
        self.recall = format!("{one:.3} | {ten:.3}");
        self
    }

    pub(crate) fn print(self) {
        println!(
            "| {} | {} | {} | {} | {} |",
            self.name, self.build, self.bytes, self.time, self.recall
        );
    }
}
