import type { Comparison, Figures } from './compare';
import type { Spread } from './measure/statistics';

const MEGABYTE = 1024 ** 2;

/** Columns set to their widest cell; the first is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const ranged = ({ median, least, most }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;

const HEAD = [
  'Subject',
  'CPU ms/request (range)',
  'of first',
  'p50 ms',
  'p99 ms',
  'requests/s',
  'RSS MB',
  'answer kB',
];

function cells(figures: Figures): string[] {
  return [
    figures.name,
    ranged(figures.cpuMs, 2),
    `${figures.ratio.toFixed(2)}×`,
    figures.p50Ms.toFixed(1),
    figures.p99Ms.toFixed(1),
    figures.requestsPerSecond.median.toFixed(0),
    (figures.rss / MEGABYTE).toFixed(0),
    (figures.answerBytes / 1_000).toFixed(0),
  ];
}

/** The comparison for people, as a Markdown table. */
export function show({ title, requests, subjects }: Comparison): string {
  const apart = subjects.filter(({ same }) => !same);
  const together = subjects.filter(({ same }) => same);
  return [
    `## ${title}`,
    '',
    `${requests} requests a round. No two ask the same.`,
    '',
    table(HEAD, apart.map(cells)),
    '',
    'All clients ask the same at the same time, and Sluice shares what is in flight; the handlers share nothing.',
    '',
    table(HEAD, together.map(cells)),
    ...subjects.flatMap(({ name, hottest }) =>
      hottest === undefined
        ? []
        : [
            '',
            `Most CPU time of their own, ${name}:`,
            '',
            ...hottest.map((one) => `${(one.share * 100).toFixed(1).padStart(5)} %  ${one.name}`),
          ],
    ),
    '',
  ].join('\n');
}
