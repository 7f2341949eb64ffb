//! The chart: CPU time and latency compared with the peers, as an SVG that is readable in a README, in light and dark
//! mode.

use std::fmt::Write as _;

use crate::contenders::Contender;
use crate::report::Results;
use crate::rounds::LevelRounds;
use crate::statistics::Span;

const WIDTH: f64 = 760.0;
const LABELS: f64 = 210.0;
const BAR: f64 = 20.0;
const STEP: f64 = 28.0;

/// One panel of bars.
struct Panel<'a> {
    title: &'a str,
    bars: Vec<(&'a Contender, f64)>,
}

/// Draws the chart: CPU per request with many connections, and the added latency with one.
pub fn svg(results: &Results) -> String {
    let panels: Vec<Panel> = [
        (
            results.rounds.get(1),
            "CPU per request, median, 16 connections",
            cpu as Measure,
        ),
        (
            results.rounds.first(),
            "added latency, p50, 1 connection",
            added as Measure,
        ),
    ]
    .into_iter()
    .filter_map(|(rounds, title, measure)| Some(panel(results.contenders, rounds?, title, measure)))
    .collect();
    let mut drawing = String::new();
    let mut top = 10.0;
    for panel in &panels {
        top = draw(&mut drawing, panel, top);
    }
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" role="img" aria-label="CPU time and added latency of participant-remover beside its peers">
<style>
text {{ font: 13px system-ui, sans-serif; fill: #1f2328; }}
.title {{ font-weight: 600; }}
.peer {{ fill: #8c959f; }}
.ours {{ fill: #0969da; }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6edf3; }}
  .peer {{ fill: #6e7681; }}
  .ours {{ fill: #4493f8; }}
}}
</style>
{drawing}</svg>
"#
    )
}

type Measure = fn(&LevelRounds, usize) -> f64;

fn cpu(rounds: &LevelRounds, at: usize) -> f64 {
    Span::of(rounds.of(at, |turn| turn.cpu)).median
}

fn added(rounds: &LevelRounds, at: usize) -> f64 {
    Span::of(rounds.added(at)).median
}

fn panel<'a>(
    contenders: &'a [Contender],
    rounds: &LevelRounds,
    title: &'a str,
    measure: Measure,
) -> Panel<'a> {
    let bars = contenders
        .iter()
        .enumerate()
        // The cost of the history is a separate question, on a different scale.
        .filter(|(_, contender)| contender.key != "recording")
        .map(|(at, contender)| (contender, measure(rounds, at)))
        .collect();
    Panel { title, bars }
}

/// Draws a panel below `top` and returns where it ends.
fn draw(drawing: &mut String, panel: &Panel, top: f64) -> f64 {
    let longest = panel
        .bars
        .iter()
        .fold(1.0, |most: f64, (_, value)| most.max(*value));
    let scale = (WIDTH - LABELS - 80.0) / longest;
    // Writing to a String cannot fail.
    let _ = writeln!(
        drawing,
        r#"<text class="title" x="10" y="{}">{}</text>"#,
        top + 14.0,
        panel.title
    );
    let mut y = top + 24.0;
    for (contender, value) in &panel.bars {
        let class = if contender.key == "ours" {
            "ours"
        } else {
            "peer"
        };
        let width = value * scale;
        let base = y + 15.0;
        let _ = writeln!(
            drawing,
            r#"<text x="{}" y="{base}" text-anchor="end">{}</text><rect class="{class}" x="{LABELS}" y="{y}" width="{width:.1}" height="{BAR}" rx="3"/><text x="{:.1}" y="{base}">{value:.0} µs</text>"#,
            LABELS - 10.0,
            contender.title,
            LABELS + width + 8.0,
        );
        y += STEP;
    }
    y + 12.0
}
