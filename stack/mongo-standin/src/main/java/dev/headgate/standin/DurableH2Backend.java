package dev.headgate.standin;

import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/**
 * Looks documents up instead of reading all of them, keeps them as BSON and the log of changes in memory, and commits the
 * store before each acknowledgement. As shipped, H2 commits once a second in the background, so that writes already
 * acknowledged, even with majority and journal asked for, are lost when the process is killed.
 */
final class DurableH2Backend extends H2Backend {
    private final MVStore store;
    private final boolean fsync;
    private final OperationCounters counters = new OperationCounters();
    private final AwaitedChanges.Known known = new AwaitedChanges.Known();
    private FollowedOplog log;

    /** @param fsync whether each commit is also forced to the disk, to outlive a power cut and not only a killed process */
    DurableH2Backend(MVStore store, boolean fsync) {
        super(store);
        this.store = store;
        this.fsync = fsync;
        // Files of former versions hold a log of changes.
        store.getMapNames().stream().filter(DurableH2Backend::isOfOplog).forEach(store::removeMap);
    }

    private static boolean isOfOplog(String map) {
        return map.matches("(databases\\.|meta\\.)?" + OplogDatabase.NAME + "\\..*");
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String name) {
        return name.equals(OplogDatabase.NAME) ? new OplogDatabase(getCursorRegistry()) : new IndexedDatabase(name);
    }

    @Override
    protected Oplog createOplog() {
        log = new FollowedOplog(super.createOplog());
        return log;
    }

    /** What makes the followers of changes on one connection wait for the next. */
    AwaitedChanges awaitedChanges() {
        return new AwaitedChanges(log, known);
    }

    @Override
    public Document handleMessage(MongoMessage message) {
        Document command = message.getDocument();
        counters.count(command);
        long changes = command.containsKey("getMore") ? log.countOf(AwaitedChanges.namespaceOf(command)) : 0;
        Document reply = super.handleMessage(message);
        known.answered(command, reply, changes);
        if (command.containsKey("serverStatus")) {
            reply.put("opcounters", counters.asDocument());
        }
        if (store.hasUnsavedChanges()) {
            store.commit();
            if (fsync) {
                store.sync();
            }
        }
        log.committed();
        return reply;
    }

    /**
     * A database of {@link IndexedCollection}s, in the maps that its parent would use. An inner class, because the parent's
     * constructor opens collections already: the backend is known by then, fields of this class would not be.
     */
    private final class IndexedDatabase extends H2Database {
        IndexedDatabase(String name) {
            super(name, getMvStore(), getCursorRegistry());
        }

        @Override
        protected Index<Object> openOrCreateUniqueIndex(
                String collection, String index, List<IndexKey> keys, boolean sparse) {
            String former = getDatabaseName() + "." + collection + "._index_" + index;
            return new UniqueIndex(
                    UniqueIndex.openMap(getMvStore(), mapOf(collection, index), former), index, keys, sparse);
        }

        @Override
        protected void dropIndex(MongoCollection<Object> collection, String index) {
            super.dropIndex(collection, index);
            getMvStore().removeMap(mapOf(collection.getCollectionName(), index));
        }

        private String mapOf(String collection, String index) {
            return getDatabaseName() + "." + collection + "._unique_" + index;
        }

        @Override
        protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
            String namespace = getDatabaseName() + "." + name;
            MVStore opened = getMvStore();
            return new IndexedCollection(
                    this,
                    name,
                    options,
                    opened.openMap("databases." + namespace, new MVMap.Builder<Object, Document>().valueType(new DocumentType())),
                    opened.openMap("meta." + namespace),
                    cursorRegistry);
        }
    }
}
