import { escapeText } from '../../../cli/explain/svg-chart';
import type { Curve, CurvePoint } from './curves';

const WIDTH = 860;
const HEIGHT = 520;
const LEFT = 64;
const RIGHT = 236;
const TOP = 44;
const BOTTOM = 56;
/** False shares below this are drawn at it. */
const LEAST = 0.001;
/** Colours told apart by people who see colours differently (Okabe and Ito 2008), then greys. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#999999', '#666666', '#333333'];
const DASHES = ['', '7 4', '2 3', '10 3 2 3', '4 2', '1 4'];

/** Time to a decision against false rollbacks: lower left is better. Lines are settings, rings the documented one. */
export function plotCurves(title: string, curves: readonly Curve[], isOurs: (name: string) => boolean): string {
  const lines = curves.flatMap((curve, index) => curveLines(curve, index, isOurs(curve.name)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeText(title)}</title>`,
    `<desc id="desc">${escapeText(describe(curves))}</desc>`,
    '<style>text{font:12px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd}.heading{font-size:14px;font-weight:600}</style>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text class="heading" x="${LEFT}" y="22">${escapeText(title)}</text>`,
    ...axes(),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

function describe(curves: readonly Curve[]): string {
  return curves
    .map(
      ({ name, stock }) =>
        `${name}: ${(100 * stock.falseRollback).toFixed(1)} % false, ${stock.meanMinutes.toFixed(1)} minutes`,
    )
    .join('; ');
}

function axes(): string[] {
  const shares = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
  const minutes = [0, 20, 40, 60, 80, 100, 120];
  return [
    ...shares.map((share) => {
      const x = placeX(share);
      const text = share === LEAST ? '≤ 0.1 %' : `${Number((100 * share).toPrecision(2))} %`;
      return `<line class="grid" x1="${x}" x2="${x}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${x}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${text}</text>`;
    }),
    ...minutes.map((value) => {
      const y = placeY(value);
      return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${value}</text>`;
    }),
    `<text x="${LEFT}" y="${HEIGHT - 14}">good rollouts rolled back (log scale); up: mean minutes until a bad one is (missed: to the horizon)</text>`,
  ];
}

function curveLines({ name, points, stock }: Curve, index: number, ours: boolean): string[] {
  const colour = COLOURS[index % COLOURS.length];
  const dash = ours ? '' : DASHES[index % DASHES.length];
  const width = ours ? 3.5 : 1.6;
  const path = [...points]
    .sort((a, b) => a.falseRollback - b.falseRollback || b.meanMinutes - a.meanMinutes)
    .map((point, position) => `${position === 0 ? 'M' : 'L'}${place(point)}`)
    .join('');
  const [x, y] = place(stock).split(' ');
  const legendY = TOP + 14 + index * 24;
  const legendX = WIDTH - RIGHT + 18;
  return [
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>`,
    `<circle cx="${x}" cy="${y}" r="${ours ? 6 : 4}" fill="${ours ? colour : '#fff'}" stroke="${colour}" stroke-width="2"/>`,
    `<line x1="${legendX}" x2="${legendX + 30}" y1="${legendY}" y2="${legendY}" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>`,
    `<text x="${legendX + 38}" y="${legendY + 4}"${ours ? ' font-weight="700"' : ''}>${escapeText(name)}</text>`,
  ];
}

function place({ falseRollback, meanMinutes }: CurvePoint): string {
  return `${placeX(falseRollback)} ${placeY(meanMinutes)}`;
}

function placeX(share: number): number {
  const at = Math.log10(Math.max(LEAST, share) / LEAST) / Math.log10(1 / LEAST);
  return Math.round((LEFT + at * (WIDTH - RIGHT - LEFT)) * 10) / 10;
}

function placeY(minutes: number): number {
  return Math.round((HEIGHT - BOTTOM - (minutes / 120) * (HEIGHT - BOTTOM - TOP)) * 10) / 10;
}
