package dev.headgate.standin;

import de.bwaldvogel.mongo.backend.AbstractUniqueIndex;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import java.util.List;
import java.util.Map.Entry;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/** The parent backend's unique index, which cannot be made from outside its package, over a map of {@link IndexKeyType}. */
final class UniqueIndex extends AbstractUniqueIndex<Object> {
    private final MVMap<KeyValue, Object> positions;

    UniqueIndex(MVMap<KeyValue, Object> positions, String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
        this.positions = positions;
    }

    /**
     * Opens an index's map.
     *
     * @param former the map of the same index in a file that was written before keys had a type of their own: its order is
     *     another one, so it is copied and removed
     */
    @SuppressWarnings("unchecked")
    static MVMap<KeyValue, Object> openMap(MVStore store, String name, String former) {
        MVMap.Builder<KeyValue, Object> builder = new MVMap.Builder<>();
        builder.setKeyType(new IndexKeyType());
        MVMap<KeyValue, Object> map = store.openMap(name, builder);
        if (store.hasMap(former)) {
            MVMap<KeyValue, Object> old = store.openMap(former);
            old.forEach(map::put);
            store.removeMap(old);
        }
        return map;
    }

    @Override
    protected Object removeDocument(KeyValue key) {
        return positions.remove(key);
    }

    @Override
    protected boolean putKeyPosition(KeyValue key, Object position) {
        return positions.putIfAbsent(key, Missing.ofNullable(position)) == null;
    }

    @Override
    protected Object getPosition(KeyValue key) {
        return positions.get(key);
    }

    @Override
    protected Iterable<Entry<KeyValue, Object>> getIterable() {
        return positions.entrySet();
    }

    @Override
    public long getCount() {
        return positions.sizeAsLong();
    }

    @Override
    public boolean isEmpty() {
        return positions.isEmpty();
    }

    @Override
    public long getDataSize() {
        return getCount();
    }
}
