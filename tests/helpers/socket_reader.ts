/**
 * Reading from a socket by hand.
 *
 * @module
 */

/** Reads exactly what is asked for. */
export interface SocketReader {
  /** So many bytes. */
  bytes(size: number): Promise<Uint8Array>;
  /** So many bytes, as UTF-8. */
  text(size: number): Promise<string>;
  /** All up to an empty line. */
  head(): Promise<string>;
  /** Drops everything up to the end. */
  toEnd(): Promise<void>;
}

/** A reader of a socket; throws where the socket ends too early. */
export function readerOf(socket: Pick<Deno.Conn, "read">): SocketReader {
  async function bytes(size: number): Promise<Uint8Array> {
    const whole = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const count = await socket.read(whole.subarray(filled));
      if (count === null) throw new Error("the socket has ended");
      filled += count;
    }
    return whole;
  }
  return {
    bytes,
    text: async (size) => new TextDecoder().decode(await bytes(size)),
    async head() {
      let head = "";
      while (!head.endsWith("\r\n\r\n")) {
        head += String.fromCharCode((await bytes(1))[0]!);
      }
      return head;
    },
    async toEnd() {
      const some = new Uint8Array(1024);
      while (await socket.read(some) !== null) { /* dropped */ }
    },
  };
}

/** base64 of a text's UTF-8. */
export function encodeBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
