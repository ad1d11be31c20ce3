package dev.headgate.standin;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Lets a follower of changes who knows all of them wait for the next, up to the {@code maxTimeMS} of its request, as a real
 * server does. As shipped, a change stream without news is answered at once, and its follower asks again without end.
 *
 * <p>One for each connection: drivers send one request at a time on each, and await its answer.
 */
final class AwaitedChanges extends ChannelInboundHandlerAdapter {
    /** How far followers know the changes, by cursor: the count of changes at which it was last told that there are no more. */
    static final class Known {
        private final Map<Long, Long> counts = new ConcurrentHashMap<>();
        private final Map<Long, AwaitedChanges> waiting = new ConcurrentHashMap<>();

        /** Takes note of an answer to a cursor, and of the count of changes before it was made. */
        void answered(Document request, Document reply, long count) {
            if (!(request.get("getMore") instanceof Number cursor) || !request.containsKey("maxTimeMS")) {
                return;
            }
            boolean isEmpty = reply.get("cursor") instanceof Document answer
                    && answer.get("nextBatch") instanceof Collection<?> batch
                    && batch.isEmpty();
            if (isEmpty) {
                counts.put(cursor.longValue(), count);
            } else {
                counts.remove(cursor.longValue());
            }
        }

        private void forget(Collection<?> cursors) {
            for (Object cursor : cursors) {
                counts.remove(cursor);
                AwaitedChanges waiter = waiting.remove(cursor);
                if (waiter != null) {
                    waiter.release();
                }
            }
        }
    }

    private final FollowedOplog log;
    private final Known known;

    /** Passes the request on that is waiting, whoever asks for it first. */
    private volatile Runnable held;

    AwaitedChanges(FollowedOplog log, Known known) {
        this.log = log;
        this.known = known;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof MongoMessage request)) {
            ctx.fireChannelRead(message);
            return;
        }
        Document command = request.getDocument();
        if (!(command.get("getMore") instanceof Number cursor)
                || !(command.get("maxTimeMS") instanceof Number maxTimeMs)
                || !known.counts.containsKey(cursor.longValue())) {
            ctx.fireChannelRead(message);
            // After they are gone, so that who waits for them is told so.
            if (command.get("cursors") instanceof Collection<?> killed && command.containsKey("killCursors")) {
                known.forget(killed);
            }
            return;
        }
        hold(ctx, request, cursor.longValue(), maxTimeMs.longValue());
    }

    private void hold(ChannelHandlerContext ctx, MongoMessage request, long cursor, long maxTimeMs) {
        String namespace = namespaceOf(request.getDocument());
        Runnable wake = this::release;
        Future<?> timer = ctx.executor().schedule(wake, maxTimeMs, TimeUnit.MILLISECONDS);
        Runnable passOn = () -> {
            timer.cancel(false);
            log.forget(namespace, wake);
            known.waiting.remove(cursor, this);
            if (ctx.channel().isActive()) {
                ctx.fireChannelRead(request);
            }
        };
        held = () -> ctx.executor().execute(passOn);
        known.waiting.put(cursor, this);
        log.onMoreThan(known.counts.getOrDefault(cursor, -1L), namespace, wake);
    }

    private void release() {
        Runnable released;
        synchronized (this) {
            released = held;
            held = null;
        }
        if (released != null) {
            released.run();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        release();
        ctx.fireChannelInactive();
    }

    static String namespaceOf(Document getMore) {
        return getMore.get("$db") + "." + getMore.get("collection");
    }
}
