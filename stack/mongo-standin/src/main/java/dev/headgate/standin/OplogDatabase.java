package dev.headgate.standin;

import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayDeque;

/**
 * The database {@code local}, which holds the log of changes and nothing else, in memory: nobody follows changes over a
 * restart, and written to the file they are a third of what each commit costs.
 */
final class OplogDatabase extends MemoryDatabase {
    static final String NAME = "local";
    private static final String OPLOG = "oplog.rs";

    OplogDatabase(CursorRegistry cursors) {
        super(NAME, cursors);
    }

    @Override
    protected MemoryCollection openOrCreateCollection(String name, CollectionOptions options) {
        if (!name.equals(OPLOG)) {
            return super.openOrCreateCollection(name, options);
        }
        return new BoundedLog(this, name, options, cursorRegistry);
    }

    private static final class BoundedLog extends MemoryCollection {
        /** How many of the latest changes are kept. Followers of changes read all of them each time they ask. */
        private static final int MAX_CHANGES = 2_000;

        /** Where changes are, oldest first. */
        private final ArrayDeque<Integer> logged = new ArrayDeque<>();

        BoundedLog(MongoDatabase database, String name, CollectionOptions options, CursorRegistry cursors) {
            super(database, name, options, cursors);
        }

        /** The log is never searched by id, and an index would remember changes that are gone. */
        @Override
        public void addIndex(Index<Integer> index) {}

        @Override
        protected synchronized Integer addDocumentInternal(Document change) {
            if (logged.size() == MAX_CHANGES) {
                removeDocument(logged.remove());
            }
            Integer position = super.addDocumentInternal(change);
            logged.add(position);
            return position;
        }
    }
}
