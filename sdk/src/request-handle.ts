/** A request under way. */
export interface RequestHandle {
  /** Reports the request's duration, once; further calls do nothing. */
  end(result?: { readonly error?: boolean }): void;
}
