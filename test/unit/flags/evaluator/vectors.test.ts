import type { EvaluationContext } from '@openfeature/core';
import { referenceBucket } from '../../../vectors/reference-hash';
import bucketing from '../../../vectors/bucketing.json';
import evaluation from '../../../vectors/evaluation.json';
import { bucketOf } from '../../../../flags/evaluator/bucket';
import { cellOf } from '../../../../flags/evaluator/cell';
import type { SdkFlag, SdkSegment } from '../../../../flags/evaluator/resolution';
import { compileSnapshot } from '../../../../flags/evaluator/snapshot';
import type { FlagType } from '../../../../flags/document/flag';

describe('bucketing vectors', () => {
  it('agree with a second implementation', () => {
    for (const { salt, key, ...expected } of bucketing.cases) {
      expect({ salt, key, ...referenceBucket(salt, key) }).toEqual({ salt, key, ...expected });
    }
  });

  it.each(bucketing.cases)('put "$salt:$key" into bucket $bucket, cell $cell', ({ salt, key, bucket, cell }) => {
    expect([bucketOf(salt, key), cellOf(key)]).toEqual([bucket, cell]);
  });
});

describe('evaluation vectors', () => {
  const flags = evaluation.flags as unknown as SdkFlag[];
  const segments = evaluation.segments as unknown as SdkSegment[];

  it.each(evaluation.cases)('$flag: $name', ({ flag, type, defaultValue, context, leases, expect: expected }) => {
    const snapshot = compileSnapshot({ flags, segments });
    if (leases === 'live') for (const [id, lease] of snapshot.leases) snapshot.setLease(id, lease.ttlMs);
    const { errorMessage, ...details } = snapshot.evaluate(
      flag,
      type as FlagType,
      defaultValue,
      context as EvaluationContext,
      0,
    );
    expect(details).toEqual(expected);
    expect(errorMessage === undefined).toBe(!('errorCode' in expected));
  });
});
