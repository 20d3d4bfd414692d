/**
 * A peer that knows nothing but bytes: it shares no code with the module, so
 * that both cannot be wrong in the same way.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { toHex } from "./cuts.ts";
import { within } from "./deadline.ts";

/** Bit 31 of the part field. */
export const MORE = 0x8000_0000;

/** The part field of an Abort. */
export const ABORT = 0x7fff_ffff;

/** The part field of a control packet, of version 1.1. */
export const CONTROL = 0xffff_ffff;

/** Bytes of a text; a character above U+00FF is not for it. */
export function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A handshake packet of any kind, well-formed or not. */
export function packetOfHandshake(
  type: "H" | "A" | "R",
  rest: string,
  version: readonly number[] = [1, 0, 0],
): Uint8Array {
  return concat([latin(`LEKT${type}`), Uint8Array.from(version), latin(rest)]);
}

/** The initiator's Handshake. */
export function hello(nickname = "alice", version?: number[]): Uint8Array {
  return packetOfHandshake("H", `${nickname}\0`, version);
}

/** The responder's Accept. */
export function welcome(nickname = "bob", version?: number[]): Uint8Array {
  return packetOfHandshake("A", `${nickname}\0`, version);
}

/** The initiator's Accept. */
export const AGREED: Uint8Array = packetOfHandshake("A", "");

/** A Reject. */
export function refusal(reason: string): Uint8Array {
  return packetOfHandshake("R", `${reason}\0`);
}

/** The same handshake packet as the module sends it, which speaks version 1.1.0; other bytes as they are. */
export function fromModule(packet: Uint8Array): Uint8Array {
  if (toHex(packet.subarray(0, 4)) !== toHex(latin("LEKT"))) return packet;
  return concat([
    packet.subarray(0, 5),
    Uint8Array.of(1, 1, 0),
    packet.subarray(8),
  ]);
}

/** The header of a message packet. */
export function header(id: number, part: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  [id, part, length].forEach((value, field) => {
    for (let byte = 0; byte < 4; byte++) {
      bytes[field * 4 + byte] = Math.floor(value / 256 ** (3 - byte)) % 256;
    }
  });
  return bytes;
}

/** A message packet. */
export function packet(
  id: number,
  part: number,
  payload: Uint8Array | string = "",
): Uint8Array {
  const bytes = typeof payload === "string" ? latin(payload) : payload;
  return concat([header(id, part, bytes.length), bytes]);
}

/** A message packet as it was read. */
export interface RawPacket {
  /** The message id. */
  id: number;
  /** The part field, MORE included. */
  part: number;
  /** The payload. */
  payload: Uint8Array;
}

/** One end of a socket. */
export class RawPeer implements Disposable {
  #socket: Deno.Conn;
  #unread = new Uint8Array(0);

  /** Uses an open socket. */
  constructor(socket: Deno.Conn) {
    this.#socket = socket;
  }

  /** Connects to the port of a `tcp` method on this machine. */
  static async dial(method: string): Promise<RawPeer> {
    const port = Number(new URL(method.replace("tcp:", "http:")).port);
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    socket.setNoDelay(true);
    return new RawPeer(socket);
  }

  /** Writes all of the pieces, in one write. */
  async write(...pieces: Uint8Array[]): Promise<void> {
    let bytes = concat(pieces);
    while (bytes.length > 0) {
      const size = await within(this.#socket.write(bytes), "a raw write");
      bytes = bytes.subarray(size);
    }
  }

  /** Ends this side's stream. */
  async end(): Promise<void> {
    await this.#socket.closeWrite();
  }

  /** The next `size` bytes. */
  async read(size: number): Promise<Uint8Array> {
    while (this.#unread.length < size) {
      if (!await this.#readMore()) {
        throw new Error(
          `The stream ended behind ${
            toHex(this.#unread)
          }, expected ${size} bytes`,
        );
      }
    }
    const bytes = this.#unread.slice(0, size);
    this.#unread = this.#unread.slice(size);
    return bytes;
  }

  /** Reads exactly these bytes; a handshake packet in the version that the module speaks. */
  async expect(bytes: Uint8Array): Promise<void> {
    const expected = fromModule(bytes);
    assertEquals(toHex(await this.read(expected.length)), toHex(expected));
  }

  /** All that comes until the other side closes, in order or not. */
  async readToEnd(): Promise<Uint8Array> {
    try {
      while (await this.#readMore());
    } catch (error) {
      // Who closes with input unread resets the connection.
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
    const bytes = this.#unread;
    this.#unread = new Uint8Array(0);
    return bytes;
  }

  /** The other side closes, and sends nothing before. */
  async expectSilentEnd(): Promise<void> {
    assertEquals(toHex(await this.readToEnd()), "");
  }

  /** The other side closes between two packets, and says that it breaks off: with the first byte of a packet that never comes. */
  async expectBrokenEnd(): Promise<void> {
    assertEquals(toHex(await this.readToEnd()), "00");
  }

  /** The next message packet. */
  async readPacket(): Promise<RawPacket> {
    const view = new DataView((await this.read(12)).buffer);
    const payload = await this.read(view.getUint32(8));
    return { id: view.getUint32(0), part: view.getUint32(4), payload };
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    try {
      this.#socket.close();
    } catch {
      // It is closed already.
    }
  }

  async #readMore(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    const size = await within(this.#socket.read(buffer), "raw bytes");
    if (size === null) return false;
    this.#unread = concat([this.#unread, buffer.subarray(0, size)]);
    return true;
  }
}
