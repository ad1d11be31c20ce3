package dev.headgate.standin;

import de.bwaldvogel.mongo.backend.Cursor;
import de.bwaldvogel.mongo.backend.aggregation.Aggregation;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Logs the changes of collections that somebody has followed since the start, and of no others: each read of a change stream reads
 * the whole log, and most writes are to collections that nobody follows. Counts them as well, so that a follower who knows
 * all of them need not ask again before there is another.
 */
final class FollowedOplog implements Oplog {
    private final Oplog log;

    /** How many committed changes each followed namespace has had. */
    private final Map<String, Long> counts = new ConcurrentHashMap<>();

    /** What waits for the next change of a namespace. */
    private final Map<String, Set<Runnable>> waiting = new ConcurrentHashMap<>();

    /** Namespaces that the command of this thread has changed and not committed yet. */
    private final ThreadLocal<Set<String>> uncommitted = ThreadLocal.withInitial(HashSet::new);

    /** @param log where the changes go */
    FollowedOplog(Oplog log) {
        this.log = log;
    }

    @Override
    public void handleInsert(String namespace, List<Document> documents) {
        if (counts.containsKey(namespace)) {
            log.handleInsert(namespace, documents);
            uncommitted.get().add(namespace);
        }
    }

    @Override
    public void handleUpdate(String namespace, Document selector, Document query, List<Object> modifiedIds) {
        if (counts.containsKey(namespace)) {
            log.handleUpdate(namespace, selector, query, modifiedIds);
            uncommitted.get().add(namespace);
        }
    }

    @Override
    public void handleDelete(String namespace, Document query, List<Object> deletedIds) {
        if (counts.containsKey(namespace)) {
            log.handleDelete(namespace, query, deletedIds);
            uncommitted.get().add(namespace);
        }
    }

    @Override
    public void handleDropCollection(String namespace) {
        log.handleDropCollection(namespace);
        if (counts.containsKey(namespace)) {
            uncommitted.get().add(namespace);
        }
    }

    @Override
    public Cursor createCursor(Document changeStream, String namespace, Aggregation aggregation) {
        // Before the cursor takes its position, so that no change falls between the two.
        counts.putIfAbsent(namespace, 0L);
        return log.createCursor(changeStream, namespace, aggregation);
    }

    /** Tells those who wait of what the command of this thread has changed: once it is committed, so that nobody hears of a change that is lost. */
    void committed() {
        Set<String> changed = uncommitted.get();
        for (String namespace : changed) {
            counts.merge(namespace, 1L, Long::sum);
            Set<Runnable> woken = waiting.remove(namespace);
            if (woken != null) {
                woken.forEach(Runnable::run);
            }
        }
        changed.clear();
    }

    /** How many changes the namespace has had; 0 when nobody has followed it. */
    long countOf(String namespace) {
        return counts.getOrDefault(namespace, 0L);
    }

    /**
     * Runs something once, when the namespace has had more changes than `known`: now, if it has already. It may run twice when the two
     * fall together.
     */
    void onMoreThan(long known, String namespace, Runnable wake) {
        waiting.computeIfAbsent(namespace, key -> ConcurrentHashMap.newKeySet()).add(wake);
        if (countOf(namespace) != known) {
            wake.run();
        }
    }

    /** Forgets what waits. */
    void forget(String namespace, Runnable wake) {
        Set<Runnable> others = waiting.get(namespace);
        if (others != null) {
            others.remove(wake);
        }
    }
}
