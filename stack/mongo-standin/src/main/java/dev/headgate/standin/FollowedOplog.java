package dev.headgate.standin;

import de.bwaldvogel.mongo.backend.Cursor;
import de.bwaldvogel.mongo.backend.aggregation.Aggregation;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Logs the changes of collections that somebody has followed since the start, and of no others: each poll of a change stream reads
 * the whole log, and most writes are to collections that nobody follows.
 */
final class FollowedOplog implements Oplog {
    private final Oplog log;
    private final Set<String> followed = ConcurrentHashMap.newKeySet();

    /** @param log where the changes go */
    FollowedOplog(Oplog log) {
        this.log = log;
    }

    @Override
    public void handleInsert(String namespace, List<Document> documents) {
        if (followed.contains(namespace)) {
            log.handleInsert(namespace, documents);
        }
    }

    @Override
    public void handleUpdate(String namespace, Document selector, Document query, List<Object> modifiedIds) {
        if (followed.contains(namespace)) {
            log.handleUpdate(namespace, selector, query, modifiedIds);
        }
    }

    @Override
    public void handleDelete(String namespace, Document query, List<Object> deletedIds) {
        if (followed.contains(namespace)) {
            log.handleDelete(namespace, query, deletedIds);
        }
    }

    @Override
    public void handleDropCollection(String namespace) {
        log.handleDropCollection(namespace);
    }

    @Override
    public Cursor createCursor(Document changeStream, String namespace, Aggregation aggregation) {
        // Before the cursor takes its position, so that no change falls between the two.
        followed.add(namespace);
        return log.createCursor(changeStream, namespace, aggregation);
    }
}
