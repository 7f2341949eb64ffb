//! Writes the results as Markdown, and into the documentation.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::chart;
use crate::contenders::Contender;
use crate::memory::Memory;
use crate::rounds::{LevelRounds, Turn};
use crate::start::Starts;
use crate::statistics::Span;

/// All measurements of one run.
pub struct Results<'a> {
    /// This Worker first.
    pub contenders: &'a [Contender],
    /// Results by number of connections.
    pub rounds: &'a [LevelRounds],
    /// This Worker and its webhook peer.
    pub webhook_contenders: &'a [Contender],
    /// Their results.
    pub webhooks: Option<&'a LevelRounds>,
    /// Start-up results by contender.
    pub starts: &'a [Starts],
    /// Memory use of this Worker.
    pub memory: Option<&'a Memory>,
    /// The machine and the versions.
    pub machine: String,
}

/// The lines that enclose the measured part of `docs/benchmarks.md`.
const BEGIN: &str = "<!-- written by cargo xtask bench: begin -->";
const END: &str = "<!-- written by cargo xtask bench: end -->";

/// Replaces the measured part of `benchmarks.md` and its chart.
pub fn write(results: &Results, directory: &Path) -> Result<()> {
    let page = directory.join("benchmarks.md");
    let text =
        fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let (before, rest) = text
        .split_once(BEGIN)
        .context("benchmarks.md has lost its begin mark")?;
    let (_, after) = rest
        .split_once(END)
        .context("benchmarks.md has lost its end mark")?;
    fs::write(
        &page,
        format!("{before}{BEGIN}\n{}{END}{after}", markdown(results)),
    )?;
    fs::write(directory.join("benchmarks.svg"), chart::svg(results))?;
    eprintln!("written: {}", page.display());
    Ok(())
}

/// Returns the tables.
pub fn markdown(results: &Results) -> String {
    let mut text = format!("\nMeasured on: {}.\n", results.machine);
    for rounds in results.rounds {
        level(&mut text, results.contenders, rounds);
    }
    if let Some(rounds) = results.webhooks {
        deliveries(&mut text, results.webhook_contenders, rounds);
    }
    footprint(&mut text, results);
    if let Some(memory) = results.memory {
        course(&mut text, memory);
    }
    text.push('\n');
    text
}

fn level(text: &mut String, contenders: &[Contender], rounds: &LevelRounds) {
    let connections = rounds.level.connections;
    let plural = if connections == 1 { "" } else { "s" };
    let count = rounds.upstream.len();
    line(
        text,
        &format!(
            "\n**{connections} connection{plural}**, {count} rounds of {} requests each\n",
            rounds.level.requests
        ),
    );
    line(
        text,
        "| | CPU per request (least) | this Worker's CPU, relative: median (min … max) | requests/s | p50 | p99 | p50 added |",
    );
    line(text, "|---|---|---|---|---|---|---|");
    for (at, contender) in contenders.iter().enumerate() {
        let p99 = rounds.median(at, |turn| turn.p99);
        let added = Span::of(rounds.added(at)).median;
        let row = row(contender, rounds, at);
        line(text, &format!("{row} {p99:.0} µs | {added:.0} µs |"));
    }
    let alone = |what: fn(&Turn) -> f64| Span::of(rounds.upstream.iter().map(what)).median;
    line(
        text,
        &format!(
            "| the upstream alone | | | {:.0} | {:.0} µs | {:.0} µs | |",
            alone(|turn| turn.rate),
            alone(|turn| turn.p50),
            alone(|turn| turn.p99),
        ),
    );
}

/// Writes the table for webhooks, each measured from its receipt to the 200 that says that it is stored.
fn deliveries(text: &mut String, contenders: &[Contender], rounds: &LevelRounds) {
    line(
        text,
        &format!("\n**Webhooks**, {} connections\n", rounds.level.connections),
    );
    line(
        text,
        "| | CPU per webhook (least) | this Worker's CPU, relative: median (min … max) | webhooks/s | p50 |",
    );
    line(text, "|---|---|---|---|---|");
    for (at, contender) in contenders.iter().enumerate() {
        line(text, &row(contender, rounds, at));
    }
}

/// Returns the row with a contender's measurements and this Worker's CPU relative to them.
fn row(contender: &Contender, rounds: &LevelRounds, at: usize) -> String {
    let cpu = Span::of(rounds.of(at, |turn| turn.cpu));
    let ratio = Span::of(rounds.cpu_ratios(0, at));
    let ratio = if at == 0 {
        "1".to_owned()
    } else {
        format!(
            "{:.2} × ({:.2} … {:.2})",
            ratio.median, ratio.min, ratio.max
        )
    };
    format!(
        "| {} | {:.0} µs ({:.0}) | {ratio} | {:.0} | {:.0} µs |",
        contender.title,
        cpu.median,
        cpu.min,
        rounds.median(at, |turn| turn.rate),
        rounds.median(at, |turn| turn.p50),
    )
}

fn footprint(text: &mut String, results: &Results) {
    line(
        text,
        "\n**Size and start** of a fresh process, to its first answer\n",
    );
    line(
        text,
        "| | bundle, gzipped | time: median (min … max) | CPU: median (min … max) |",
    );
    line(text, "|---|---|---|---|");
    for (contender, starts) in results.contenders.iter().zip(results.starts) {
        let time = Span::of(starts.time.iter().copied());
        let cpu = Span::of(starts.cpu.iter().copied());
        line(
            text,
            &format!(
                "| {} | {}.{} KB | {:.0} ms ({:.0} … {:.0}) | {:.0} ms ({:.0} … {:.0}) |",
                contender.title,
                contender.gzipped / 1000,
                contender.gzipped % 1000 / 100,
                time.median,
                time.min,
                time.max,
                cpu.median,
                cpu.min,
                cpu.max,
            ),
        );
    }
}

fn course(text: &mut String, memory: &Memory) {
    line(text, "\n**Memory** of this Worker's process\n");
    line(text, "| requests | resident |");
    line(text, "|---|---|");
    for (at, (requests, bytes)) in memory.course.iter().enumerate() {
        if at % 4 == 0 || at + 1 == memory.course.len() {
            line(text, &format!("| {requests} | {} MB |", bytes / 1_000_000));
        }
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}
