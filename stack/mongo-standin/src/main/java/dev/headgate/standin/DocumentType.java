package dev.headgate.standin;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
        ByteBuf encoded = Unpooled.buffer(averageSize);
        try {
            BsonEncoder.encodeDocument(document, encoded);
            int size = encoded.readableBytes();
            averageSize = (15 * averageSize + 2 * size) / 16 + 1;
            target.put(BSON).put(encoded.nioBuffer());
        } finally {
            encoded.release();
        }
    }

    @Override
    public Object read(ByteBuffer source) {
        if (source.get(source.position()) != BSON) {
            return super.read(source);
        }
        source.get();
        ByteBuf encoded = Unpooled.wrappedBuffer(source.slice());
        Document document = BsonDecoder.decodeBson(encoded);
        source.position(source.position() + encoded.readerIndex());
        return document;
    }
}
