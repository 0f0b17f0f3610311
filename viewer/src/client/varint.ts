import { ProtocolError } from "./errors.ts";

/** Reads bytes from the front: varints as codecs/SPEC.md defines them, and runs of bytes. */
export class Cursor {
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.position === this.bytes.length;
  }

  /** The byte that is so many after the next one, which stays the next. */
  ahead(nbytes: number): number {
    const value = this.bytes[this.position + nbytes];
    if (value === undefined) throw new ProtocolError("the message ends early");
    return value;
  }

  byte(): number {
    const value = this.ahead(0);
    this.position++;
    return value;
  }

  /** Unsigned LEB128 of at most 5 bytes, shortest form only. Multiplies, as `<<` would make bit 31 a sign. */
  varint(): number {
    let value = 0;
    for (let place = 0, scale = 1; place < 5; place++, scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && place > 0) throw new ProtocolError("a varint is not in its shortest form");
        return value;
      }
    }
    throw new ProtocolError("a varint is longer than 5 bytes");
  }

  /** The next `nbytes` bytes, as a view into the message. */
  take(nbytes: number): Uint8Array {
    const end = this.position + nbytes;
    if (end > this.bytes.length) throw new ProtocolError("the message ends early");
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}
