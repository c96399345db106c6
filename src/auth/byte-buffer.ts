/** Bytes that grow as more come, and are used again: memory for each line of a thousand people is dear to collect. */
export class ByteBuffer {
  /** What is filled of it is `length`; what it is may be another one after `reserve`. */
  bytes: Buffer;
  length = 0;

  /** @param room bytes that it begins with */
  constructor(room: number) {
    this.bytes = Buffer.allocUnsafe(room);
  }

  /** Makes room for so many bytes more. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** Puts a text (UTF-8) or bytes behind what is there. */
  add(part: string | Uint8Array): void {
    if (typeof part === 'string') {
      this.reserve(3 * part.length);
      this.length += this.bytes.write(part, this.length);
    } else {
      this.reserve(part.length);
      this.bytes.set(part, this.length);
      this.length += part.length;
    }
  }

  /** A view of what is filled, until more comes. */
  filled(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** The same memory, to be read and written as numbers. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
