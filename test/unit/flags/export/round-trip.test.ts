import { FlagdCore } from '@openfeature/flagd-core';
import type { EvaluationContext } from '@openfeature/core';
import fc from 'fast-check';
import { segmentsIn } from '../../../../flags/evaluator/references';
import { exportFlagd } from '../../../../flags/export/flagd';
import { exportGrowthBook } from '../../../../flags/export/growthbook';
import { exportUnleash } from '../../../../flags/export/unleash';
import type { Exported, ExportSource } from '../../../../flags/export/exported';
import { importFlagd } from '../../../../flags/import/flagd';
import { FlagdDefinition } from '../../../../flags/import/flagd-definition';
import { importGrowthBook } from '../../../../flags/import/growthbook';
import { GrowthBookPayload } from '../../../../flags/import/growthbook-payload';
import type { Imported, ImportNote } from '../../../../flags/import/imported';
import { importUnleash } from '../../../../flags/import/unleash';
import { UnleashState } from '../../../../flags/import/unleash-state';
import { ImportedFlags } from '../../../conformance/imported-flags';
import { anyContext, exportable, typedContext } from '../../../support/exportable-flags';
import '../../../support/property-seed';

const asSent = (document: unknown): unknown => JSON.parse(JSON.stringify(document));

/** Whether nothing was told of a flag, or of what it depends on, but what has no part in an evaluation. */
function isFaithful(key: string, { flags, segments }: ExportSource, notes: readonly ImportNote[]): boolean {
  const parents = flags.find((flag) => flag.key === key)?.prerequisites.map(({ flag }) => flag) ?? [];
  const involved = flags.filter((flag) => flag.key === key || parents.includes(flag.key));
  const named = involved.flatMap(({ rules }) => rules.flatMap((rule) => segmentsIn(rule.if)));
  const within = segments.flatMap((segment) => (named.includes(segment.key) ? segmentsIn(segment.if) : []));
  const items = notes.filter(({ kind }) => kind !== 'noted').map(({ item }) => item.split('.'));
  return !items.some(([room, name = '']) =>
    [...(room === 'segments' ? [...named, ...within] : [key, ...parents])].includes(name),
  );
}

/** Compares what is served here with what another reader of the document serves, flag by flag; counts what was compared. */
function compared(
  source: ExportSource,
  notes: readonly ImportNote[],
  contexts: readonly EvaluationContext[],
  there: (key: string, context: EvaluationContext) => unknown,
): number {
  const here = new ImportedFlags({ ...source, notes: [] });
  const keys = source.flags.map(({ key }) => key).filter((key) => isFaithful(key, source, notes));
  for (const key of keys) {
    for (const context of contexts) {
      expect([key, context, there(key, context)]).toEqual([key, context, here.evaluate(key, context).value]);
    }
  }
  return keys.length;
}

function roundTrip<Document>(
  context: fc.Arbitrary<Record<string, unknown>>,
  make: (source: ExportSource) => Exported<Document>,
  read: (document: unknown) => Imported,
  valueOf: (served: { value: unknown; variant?: string | undefined }, source: ExportSource, key: string) => unknown,
): number {
  let count = 0;
  fc.assert(
    fc.property(exportable, fc.array(context, { minLength: 8, maxLength: 8 }), (source, contexts) => {
      const { document, notes } = make(source);
      const imported = read(asSent(document));
      const flags = new ImportedFlags(imported);
      expect(flags.problems).toEqual([]);
      const all = [...notes, ...imported.notes];
      count += compared(source, all, contexts as EvaluationContext[], (key, where) =>
        valueOf(flags.evaluate(key, where), source, key),
      );
    }),
    { numRuns: 300 },
  );
  return count;
}

describe('what is exported and imported again serves the same, where nothing was told', () => {
  it('by way of flagd', () => {
    const count = roundTrip(
      anyContext,
      exportFlagd,
      (document) => importFlagd(FlagdDefinition.parse(document)),
      ({ value }) => value,
    );
    expect(count).toBeGreaterThan(80);
  });

  it('by way of GrowthBook', () => {
    const count = roundTrip(
      anyContext,
      exportGrowthBook,
      (document) => importGrowthBook(GrowthBookPayload.parse(document)),
      ({ value }) => value,
    );
    expect(count).toBeGreaterThan(80);
  });

  it('by way of Unleash, whose attributes are texts', () => {
    const count = roundTrip(
      typedContext,
      exportUnleash,
      (document) => importUnleash(UnleashState.parse(document)),
      // 'Not enabled' of a flag with values is the caller's own default.
      ({ value, variant }, source, key) => {
        const isBoolean = source.flags.find((flag) => flag.key === key)?.type === 'boolean';
        return !isBoolean && variant === 'off' ? undefined : value;
      },
    );
    expect(count).toBeGreaterThan(80);
  });
});

describe('what flagd itself makes of an export', () => {
  const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

  it('is what is served here, whatever the types of the attributes', () => {
    let count = 0;
    fc.assert(
      fc.property(exportable, fc.array(anyContext, { minLength: 8, maxLength: 8 }), (source, contexts) => {
        const { document, notes } = exportFlagd(source);
        const core = new FlagdCore(undefined, silent);
        core.setConfigurations(JSON.stringify(document));
        count += compared(source, notes, contexts as EvaluationContext[], (key, context) => {
          const flag = core.getFlag(key);
          expect(flag).toBeDefined();
          if (document.flags[key]?.state === 'DISABLED') return undefined;
          return flag?.evaluate(context, silent).value;
        });
      }),
      { numRuns: 300 },
    );
    expect(count).toBeGreaterThan(80);
  });
});
