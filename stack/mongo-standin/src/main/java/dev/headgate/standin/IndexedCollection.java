package dev.headgate.standin;

import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.ValueComparator;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.bson.Document;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.h2.mvstore.MVMap;

/**
 * A collection that does not read all of its documents for each search. As shipped, only a filter of a unique index's
 * fields and nothing else is looked up; a compare-and-swap by {@code _id} and revision reads everything, and secondary
 * indexes are ignored. Here a filter that has a plain {@code _id} is looked up by it, and one that has strings or booleans
 * in top-level fields by the field that narrows most. What is found that way is matched as ever.
 */
final class IndexedCollection extends H2Collection {
    /** Below this many documents reading all of them is as quick. */
    private static final int MIN_DOCUMENTS = 32;
    private static final int MAX_INDEXES = 8;

    private final Map<String, FieldIndex> indexes = new HashMap<>();

    IndexedCollection(
            MongoDatabase database,
            String name,
            CollectionOptions options,
            MVMap<Object, Document> data,
            MVMap<String, Object> meta,
            CursorRegistry cursors) {
        super(database, name, options, data, meta, cursors);
    }

    @Override
    protected synchronized Object addDocumentInternal(Document document) {
        Object position = super.addDocumentInternal(document);
        indexes.values().forEach(index -> index.put(position, document));
        return position;
    }

    @Override
    protected synchronized void removeDocument(Object position) {
        super.removeDocument(position);
        indexes.values().forEach(index -> index.remove(position));
    }

    @Override
    protected synchronized void handleUpdate(Object position, Document oldDocument, Document newDocument) {
        super.handleUpdate(position, oldDocument, newDocument);
        indexes.values().forEach(index -> index.put(position, newDocument));
    }

    @Override
    protected synchronized QueryResult matchDocuments(
            Document query, Document orderBy, int skip, int limit, int batchSize, Document projection) {
        List<Object> positions = isNaturalDescending(orderBy) ? null : candidates(query);
        if (positions == null) {
            return super.matchDocuments(query, orderBy, skip, limit, batchSize, projection);
        }
        // In the order in which a search through everything would meet them.
        Stream<Document> documents =
                positions.stream().sorted(ValueComparator.asc()).map(this::getDocument).filter(Objects::nonNull);
        return matchDocumentsFromStream(documents, query, orderBy, skip, limit, batchSize, projection);
    }

    /** Where to look for what matches; null when everything has to be read. */
    private List<Object> candidates(Document query) {
        if (query.get(getIdField()) instanceof String id) {
            return List.of(id);
        }
        if (count() < MIN_DOCUMENTS) {
            return null;
        }
        FieldIndex best = null;
        Object sought = null;
        for (Map.Entry<String, Object> condition : query.entrySet()) {
            String field = condition.getKey();
            Object value = condition.getValue();
            if (field.startsWith("$") || field.indexOf('.') >= 0 || !FieldIndex.takes(value)) {
                continue;
            }
            FieldIndex index = indexOf(field);
            if (index != null && (best == null || index.count(value) < best.count(sought))) {
                best = index;
                sought = value;
            }
        }
        return best == null || best.count(sought) > count() / 2 ? null : best.candidates(sought);
    }

    /** The index of a field, made when the field is first sought; null when the collection has enough of them. */
    private FieldIndex indexOf(String field) {
        FieldIndex standing = indexes.get(field);
        if (standing != null || indexes.size() >= MAX_INDEXES) {
            return standing;
        }
        FieldIndex index = new FieldIndex(field);
        streamAllDocumentsWithPosition().forEach(found -> index.put(found.getPosition(), found.getDocument()));
        indexes.put(field, index);
        return index;
    }
}
