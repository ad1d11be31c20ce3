/** One line of a rollout's story, as the API tells it. */
export interface TimelineLine {
  readonly at: string;
  readonly action: string;
  readonly transition?: number;
  readonly weight?: number;
  readonly reason: string;
  readonly notApplied?: readonly { readonly transition: number }[];
}

/** What the demo reads of a rollout. */
export interface RolloutView {
  readonly rolloutId: string;
  readonly phase: string;
  readonly weight: number;
  readonly waitingFor: string | null;
  readonly summary: string;
  readonly webUrl?: string;
}

/** A flag as far as the demo reads it back. */
export interface FlagView {
  readonly defaultVariant: string;
  readonly rollout?: { readonly id: string };
}

/** A small client of Headgate's HTTP API that waits out a server that is just being restarted. */
export class DemoApi {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Sends one request; connection trouble and 5xx are tried again for half a minute. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const giveUpAt = Date.now() + 30_000;
    for (;;) {
      try {
        const response = await fetch(`${this.url}${path}`, {
          method,
          headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(10_000),
        });
        const text = await response.text();
        if (response.ok) return JSON.parse(text) as T;
        if (response.status < 500) throw new Refusal(`${method} ${path}: ${response.status} ${text}`);
      } catch (error) {
        if (error instanceof Refusal) throw error;
        if (Date.now() > giveUpAt) throw error;
      }
      if (Date.now() > giveUpAt) throw new Error(`${method} ${path} got no answer for 30 s`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

class Refusal extends Error {}
