import { HeadgateError } from '../../core/errors';
import type { EventSink } from '../context';
import type { ServerMetrics } from './server-metrics';

/** An event sink that counts what goes through it, and how long it takes until a batch is durable. */
export function countEvents(sink: () => EventSink, metrics: ServerMetrics): EventSink {
  return {
    async accept(environment, batch) {
      const stop = metrics.ingestSeconds.startTimer();
      metrics.ingestOpen.inc();
      try {
        const answer = await sink().accept(environment, batch);
        const { accepted, duplicate, ignored } = answer;
        metrics.ingestBatches.inc({ environment, result: duplicate ? 'duplicate' : 'accepted' });
        if (accepted > 0)
          metrics.ingestEvents.inc({ environment, result: duplicate ? 'repeated' : 'accepted' }, accepted);
        if (ignored > 0) metrics.ingestEvents.inc({ environment, result: 'ignored' }, ignored);
        stop();
        return answer;
      } catch (error) {
        metrics.ingestBatches.inc({ environment, result: error instanceof HeadgateError ? error.code : 'INTERNAL' });
        throw error;
      } finally {
        metrics.ingestOpen.dec();
      }
    },
  };
}
