/**
 * Fills in the expected values of new bucketing cases: `npx tsx test/vectors/fill.ts`. A committed value is never
 * changed: moving a bucket would move real users, so a difference ends with exit code 1 and nothing written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceBucket } from './reference-hash';

interface Case {
  salt: string;
  key: string;
  hash?: number;
  bucket?: number;
  cell?: number;
}

const path = join(__dirname, 'bucketing.json');
const vectors = JSON.parse(readFileSync(path, 'utf8')) as { description: string; cases: Case[] };
const differences: string[] = [];
let filled = 0;
for (const vector of vectors.cases) {
  for (const [name, value] of Object.entries(referenceBucket(vector.salt, vector.key)) as ['hash', number][]) {
    if (vector[name] === undefined) {
      vector[name] = value;
      filled += 1;
    } else if (vector[name] !== value) {
      differences.push(`${vector.salt}:${vector.key}: ${name} is ${vector[name]}, computed ${value}`);
    }
  }
}
if (differences.length > 0) {
  process.stderr.write(`Nothing written; committed values differ:\n${differences.join('\n')}\n`);
  process.exitCode = 1;
} else {
  if (filled > 0) writeFileSync(path, `${JSON.stringify(vectors, null, 2)}\n`);
  process.stdout.write(`${vectors.cases.length} cases, ${filled} values filled in\n`);
}
