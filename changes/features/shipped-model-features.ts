import type { ChangeMeasures } from '../measures/change-measures';
import type { FeatureValues } from './assemble';

const CHANGE = 'change.';

/**
 * A change in the terms of the data that the shipped model has learned from (Zeng et al., ISSTA 2021), whose columns
 * carry the names of Kamei's measures but count changes of files, this change included.
 */
export function shippedModelFeatures(measures: ChangeMeasures): Readonly<Record<string, number | null>> {
  const { ns, nd, nf, entropy, la, ld, lt, fix, age } = measures;
  return {
    ns,
    nd,
    nf,
    entropy,
    la,
    ld,
    lt,
    fix,
    ndev: measures.fileDevelopers,
    age,
    nuc: measures.fileChanges,
    exp: measures.authorFileChanges,
    rexp: measures.recentAuthorFileChanges,
    sexp: measures.authorFilesInSubsystems,
  };
}

/** The same from values named as in the catalogue; what is not among them is left out. */
export function shippedFeaturesOfCatalogue(values: FeatureValues): FeatureValues {
  const known = Object.entries(values).filter(([name]) => name.startsWith(CHANGE));
  const measures = Object.fromEntries(known.map(([name, value]) => [name.slice(CHANGE.length), value]));
  const features = shippedModelFeatures(measures as unknown as ChangeMeasures);
  return Object.fromEntries(Object.entries(features).filter(([, value]) => value !== undefined));
}
