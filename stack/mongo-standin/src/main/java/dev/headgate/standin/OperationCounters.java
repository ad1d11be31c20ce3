package dev.headgate.standin;

import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts writes as a real server does for {@code serverStatus}: each statement of a command, by its kind. */
final class OperationCounters {
    private static final Map<String, String> STATEMENTS =
            Map.of("insert", "documents", "update", "updates", "delete", "deletes");

    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

    OperationCounters() {
        STATEMENTS.keySet().forEach(kind -> counts.put(kind, new LongAdder()));
    }

    /** Takes note of a command. */
    void count(Document command) {
        STATEMENTS.forEach((kind, statements) -> {
            if (command.get(statements) instanceof Collection<?> list && command.containsKey(kind)) {
                counts.get(kind).add(list.size());
            }
        });
        if (command.containsKey("findAndModify")) {
            counts.get("update").increment();
        }
    }

    /** What was counted since the start. */
    Document asDocument() {
        Document document = new Document();
        counts.forEach((kind, count) -> document.put(kind, count.sum()));
        return document;
    }
}
