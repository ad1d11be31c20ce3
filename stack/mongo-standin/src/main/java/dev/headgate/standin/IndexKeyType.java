package dev.headgate.standin;

import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.bson.Document;
import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.ObjectDataType;

/**
 * Keys of unique indexes. As shipped they are serialized by Java for each comparison with another, some ten times for each
 * look-up. Here they are compared by their values, and written as BSON where they are of its plain kinds.
 */
final class IndexKeyType extends ObjectDataType {
    /** Begins a key in BSON; none of the tags of the parent's. */
    private static final byte BSON = (byte) 0xFE;
    private static final int GUESSED_MEMORY = 150;

    @Override
    public int getMemory(Object key) {
        return key instanceof KeyValue ? GUESSED_MEMORY : super.getMemory(key);
    }

    /** Orders keys value by value: first by kind, then as the kind does. Only that the order is total matters here. */
    @Override
    public int compare(Object left, Object right) {
        if (!(left instanceof KeyValue one) || !(right instanceof KeyValue other)) {
            return super.compare(left, right);
        }
        int common = Math.min(one.size(), other.size());
        for (int i = 0; i < common; i++) {
            int order = compareValues(one.get(i), other.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(one.size(), other.size());
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private int compareValues(Object left, Object right) {
        if (left == null || right == null) {
            return Boolean.compare(left != null, right != null);
        }
        if (left.getClass() != right.getClass()) {
            return left.getClass().getName().compareTo(right.getClass().getName());
        }
        return isPlain(left) ? ((Comparable) left).compareTo(right) : super.compare(left, right);
    }

    /** The kinds that BSON gives back as they were and that have an order of their own. */
    private static boolean isPlain(Object value) {
        return value instanceof String
                || value instanceof Boolean
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Double;
    }

    @Override
    public void write(WriteBuffer target, Object key) {
        if (!(key instanceof KeyValue values) || !values.stream().allMatch(IndexKeyType::isPlain)) {
            super.write(target, key);
            return;
        }
        Document document = new Document();
        for (int i = 0; i < values.size(); i++) {
            document.put(Integer.toString(i), values.get(i));
        }
        StoredBson.write(target, BSON, document, GUESSED_MEMORY);
    }

    @Override
    public Object read(ByteBuffer source) {
        if (source.get(source.position()) != BSON) {
            return super.read(source);
        }
        return new KeyValue(StoredBson.read(source).values());
    }
}
