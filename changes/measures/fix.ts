const FIX =
  /(?<![\w-])(fix(e[sd]|ing)?|hot-?fix|bug-?fix(es)?|bugs?|defects?|faults?|regressions?|repair(s|ed)?|closes? #\d+|resolves? #\d+)(?![\w-])/i;

/**
 * Whether a commit's message says that it mends something: the keyword rule of Mockus and Votta (2000), as Kamei et al.
 * (2013) use it.
 */
export function isFix(message: string): boolean {
  return FIX.test(message);
}
