package dev.headgate.standin;

import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where documents with a certain string or boolean in one top-level field are. It only narrows a search: whoever uses it
 * still matches what it names, so documents whose field holds anything else (lists, numbers, nothing) are always named.
 */
final class FieldIndex {
    private static final Object OTHER = new Object();

    private final String field;
    private final Map<Object, Set<Object>> positionsOf = new HashMap<>();
    /** Under which value a position stands. Documents are changed in place, so their old value cannot be asked for. */
    private final Map<Object, Object> valueOf = new HashMap<>();

    FieldIndex(String field) {
        this.field = field;
    }

    /** Whether values of this kind are kept apart. */
    static boolean takes(Object value) {
        return value instanceof String || value instanceof Boolean;
    }

    void put(Object position, Document document) {
        Object found = document.get(field);
        Object value = takes(found) ? found : OTHER;
        if (value.equals(valueOf.get(position))) {
            return;
        }
        remove(position);
        valueOf.put(position, value);
        positionsOf.computeIfAbsent(value, key -> new LinkedHashSet<>()).add(position);
    }

    void remove(Object position) {
        Object value = valueOf.remove(position);
        if (value == null) {
            return;
        }
        Set<Object> positions = positionsOf.get(value);
        positions.remove(position);
        if (positions.isEmpty()) {
            positionsOf.remove(value);
        }
    }

    /** How many positions {@link #candidates} has for a value. */
    int count(Object value) {
        return sizeOf(value) + sizeOf(OTHER);
    }

    /** Every position whose document may have the value in this field. */
    List<Object> candidates(Object value) {
        List<Object> candidates = new ArrayList<>(positionsOf.getOrDefault(value, Set.of()));
        candidates.addAll(positionsOf.getOrDefault(OTHER, Set.of()));
        return candidates;
    }

    private int sizeOf(Object value) {
        return positionsOf.getOrDefault(value, Set.of()).size();
    }
}
