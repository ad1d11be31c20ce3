/** One way of looking at a series. It sees each point once, in time order, and keeps a bounded memory. */
export interface View {
  /**
   * How far the newest point is from what this view expects; then learns it.
   *
   * @param value - finite, in the series' own unit
   * @param atMs - its instant, milliseconds since the epoch
   * @returns at least 0, on a scale of the view's own; null while it knows too little
   */
  see(value: number, atMs: number): number | null;
}
