import type { CausesAnswer } from '../api/answers';
import type { Style } from './style';
import { clean } from './text';

/** The causes of a lowering: the summary, each cause with its evidence, what was cleared and what could not be asked. */
export function causeLines({ summary, causes, cleared, missing }: CausesAnswer, style: Style): string[] {
  return [
    `  ${style.bold('why')}: ${clean(summary)}`,
    ...causes.flatMap(({ subject, strength, evidence }, index) => [
      `    ${index + 1}. ${clean(`${subject.kind} ${subject.name}`)} (${strength} evidence)`,
      ...evidence.map(({ code, text }) => style.dim(`       - ${code}: ${clean(text)}`)),
    ]),
    ...cleared.map(({ subject, evidence }) =>
      style.dim(`    cleared: ${clean(`${subject.kind} ${subject.name}`)}: ${clean(evidence.text)}`),
    ),
    ...missing.map((text) => style.dim(`    not asked: ${clean(text)}`)),
  ];
}
