/** The part of the tree that stands for a subsystem: the first folder, or the root itself (Kamei et al. 2013). */
export function subsystemOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** The folder that a file lies in; empty for the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
