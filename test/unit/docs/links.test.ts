import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

/** Markdown files below a folder, in order. */
function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const pages = [
  join(root, 'README.md'),
  join(root, 'CONTRIBUTING.md'),
  join(root, 'SECURITY.md'),
  ...pagesIn(join(root, 'docs')),
];

/** A page without its code, in which brackets mean nothing. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8')
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');
}

/** Anchors that headings make, as GitHub does: lower case, punctuation dropped, blanks to hyphens. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(page, 'utf8')
    .replace(/^```.*?^```/gms, '')
    .matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

/** Targets of the page's links and pictures that are within the project. */
function relativeLinks(page: string): string[] {
  const targets = [...proseOf(page).matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** Why a link leads nowhere; null when it leads somewhere. */
function problemOf(page: string, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : resolve(dirname(page), decodeURIComponent(path));
  if (relative(root, target).startsWith('..')) return `${link} leads out of the project`;
  if (!existsSync(target)) return `${link} does not exist`;
  if (anchor === undefined || statSync(target).isDirectory() || !target.endsWith('.md')) return null;
  return anchorsOf(target).has(anchor) ? null : `${link} names no heading`;
}

describe('documentation', () => {
  it.each(pages.map((page) => relative(root, page)))('%s links only to what exists', (name) => {
    const page = join(root, name);
    const problems = relativeLinks(page).flatMap((link) => problemOf(page, link) ?? []);
    expect(problems).toEqual([]);
  });

  it('is reached from the README, page by page', () => {
    const reached = new Set<string>();
    const waiting = [join(root, 'README.md')];
    for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
      if (reached.has(page) || !existsSync(page)) continue;
      reached.add(page);
      const targets = relativeLinks(page).map((link) => resolve(dirname(page ?? ''), link.split('#')[0] ?? ''));
      waiting.push(...targets.filter((target) => target.endsWith('.md')));
    }
    const unreached = pages.filter((page) => !reached.has(page)).map((page) => relative(root, page));
    expect(unreached).toEqual([]);
  });
});
