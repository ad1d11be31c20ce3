import type { Metric } from '../../flags/plan/metric';
import { axisTexts } from './axis-texts';
import { isShare, type ChartSeries, type MetricPoint, type MetricSeries } from './chart-series';
import { linearScale, roundTicks, type Scale } from './scale';

const WIDTH = 960;
const LEFT = 76;
const RIGHT = 18;
const PANEL = 168;
const SMALL_PANEL = 112;
/** Room above a panel for its heading, and between panels. */
const HEADING = 48;
const AXIS = 40;
const MAX_METRICS = 12;

/** What a chart says in words beside its lines. */
export interface ChartWords {
  readonly title: string;
  readonly description: string;
  /** Evidence at which the plan rolls back. */
  readonly rollbackAt: number;
}

/**
 * A picture of a rollout: for each metric what control and candidate were, the candidate's interval, which is valid at
 * every look; the evidence of harm; the weight. It stands for itself: styles inside, lines told apart by their dashes
 * as well as their colours, title and description for readers who do not see it.
 */
export function svgChart(series: ChartSeries, words: ChartWords): string {
  const x = linearScale(series.startMs, series.endMs, LEFT, WIDTH - RIGHT);
  const parts: string[] = [];
  let top = 8;
  for (const metric of series.metrics.slice(0, MAX_METRICS)) {
    parts.push(metricPanel(metric, x, top));
    top += HEADING + PANEL;
  }
  parts.push(evidencePanel(series, x, top, words.rollbackAt));
  top += HEADING + SMALL_PANEL;
  parts.push(weightPanel(series, x, top));
  top += HEADING + SMALL_PANEL;
  parts.push(timeAxis(series, x, top));
  const height = top + AXIS;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="chart-title chart-description">`,
    `<title id="chart-title">${escapeText(words.title)}</title>`,
    `<desc id="chart-description">${escapeText(words.description)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = [
  '.paper{fill:#fff}',
  'text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#333}',
  '.heading{font-size:14px;font-weight:600;fill:#111}',
  '.grid{stroke:#ddd;stroke-width:1}',
  '.control{fill:none;stroke:#444;stroke-width:2;stroke-dasharray:7 4}',
  '.candidate{fill:none;stroke:#0b62a4;stroke-width:2.2}',
  '.now{stroke-width:1;opacity:.35;stroke-dasharray:none}',
  '.band{fill:#0b62a4;opacity:.16}',
  '.limit{fill:none;stroke:#b3261e;stroke-width:1.5;stroke-dasharray:2 3}',
  '.weight{fill:#0b62a4;opacity:.22;stroke:#0b62a4;stroke-width:1.5}',
].join('');

function metricPanel({ metric, points }: MetricSeries, x: Scale, top: number): string {
  const values = points
    .flatMap(({ control, candidate, limit }) => [control, candidate, limit])
    .filter((value) => value !== null);
  const now = points
    .flatMap(({ controlNow, candidateNow }) => [controlNow, candidateNow])
    .filter((value) => value !== null);
  const [low, high] = spanOf(values, now);
  const y = linearScale(low, high, top + HEADING + PANEL - 10, top + HEADING);
  const line = (className: string, of: (point: MetricPoint) => number | null): string =>
    `<path class="${className}" d="${pathOf(
      points.map((point) => ({ at: point.atMs, value: of(point) })),
      x,
      y,
    )}"/>`;
  return [
    heading(`${metric.name}: ${unitOf(metric)}`, top),
    legend(top),
    gridLines(y, metricTicks(metric, roundTicks(low, high, 4))),
    `<path class="band" d="${bandOf(points, x, y)}"/>`,
    line('control now', ({ controlNow }) => controlNow),
    line('candidate now', ({ candidateNow }) => candidateNow),
    line('limit', ({ limit }) => limit),
    line('control', ({ control }) => control),
    line('candidate', ({ candidate }) => candidate),
  ].join('\n');
}

/** What the judge knew, in full, and most of what single moments show: a burst may leave the picture. */
function spanOf(values: readonly number[], now: readonly number[]): [number, number] {
  const ordered = [...now].sort((a, b) => a - b);
  const quantile = (share: number): number[] => {
    const value = ordered[Math.floor(share * (ordered.length - 1))];
    return value === undefined ? [] : [value];
  };
  const all = [...values, ...quantile(0.02), ...quantile(0.98)];
  if (all.length === 0) return [0, 1];
  const low = Math.min(...all);
  const high = Math.max(...all);
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

function evidencePanel({ evidence }: ChartSeries, x: Scale, top: number, rollbackAt: number): string {
  const logOf = (value: number): number => Math.log10(Math.min(1e12, Math.max(1e-2, value)));
  const high = Math.max(logOf(rollbackAt) + 0.5, ...evidence.map(({ value }) => logOf(value)));
  const y = linearScale(-2, high, top + HEADING + SMALL_PANEL - 10, top + HEADING);
  const ticks = roundTicks(-2, high, 4).filter(Number.isInteger);
  const texts = axisTexts([...ticks.map((tick) => 10 ** tick), rollbackAt]);
  const limit = y.place(logOf(rollbackAt));
  return [
    heading('evidence of harm (e-value, all guardrails together)', top),
    gridLines(y, texted(ticks, texts)),
    `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${limit}" y2="${limit}"/>`,
    `<text x="${WIDTH - RIGHT}" y="${limit - 5}" text-anchor="end">rolls back at ${texts[ticks.length] ?? ''}</text>`,
    `<path class="candidate" d="${pathOf(
      evidence.map(({ atMs, value }) => ({ at: atMs, value: logOf(value) })),
      x,
      y,
    )}"/>`,
  ].join('\n');
}

function weightPanel({ weights, endMs }: ChartSeries, x: Scale, top: number): string {
  const most = Math.max(1, ...weights.map(({ weight }) => weight));
  const bottom = top + HEADING + SMALL_PANEL - 10;
  const y = linearScale(0, most, bottom, top + HEADING);
  const weightTicks = roundTicks(0, most, 3);
  const corners = weights.map(({ atMs, weight }, index) => {
    const until = weights[index + 1]?.atMs ?? endMs;
    return `L${place(x, atMs)} ${place(y, weight)}L${place(x, until)} ${place(y, weight)}`;
  });
  const from = weights[0] === undefined ? '' : `M${place(x, weights[0].atMs)} ${bottom}`;
  return [
    heading('weight (percent of users who get the candidate)', top),
    gridLines(
      y,
      texted(
        weightTicks,
        weightTicks.map((value) => `${value} %`),
      ),
    ),
    `<path class="weight" d="${from}${corners.join('')}L${place(x, endMs)} ${bottom}Z"/>`,
  ].join('\n');
}

function timeAxis({ startMs, endMs }: ChartSeries, x: Scale, top: number): string {
  const unit = endMs - startMs > 3 * 3_600_000 ? 'h' : endMs - startMs > 3 * 60_000 ? 'min' : 's';
  const unitMs = unit === 'h' ? 3_600_000 : unit === 'min' ? 60_000 : 1000;
  const ticks = roundTicks(0, (endMs - startMs) / unitMs, 8);
  return [
    ...ticks.map(
      (tick) =>
        `<text x="${place(x, startMs + tick * unitMs)}" y="${top + 12}" text-anchor="middle">${tick} ${unit}</text>`,
    ),
    `<text x="${LEFT}" y="${top + 30}">since ${new Date(startMs).toISOString()}</text>`,
  ].join('\n');
}

function heading(text: string, top: number): string {
  return `<text class="heading" x="${LEFT}" y="${top + 22}">${escapeText(text)}</text>`;
}

function legend(top: number): string {
  const entry = (className: string, text: string, at: number): string =>
    `<line class="${className}" x1="${at}" x2="${at + 26}" y1="${top + 34}" y2="${top + 34}"/><text x="${at + 32}" y="${top + 38}">${text}</text>`;
  return [
    entry('control', 'control', LEFT),
    entry('candidate', 'candidate', LEFT + 100),
    `<rect class="band" x="${LEFT + 214}" y="${top + 28}" width="26" height="12"/><text x="${LEFT + 246}" y="${top + 38}">the candidate’s interval, valid at every look</text>`,
    entry('limit', 'margin', LEFT + 520),
    entry('candidate now', 'single moments, thin', LEFT + 612),
  ].join('');
}

interface Tick {
  readonly value: number;
  readonly text: string;
}

function texted(values: readonly number[], texts: readonly string[]): Tick[] {
  return values.map((value, index) => ({ value, text: texts[index] ?? '' }));
}

function gridLines(y: Scale, ticks: readonly Tick[]): string {
  return ticks
    .map(({ value, text }) => {
      const at = place(y, value);
      return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${escapeText(text)}</text>`;
    })
    .join('\n');
}

function pathOf(points: readonly { readonly at: number; readonly value: number | null }[], x: Scale, y: Scale): string {
  let isOpen = false;
  return points
    .map(({ at, value }) => {
      const step = value === null ? '' : `${isOpen ? 'L' : 'M'}${place(x, at)} ${place(y, value)}`;
      isOpen = value !== null;
      return step;
    })
    .join('');
}

/** The interval as one area for each stretch of time in which it is known. */
function bandOf(points: readonly MetricPoint[], x: Scale, y: Scale): string {
  const stretches: MetricPoint[][] = [[]];
  for (const point of points) {
    if (point.control === null || (point.lower === null && point.upper === null)) stretches.push([]);
    else stretches[stretches.length - 1]?.push(point);
  }
  return stretches
    .filter((stretch) => stretch.length > 0)
    .map((stretch) => {
      const upper = stretch.map(({ atMs, upper: value }) => `${place(x, atMs)} ${place(y, value ?? y.max)}`);
      const lower = stretch.map(({ atMs, lower: value }) => `${place(x, atMs)} ${place(y, value ?? y.min)}`).reverse();
      return `M${[...upper, ...lower].join('L')}Z`;
    })
    .join('');
}

function place(scale: Scale, value: number): number {
  return Math.round(scale.place(value) * 10) / 10;
}

function unitOf(metric: Metric): string {
  const { kind, event, threshold } = metric;
  if (kind === 'error_rate') return `share of '${event}' that failed`;
  if (kind === 'slower_than') return `share of '${event}' above ${String(threshold)}`;
  if (kind === 'mean_value') return `mean value of '${event}'`;
  return `${kind.replaceAll('_', ' ')} of '${event}'`;
}

function metricTicks(metric: Metric, values: readonly number[]): Tick[] {
  if (!isShare(metric)) return texted(values, axisTexts(values));
  return texted(
    values,
    axisTexts(values.map((value) => 100 * value)).map((text) => `${text} %`),
  );
}

/** Text as it may stand in SVG and HTML, between tags or in quotes. */
export function escapeText(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
      // Characters that XML cannot hold.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '�')
  );
}
