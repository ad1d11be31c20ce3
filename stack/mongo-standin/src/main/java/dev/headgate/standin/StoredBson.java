package dev.headgate.standin;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;

/** Documents in the store's pages, as BSON behind a tag that tells them from what the store serializes by itself. */
final class StoredBson {
    private StoredBson() {}

    /**
     * Writes the tag and a document.
     *
     * @param guessedSize bytes to begin with
     * @return the bytes of the document
     */
    static int write(WriteBuffer target, byte tag, Document document, int guessedSize) {
        ByteBuf encoded = Unpooled.buffer(guessedSize);
        try {
            BsonEncoder.encodeDocument(document, encoded);
            target.put(tag).put(encoded.nioBuffer());
            return encoded.writerIndex();
        } finally {
            encoded.release();
        }
    }

    /** Reads the tag and the document behind it. */
    static Document read(ByteBuffer source) {
        source.get();
        ByteBuf encoded = Unpooled.wrappedBuffer(source.slice());
        Document document = BsonDecoder.decodeBson(encoded);
        source.position(source.position() + encoded.readerIndex());
        return document;
    }
}
