package dev.headgate.standin;

import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.AbstractMongoBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;
import org.h2.mvstore.MVStore;

/**
 * A MongoDB-wire server for laptops and tests where the real one cannot be downloaded.
 *
 * <pre>MongoStandin --port N (--data FILE [--fsync] | --memory)</pre>
 *
 * It listens on the loopback address only, keeps an oplog so that change streams work, and prints one line once it accepts
 * connections.
 */
public final class MongoStandin {
    private static final String USAGE = "usage: MongoStandin --port N (--data FILE [--fsync] | --memory)";

    /** Pages kept in memory. The store's own 16 MB are too few for a thousand rollouts, and each page read anew is deserialized. */
    private static final int CACHE_MB = 128;

    /** Pages are split at this size: a commit writes each page whole in which one document has changed. */
    private static final int PAGE_BYTES = 4_096;

    private MongoStandin() {}

    /** The 5.0 wire protocol: the oldest that current drivers accept and the newest that this server speaks well enough. */
    private enum WireVersion implements MongoVersion {
        V5_0;

        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    private record Options(int port, String data, boolean memory, boolean fsync) {
        static Options parse(String[] args) {
            int port = 0;
            String data = null;
            boolean memory = false;
            boolean fsync = false;
            for (int i = 0; i < args.length; i++) {
                switch (args[i]) {
                    case "--port" -> port = Integer.parseInt(valueOf(args, ++i));
                    case "--data" -> data = valueOf(args, ++i);
                    case "--memory" -> memory = true;
                    case "--fsync" -> fsync = true;
                    default -> throw new IllegalArgumentException("unknown option " + args[i]);
                }
            }
            if (port <= 0 || memory == (data != null)) {
                throw new IllegalArgumentException("a port and exactly one of --data and --memory are needed");
            }
            return new Options(port, data, memory, fsync);
        }

        private static String valueOf(String[] args, int index) {
            if (index >= args.length) {
                throw new IllegalArgumentException(args[index - 1] + " needs a value");
            }
            return args[index];
        }
    }

    private static AbstractMongoBackend backend(Options options) {
        if (options.memory()) {
            return new MemoryBackend();
        }
        MVStore store = new MVStore.Builder()
                .fileName(options.data())
                .autoCommitDisabled()
                .cacheSize(CACHE_MB)
                .pageSplitSize(PAGE_BYTES)
                .open();
        return new DurableH2Backend(store, options.fsync());
    }

    /** Serves until the process is ended; leaves with 2 on wrong options and 1 when the port or file cannot be had. */
    public static void main(String[] args) throws InterruptedException {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException error) {
            System.err.println(error.getMessage() + System.lineSeparator() + USAGE);
            System.exit(2);
            return;
        }
        try {
            AbstractMongoBackend backend = backend(options);
            backend.version(WireVersion.V5_0);
            serve(backend, options.port());
        } catch (RuntimeException error) {
            System.err.println("cannot serve: " + error);
            System.exit(1);
        }
        Thread.currentThread().join();
    }

    private static void serve(MongoBackend backend, int port) {
        MongoServer server = new MongoServer(backend);
        server.enableOplog();
        server.bind("127.0.0.1", port);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        System.out.println("listening on " + server.getConnectionString());
    }
}
