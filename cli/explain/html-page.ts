import type { TimelineLine } from '../api/answers';
import type { Explanation } from './explanation';
import { evidence, measured, percent } from '../render/numbers';
import { escapeText } from './svg-chart';

/** A page that stands for itself: the picture, and all its figures as text and tables. Nothing is loaded from anywhere. */
export function htmlPage({ title, outcome, reasons, metrics, timeline, notes }: Explanation, svg: string): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeText(title)}</h1>`,
    `<p>${escapeText(outcome)}</p>`,
    '<h2>Why</h2>',
    reasons.length === 0 ? '<p>No look has given a reason yet.</p>' : `<ul>${reasons.map(reasonItem).join('')}</ul>`,
    '<h2>Over time</h2>',
    `<figure tabindex="0" aria-label="Chart, scrolls sideways on small screens">${svg}</figure>`,
    '<h2>Figures at the end</h2>',
    table(
      [
        'metric',
        'control',
        'candidate',
        'harm',
        'harm at least',
        'harm at most',
        'margin',
        'evidence of harm',
        'safety',
      ],
      metrics.map((metric) => [
        metric.metric,
        measured(metric.control),
        measured(metric.candidate),
        measured(metric.harm),
        measured(metric.harmLower),
        measured(metric.harmUpper),
        measured(metric.margin),
        evidence(metric.harmEvidence),
        metric.safetyShown ? 'shown' : 'not shown',
      ]),
    ),
    '<h2>Transitions</h2>',
    table(['when', 'what', 'weight', 'who', 'why'], timeline.map(transitionRow)),
    ...(notes.length === 0
      ? []
      : ['<h2>Notes</h2>', `<ul>${notes.map((note) => `<li>${escapeText(note)}</li>`).join('')}</ul>`]),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

const STYLE = [
  'body{margin:0;background:#fff;color:#1a1a1a;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}',
  'main{max-width:62rem;margin:0 auto;padding:1.5rem}',
  'h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}',
  'figure{margin:0;overflow-x:auto}svg{max-width:100%;height:auto;min-width:44rem}',
  '.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}',
  'th,td{padding:.3rem .6rem;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}th{background:#f3f3f3}',
  'code{background:#f3f3f3;padding:0 .25em}',
].join('');

function reasonItem({ code, text, numbers = {} }: Explanation['reasons'][number]): string {
  const figures = Object.entries(numbers).map(([name, value]) => `${escapeText(name)} ${measured(value)}`);
  return `<li><code>${escapeText(code)}</code> ${escapeText(text)}${figures.length === 0 ? '' : ` <small>(${figures.join(', ')})</small>`}</li>`;
}

function transitionRow({ at, action, weight, actor, reason }: TimelineLine): string[] {
  const who = `${actor.name}${actor.verified ? '' : ' (unverified)'}`;
  return [at, action.replace('rollout.', ''), weight === undefined ? '–' : percent(weight), who, reason];
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = headings.map((text) => `<th scope="col">${escapeText(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeText(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
