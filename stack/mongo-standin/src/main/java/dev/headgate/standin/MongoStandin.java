package dev.headgate.standin;

import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.wire.MongoDatabaseHandler;
import de.bwaldvogel.mongo.wire.MongoExceptionHandler;
import de.bwaldvogel.mongo.wire.MongoWireMessageEncoder;
import de.bwaldvogel.mongo.wire.MongoWireProtocolHandler;
import de.bwaldvogel.mongo.wire.MongoWireReplyEncoder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.h2.mvstore.MVStore;

/**
 * A MongoDB-wire server for laptops and tests where the real one cannot be downloaded.
 *
 * <pre>MongoStandin --port N --data FILE [--fsync]</pre>
 *
 * It listens on the loopback address only, keeps an oplog so that change streams work and wait for changes, and prints one line
 * once it accepts connections.
 */
public final class MongoStandin {
    private static final String USAGE = "usage: MongoStandin --port N --data FILE [--fsync]";

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

    private record Options(int port, String data, boolean fsync) {
        static Options parse(String[] args) {
            int port = 0;
            String data = null;
            boolean fsync = false;
            for (int i = 0; i < args.length; i++) {
                switch (args[i]) {
                    case "--port" -> port = Integer.parseInt(valueOf(args, ++i));
                    case "--data" -> data = valueOf(args, ++i);
                    case "--fsync" -> fsync = true;
                    default -> throw new IllegalArgumentException("unknown option " + args[i]);
                }
            }
            if (port <= 0 || data == null) {
                throw new IllegalArgumentException("a port and a data file are needed");
            }
            return new Options(port, data, fsync);
        }

        private static String valueOf(String[] args, int index) {
            if (index >= args.length) {
                throw new IllegalArgumentException(args[index - 1] + " needs a value");
            }
            return args[index];
        }
    }

    private static DurableH2Backend backend(Options options) {
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
            DurableH2Backend backend = backend(options);
            backend.version(WireVersion.V5_0);
            serve(backend, options.port());
        } catch (RuntimeException error) {
            System.err.println("cannot serve: " + error);
            System.exit(1);
        }
        Thread.currentThread().join();
    }

    private static void serve(DurableH2Backend backend, int port) {
        backend.enableOplog();
        EventLoopGroup acceptors = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        EventLoopGroup workers = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
        ChannelGroup clients = new DefaultChannelGroup("clients", workers.next());
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(acceptors, workers)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 100)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        client.pipeline()
                                .addLast(new MongoWireReplyEncoder())
                                .addLast(new MongoWireMessageEncoder())
                                .addLast(new MongoWireProtocolHandler())
                                .addLast(backend.awaitedChanges())
                                .addLast(new MongoDatabaseHandler(backend, clients))
                                .addLast(new MongoExceptionHandler());
                    }
                });
        Channel listener = bootstrap.bind("127.0.0.1", port).syncUninterruptibly().channel();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            listener.close().syncUninterruptibly();
            workers.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
            acceptors.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
            backend.close();
        }));
        System.out.println("listening on mongodb://127.0.0.1:" + port);
    }
}
