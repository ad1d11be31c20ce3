/**
 * What Node is started with for a server. Of the objects of a request most die young, and those of requests under way
 * survive a collection of a young generation as small as V8 makes it by itself (16 MB a half): they are copied,
 * promoted, and collected later at a higher price. Costs up to 48 MB of memory.
 */
export const SERVER_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=32'];
