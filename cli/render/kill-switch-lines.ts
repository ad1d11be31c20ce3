import type { KillSwitchAnswer } from '../api/answers';
import type { Style } from './style';
import { clean } from './text';

/** A warning where the kill switch is on; nothing while it is off. */
export function killSwitchWarning(answer: KillSwitchAnswer, style: Style): string[] {
  return answer.on ? [style.red(sentence(answer))] : [];
}

/** How the kill switch of an environment stands. */
export function killSwitchLines(answer: KillSwitchAnswer, style: Style): string[] {
  return [answer.on ? style.red(sentence(answer)) : sentence(answer)];
}

function sentence({ environment, on, lastChange }: KillSwitchAnswer): string {
  if (lastChange === null) return `the kill switch of ${environment} is off, and was never used`;
  const { at, actor, reason } = lastChange;
  const effect = on ? ': every flag answers as when it is off' : '';
  return `the kill switch of ${environment} is ${on ? 'on' : 'off'} since ${at}, by ${clean(actor.name)} (${clean(reason)})${effect}`;
}
