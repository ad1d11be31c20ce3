/** Writes a cell array as base64 of little-endian 32-bit floats: a third of the size of JSON numbers, and exactly the same again. */
export function packCells(cells: Float32Array): string {
  const bytes = Buffer.alloc(cells.length * 4);
  for (const [index, value] of cells.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

/** Reads what {@link packCells} wrote. */
export function unpackCells(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const cells = new Float32Array(bytes.length / 4);
  for (let index = 0; index < cells.length; index++) cells[index] = bytes.readFloatLE(index * 4);
  return cells;
}
