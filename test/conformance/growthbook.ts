import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationContext } from '@openfeature/core';
import type { FlagDefinition } from '../../flags/document/flag';
import { validateForeign } from '../../flags/document/validate-foreign';
import { compileForeignBucket } from '../../flags/evaluator/foreign/bucket';
import { importGrowthBook } from '../../flags/import/growthbook';
import { GrowthBookPayload } from '../../flags/import/growthbook-payload';
import { bucketRanges, equalWeights } from '../../flags/import/growthbook-ranges';
import { ImportedFlags } from './imported-flags';
import { compared, type CaseResult, type Suite } from './suite';

type Members = Record<string, unknown>;
type Cases = Record<string, readonly (readonly unknown[])[]>;

/** What a client is told by its page or its operator, beside the payload: no flag on a server knows any of it. */
const CLIENT_ONLY: Readonly<Record<string, string>> = {
  forcedVariations: 'variations forced in a client are no part of a flag',
  forcedFeatureValues: 'values forced in a client are no part of a flag',
  qaMode: 'the quality-assurance mode is a switch of the client',
  enabled: 'switching a client off is no part of a flag',
  url: 'the address of a page is no attribute that flags are evaluated by',
};

const GROUPS_SKIPPED: Readonly<Record<string, string>> = {
  getQueryStringOverride: 'variations forced by the address of a page are no part of a flag',
  decrypt: 'payloads are decrypted before they are imported',
  stickyBucket: 'no bucket is remembered between evaluations: a bucket depends on salt and key alone',
  urlRedirect: 'experiments on pages are no flags',
};

function attributesOf(context: Members): EvaluationContext {
  return (context['attributes'] ?? {}) as EvaluationContext;
}

function clientOnly(context: Members): string | undefined {
  return Object.entries(CLIENT_ONLY).find(([name]) => name in context)?.[1];
}

/** A condition as the rule of a feature: what holds is whether the rule decides. */
function evalCondition([name, condition, attributes, expected, savedGroups = {}]: readonly unknown[]): CaseResult {
  const rules = [{ condition, force: true }];
  const payload = { features: { feature: { defaultValue: false, rules } }, savedGroups };
  const flags = imported(payload);
  const lost = validateForeign({ query: condition as never }, 'if');
  if (lost.length > 0) return { name: String(name), outcome: 'failed', why: JSON.stringify(lost) };
  return compared(String(name), flags.evaluate('feature', attributes as EvaluationContext).value, expected);
}

/** The hash, found out by asking for its bucket alone. */
function hash([seed, value, version, expected]: readonly unknown[]): CaseResult {
  const name = `${String(seed)}/${String(value)}/${String(version)}`;
  if (version !== 1 && version !== 2) {
    const rule = { variations: ['a', 'b'], hashVersion: version };
    const { variant } = imported({ features: { f: { rules: [rule] } } }).evaluate('f', { id: String(value) });
    return compared(name, variant ?? null, expected);
  }
  const bucket = Number(expected);
  const isIn = compileForeignBucket({
    hash: version === 1 ? 'growthbook_1' : 'growthbook_2',
    seed: String(seed),
    attributes: ['id'],
    size: 1,
    ranges: [[bucket - 1e-9, bucket + 1e-9]],
  });
  return compared(name, isIn({ id: String(value) }), true);
}

function getBucketRange([name, [count, coverage, weights], expected]: readonly [
  string,
  readonly [number, number, number[] | null],
  number[][],
]): CaseResult {
  const rounded = bucketRanges(count, coverage, weights ?? undefined).map((range) =>
    range.map((edge) => Math.round(edge * 1e6) / 1e6),
  );
  return compared(name, rounded, expected);
}

/** A variation that was chosen, by the rules of an experiment with these ranges; −1 where none decides. */
function chooseVariation([name, n, ranges, expected]: readonly [
  string,
  number,
  [number, number][],
  number,
]): CaseResult {
  return compared(
    name,
    ranges.findIndex(([from, to]) => n >= from && n < to),
    expected,
  );
}

