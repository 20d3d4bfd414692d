/**
 * What a client says first in TLS (RFC 8446, section 4.1.2), as far as a
 * listener has to know it before it answers: whether it is a browser.
 *
 * @module
 */

/** Bytes of the longest ClientHello that is looked at; browsers send less than 2 KiB. */
const HELLO_SIZE_MAX = 4 * 1024;

/** Bytes of the header of a record. */
const RECORD_HEADER_SIZE = 5;

const RECORD_HANDSHAKE = 22;

/** Bytes of a ClientHello before its session id: headers, version, random. */
const FIXED_SIZE = RECORD_HEADER_SIZE + 4 + 2 + 32;

const EXTENSION_ALPN = 16;

/** `http/1.1`, as ALPN has it (RFC 7301). */
const HTTP = "\x08http/1.1";

/** What is read from. */
interface Source {
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * Reads a client's first bytes: all of its ClientHello, where that has no more
 * than 4 KiB.
 *
 * @param source The client.
 * @param firstSize Bytes of the first read.
 * @param onFirst Called when the first bytes have come.
 * @return The bytes, or `null` where the client has left before them.
 */
export async function readHello(
  source: Source,
  firstSize: number,
  onFirst: () => void,
): Promise<Uint8Array | null> {
  let bytes = new Uint8Array(firstSize);
  const size = await source.read(bytes);
  if (size === null) return null;
  onFirst();
  let filled = size;
  while (filled < helloSize(bytes, filled)) {
    if (filled === bytes.length) {
      const longer = new Uint8Array(HELLO_SIZE_MAX);
      longer.set(bytes);
      bytes = longer;
    }
    const more = await source.read(bytes.subarray(filled));
    // TLS will find out what it means.
    if (more === null) break;
    filled += more;
  }
  return bytes.subarray(0, filled);
}

/** Bytes until the first record is whole; 0 where it is none that is looked at. */
function helloSize(bytes: Uint8Array, filled: number): number {
  if (bytes[0] !== RECORD_HANDSHAKE) return 0;
  if (filled < RECORD_HEADER_SIZE) return RECORD_HEADER_SIZE;
  const size = RECORD_HEADER_SIZE + (bytes[3]! << 8 | bytes[4]!);
  return size > HELLO_SIZE_MAX ? 0 : size;
}

/**
 * Whether a ClientHello offers HTTP/1.1, as browsers do that want a WebSocket,
 * and programs of lekt do not. Of bytes that are no ClientHello: `false`.
 */
export function offersHttp(hello: Uint8Array): boolean {
  const view = new DataView(hello.buffer, hello.byteOffset, hello.byteLength);
  let at = FIXED_SIZE;
  try {
    if (view.getUint8(0) !== RECORD_HANDSHAKE) return false;
    at += 1 + view.getUint8(at); // session id
    at += 2 + view.getUint16(at); // cipher suites
    at += 1 + view.getUint8(at); // compression methods
    at += 2; // size of the extensions
    while (at < hello.length) {
      const type = view.getUint16(at);
      const size = view.getUint16(at + 2);
      at += 4;
      if (type === EXTENSION_ALPN) {
        const list = hello.subarray(at + 2, at + size);
        return String.fromCharCode(...list).includes(HTTP);
      }
      at += size;
    }
  } catch (error) {
    // It ends before it should.
    if (!(error instanceof RangeError)) throw error;
  }
  return false;
}
