import type { Impact } from '../../flags/lifecycle/impact';
import { percent } from './numbers';
import type { Style } from './style';
import { clean } from './text';

const RELATIONS: Readonly<Record<Impact['rollouts'][number]['relation'], string>> = {
  own: 'its own',
  dependent: 'of a flag that depends on it',
  shared: 'of a flag that shares a module or service with it',
};

/** What a change of a flag touches, one thing a line. */
export function impactLines(impact: Impact, style: Style): string[] {
  const { dependents, segments, modules, services, rollouts, canArchive } = impact;
  const part = (heading: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [style.bold(heading), ...lines.map((line) => `  ${line}`)];
  const shared = (all: Impact['modules']): string[] =>
    all.map(
      ({ name, flags }) => `${clean(name)}: ${flags.length === 0 ? 'no other flag' : flags.map(clean).join(', ')}`,
    );
  const archive = canArchive
    ? 'nothing depends on it: it can be archived'
    : dependents.length > 0
      ? 'it cannot be archived while flags depend on it'
      : 'it cannot be archived while its rollout is live';
  return [
    ...part(
      'flags that depend on it',
      dependents.map(
        ({ path, variants }) => `${path.map(clean).join(' → ')} (wants ${variants.map(clean).join(' or ')})`,
      ),
    ),
    ...part('modules', shared(modules)),
    ...part('services', shared(services)),
    ...part(
      'segments',
      segments.map(({ path }) => path.map(clean).join(' → ')),
    ),
    ...part(
      'live rollouts',
      rollouts.map(
        ({ rolloutId, candidate, weight, arms = [{ variant: candidate, weight }], relation }) =>
          `${clean(rolloutId)}: ${arms.map((arm) => `${clean(arm.variant)} at ${percent(arm.weight)}`).join(', ')}, ${RELATIONS[relation]}`,
      ),
    ),
    archive,
  ];
}
