package dev.headgate.standin;

import de.bwaldvogel.mongo.bson.Document;
import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.ObjectDataType;

/**
 * Keeps documents as BSON. As shipped they are serialized by Java, a page of them at every commit, which is most of what a
 * busy store does. Documents that were written so are still read.
 */
final class DocumentType extends ObjectDataType {
    /** Begins a document; none of the tags of the parent's. */
    private static final byte BSON = (byte) 0xFF;

    /** A guess of a document's memory, as the parent makes it too: what was written lately, on average. */
    private volatile int averageSize = 1_000;

    @Override
    public int getMemory(Object value) {
        return value instanceof Document ? averageSize : super.getMemory(value);
    }

    @Override
    public void write(WriteBuffer target, Object value) {
        if (!(value instanceof Document document)) {
            super.write(target, value);
            return;
        }
        int size = StoredBson.write(target, BSON, document, averageSize);
        averageSize = (15 * averageSize + 2 * size) / 16 + 1;
    }

    @Override
    public Object read(ByteBuffer source) {
        if (source.get(source.position()) != BSON) {
            return super.read(source);
        }
        return StoredBson.read(source);
    }
}
