import type { Kind } from '../traces/trace';
import type { Figure, Summary } from './summary';

const SHORT: Readonly<Partial<Record<Kind, string>>> = {
  aa_clean: 'clean',
  aa_overdispersed: 'overdispersed',
  aa_incident: 'incident',
  aa_coldstart: 'cold start',
  improve: 'improved',
  'err_x1.5': 'errors ×1.5',
  err_x2: '×2',
  err_x5: '×5',
  'lat_+10%': 'latency +10 %',
  'lat_+25%': '+25 %',
  'lat_+50%': '+50 %',
  tail_p99: 'tail',
};

/** One judge's name and figures. */
export interface NamedSummary {
  readonly name: string;
  readonly summary: Summary;
}

/** A Markdown table of all judges: good kinds by false rollbacks, bad ones by power, median minutes and median bad requests. */
export function markdownTable(rows: readonly NamedSummary[]): string {
  const first = rows[0]?.summary;
  if (first === undefined) return '';
  const goods = Object.keys(first.good) as Kind[];
  const bads = Object.keys(first.bad) as Kind[];
  const header = ['judge', 'false rollback', ...goods.map(title), 'power', 'mean minutes', ...bads.map(title)];
  const lines = rows.map(({ name, summary }) => [
    name,
    percent(summary.falseRollback),
    ...goods.map((kind) => `${round(100 * (summary.good[kind]?.rolledBack.value ?? 0), 1)}`),
    percent(summary.power),
    interval(summary.meanMinutes, 1),
    ...bads.map((kind) => {
      const row = summary.bad[kind];
      if (row === undefined) return '–';
      const minutes = row.medianMinutes === null ? '–' : `${row.medianMinutes} min`;
      return `${round(100 * row.power.value, 0)} %, ${minutes}, ${row.medianBadRequests}`;
    }),
  ]);
  return [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A Markdown table of what else good and bad candidates met: narrowing and promotion. */
export function pathsTable(rows: readonly NamedSummary[]): string {
  const lines = rows.map(({ name, summary }) => [name, percent(summary.falseNarrow), percent(summary.falsePromotion)]);
  const header = ['judge', 'false narrows (good kinds)', 'promotions of bad kinds'];
  return [header, header.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function title(kind: Kind): string {
  return SHORT[kind] ?? kind;
}

function percent({ value, low, high }: Figure): string {
  return `${round(100 * value, 1)} % (${round(100 * low, 1)}–${round(100 * high, 1)})`;
}

function interval({ value, low, high }: Figure, digits: number): string {
  return `${round(value, digits)} (${round(low, digits)}–${round(high, digits)})`;
}

function round(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}
