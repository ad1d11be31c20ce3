package dev.headgate.standin;

import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import org.h2.mvstore.MVStore;

/**
 * Commits the store before each acknowledgement. As shipped, H2 commits once a second in the background, so that writes
 * already acknowledged, even with majority and journal asked for, are lost when the process is killed.
 */
final class DurableH2Backend extends H2Backend {
    private final MVStore store;
    private final boolean fsync;

    /** @param fsync whether each commit is also forced to the disk, to outlive a power cut and not only a killed process */
    DurableH2Backend(MVStore store, boolean fsync) {
        super(store);
        this.store = store;
        this.fsync = fsync;
    }

    @Override
    public Document handleMessage(MongoMessage message) {
        Document reply = super.handleMessage(message);
        if (store.hasUnsavedChanges()) {
            store.commit();
            if (fsync) {
                store.sync();
            }
        }
        return reply;
    }
}
