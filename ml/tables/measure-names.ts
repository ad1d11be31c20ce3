/** Measures of a change that models know by name, whatever a data set calls them. */
const ALIASES = {
  linesAdded: 'la linesadded addedlines additions insertions locadded addedloc added numlinesadded churnadded',
  linesDeleted:
    'ld linesdeleted deletedlines deletions linesremoved locdeleted deletedloc deleted removed numlinesdeleted',
  linesBefore: 'lt linestotal linesbefore locbefore filesize',
  files: 'nf files filescount fileschanged changedfiles numfiles modifiedfiles filesmodified',
  experience: 'exp aexp experience authorexperience developerexperience',
  recentExperience: 'rexp arexp recentexperience',
  subsystemExperience: 'sexp asexp subsystemexperience',
  developers: 'ndev developers numdevelopers developercount',
  uniqueChanges: 'nuc npt uniquechanges numuniquechanges',
} as const;

/** One of the measures. */
export type Measure = keyof typeof ALIASES;

const MEASURES = new Map(
  (Object.keys(ALIASES) as Measure[]).flatMap((measure) =>
    ALIASES[measure].split(' ').map((alias): [string, Measure] => [alias.toLowerCase(), measure]),
  ),
);

/** Which measure a column is, by its name without source, case and punctuation; undefined for any other column. */
export function measureOf(name: string): Measure | undefined {
  const own = name.slice(name.lastIndexOf('.') + 1);
  return MEASURES.get(own.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

/** Index of the first column of each measure among names. O(names). */
export function findMeasures(names: readonly string[]): Partial<Record<Measure, number>> {
  const found: Partial<Record<Measure, number>> = {};
  names.forEach((name, index) => {
    const measure = measureOf(name);
    if (measure !== undefined) found[measure] ??= index;
  });
  return found;
}