function inNamespace([name, id, namespace, expected]: readonly unknown[]): CaseResult {
  const rules = [{ variations: [true, true], namespace, coverage: 1, weights: [0.5, 0.5] }];
  const flags = imported({ features: { f: { defaultValue: false, rules } } });
  return compared(String(name), flags.evaluate('f', { id: String(id) }).value, expected);
}

/** Every feature of the payload imported, one of them evaluated. */
function feature([name, context, key, expected]: readonly [string, Members, string, Members]): CaseResult {
  const skip = clientOnly(context);
  if (skip !== undefined) return { name, outcome: 'skipped', why: skip };
  const flags = imported({ features: {}, ...context });
  const why = flags.whyLeftOut(key);
  if (why !== undefined) return { name, outcome: 'skipped', why };
  if (flags.problems.length > 0) return { name, outcome: 'failed', why: flags.problems.join('; ') };
  const { value = null, variant } = flags.evaluate(key, attributesOf(context));
  const isOn = Boolean(value);
  const actual = { value, on: isOn, off: !isOn };
  const wanted = { value: expected['value'], on: expected['on'], off: expected['off'] };
  if (variant === undefined && value !== null) return { name, outcome: 'failed', why: 'a value without a variant' };
  return compared(name, actual, wanted);
}

/** An experiment written in code, as the feature that would run it. */
function run([name, context, experiment, value, inExperiment]: readonly [
  string,
  Members,
  Members,
  unknown,
  boolean,
]): CaseResult {
  const skip = clientOnly(context);
  if (skip !== undefined) return { name, outcome: 'skipped', why: skip };
  if ('force' in experiment)
    return { name, outcome: 'skipped', why: 'variations forced in code are no part of a flag' };
  if ('url' in experiment) return { name, outcome: 'skipped', why: 'experiments on pages are no flags' };
  const variations = experiment['variations'] as FlagDefinition['variants'][string][];
  const key = 'experiment';
  const features = { ...(context['features'] as Members), [key]: { defaultValue: variations[0], rules: [experiment] } };
  const flags = imported({ ...context, features });
  const why = flags.whyLeftOut(key);
  if (why !== undefined) return { name, outcome: 'skipped', why };
  const details = flags.evaluate(key, attributesOf(context));
  return compared(name, [details.value, details.reason === 'TARGETING_MATCH'], [value, inExperiment]);
}

function imported(payload: Members): ImportedFlags {
  return new ImportedFlags(importGrowthBook(GrowthBookPayload.parse(payload)));
}

function runGroup(group: string, cases: readonly (readonly unknown[])[]): CaseResult[] {
  const skipped = GROUPS_SKIPPED[group];
  if (skipped !== undefined) {
    return cases.map(([name]) => ({ name: String(name).slice(0, 60), outcome: 'skipped', why: skipped }));
  }
  return cases.map((one) => {
    try {
      return runCase(group, one);
    } catch (error) {
      return { name: String(one[0]), outcome: 'failed', why: String(error) };
    }
  });
}

function runCase(group: string, one: readonly unknown[]): CaseResult {
  switch (group) {
    case 'evalCondition':
      return evalCondition(one);
    case 'hash':
      return hash(one);
    case 'getBucketRange':
      return getBucketRange(one as never);
    case 'chooseVariation':
      return chooseVariation(one as never);
    case 'inNamespace':
      return inNamespace(one);
    case 'getEqualWeights': {
      const [count, expected] = one as [number, number[]];
      return compared(
        `${count} variations`,
        equalWeights(count).map((weight) => Math.round(weight * 1e8) / 1e8),
        expected,
      );
    }
    case 'feature':
    case 'contextualBandit':
      return feature(one as never);
    case 'run':
      return run(one as never);
    default:
      return { name: String(one[0]), outcome: 'skipped', why: `group '${group}' is not known here` };
  }
}

/** GrowthBook's cases: conditions and features imported and evaluated, drawn by GrowthBook's own hashes. */
export const growthBookSuite: Suite = {
  name: 'GrowthBook cases',
  folder: 'growthbook',
  async run(folder) {
    const { specVersion: _, ...groups } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Cases;
    return Object.entries(groups).flatMap(([group, cases]) =>
      runGroup(group, cases).map((result) => ({ ...result, name: `${group}: ${result.name}` })),
    );
  },
};
