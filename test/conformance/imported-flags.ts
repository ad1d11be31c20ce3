import type { EvaluationContext } from '@openfeature/core';
import { FlagDefinition } from '../../flags/document/flag';
import { validateFlag, validateSegment, type References } from '../../flags/document/validate-flag';
import type { Details, SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';
import { compileSnapshot, type AllCompiled } from '../../flags/evaluator/snapshot';
import type { Imported } from '../../flags/import/imported';

/** A flag as SDKs are sent it. */
export function sdkFlagOf(definition: FlagDefinition): SdkFlag {
  return {
    ...definition,
    _id: `test/${definition.key}`,
    environment: 'test',
    salt: definition.salt ?? definition.key,
    revision: 1,
  };
}

/** An import as an evaluator sees it, checked as the server would check it before it is stored. */
export class ImportedFlags {
  readonly problems: readonly string[];
  private readonly snapshot: AllCompiled;

  constructor(private readonly imported: Imported) {
    const flags = imported.flags.map((flag) => FlagDefinition.parse(flag));
    const segments: SdkSegment[] = imported.segments.map(({ key, if: condition }) => ({
      key,
      if: condition,
      revision: 1,
    }));
    const references: References = {
      flag: (key) => flags.find((flag) => flag.key === key),
      segment: (key) => segments.find((segment) => segment.key === key),
    };
    this.problems = [
      ...flags.flatMap((flag) =>
        validateFlag(flag, references).map((issue) => `${flag.key}: ${issue.field} ${issue.message}`),
      ),
      ...segments.flatMap((segment) =>
        validateSegment(segment, references).map(({ field, message }) => `${segment.key}: ${field} ${message}`),
      ),
    ];
    // What was imported crosses the wire before it is evaluated.
    const sent = JSON.parse(JSON.stringify({ flags: flags.map(sdkFlagOf), segments })) as {
      flags: SdkFlag[];
      segments: SdkSegment[];
    };
    this.snapshot = compileSnapshot(sent);
  }

  flag(key: string): FlagDefinition | undefined {
    return this.imported.flags.find((flag) => flag.key === key);
  }

  /** Why a flag was left out; undefined when it was not. */
  whyLeftOut(key: string): string | undefined {
    return this.imported.notes.find(({ kind, item }) => kind === 'left_out' && item === `features.${key}`)?.message;
  }

  /** The name that a variant of the source has here. */
  renamed(key: string, variant: string): string {
    const pattern = new RegExp(`^variant '(.*)' is named '(.*)' here$`);
    for (const { item, message } of this.imported.notes) {
      const match = item.startsWith(`features.${key}.`) ? pattern.exec(message) : null;
      if (match?.[2] === variant) return match[1] ?? variant;
    }
    return variant;
  }

  evaluate(key: string, context: EvaluationContext): Details {
    const type = this.flag(key)?.type ?? 'boolean';
    return this.snapshot.resolve(key, type, context, 0).details;
  }
}
