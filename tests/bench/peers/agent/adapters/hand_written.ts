/**
 * The LEKT wire by hand: what somebody writes who wants nothing but speed. The
 * same packets over bare Deno TCP, in parts of 256 KiB, a callback a message; no
 * object or promise for a short message, nothing checked, nothing limited, no
 * options, and the event loop is nobody else's.
 *
 * @module
 */
import { type Adapter, background, type Link, type Sink } from "../link.ts";
import { Receiver } from "./hand_written_receiver.ts";
import { Sender } from "./hand_written_sender.ts";
import { broken } from "./hand_written_wire.ts";
import { tcpAdapter } from "./raw_link.ts";
import { readWhole, writeAll } from "./raw_parts.ts";

/** One end of a connection, greeted. */
class HandWrittenLink implements Link {
  readonly #conn: Deno.TcpConn;
  readonly #isKept: boolean;
  readonly #sender: Sender;
  #sink: Sink | undefined;

  constructor(conn: Deno.TcpConn, isKept: boolean) {
    this.#conn = conn;
    this.#isKept = isKept;
    this.#sender = new Sender(conn);
    conn.setNoDelay();
  }

  send(payload: Uint8Array): Promise<void> | undefined {
    return this.#sender.send(payload);
  }

  flush(): Promise<void> | undefined {
    return this.#sender.flush();
  }

  sendStream(chunks: AsyncIterable<Uint8Array>, size: number): Promise<void> {
    return this.#sender.sendStream(chunks, size);
  }

  receive(sink: Sink): void {
    const isRunning = this.#sink !== undefined;
    this.#sink = sink;
    if (!isRunning) background(this.#receiveAll());
  }

  async #receiveAll(): Promise<void> {
    await new Receiver(this.#conn, this.#isKept).readAll(() => this.#sink!);
    this.#conn.close();
  }

  /** Ends its own direction; all is over when the other side has ended its own. */
  close(): Promise<void> {
    return this.#conn.closeWrite();
  }
}

/** The three packets of a handshake in version 1.0; the last one needs no answer. */
const HANDSHAKE = new TextEncoder().encode("LEKTH\x01\0\0hand\0");
const ACCEPT = new TextEncoder().encode("LEKTA\x01\0\0hand\0");
const LAST_ACCEPT = ACCEPT.subarray(0, 8);
const GREETING_SIZE_MAX = 264;

async function greet(
  conn: Deno.TcpConn,
  role: "dialler" | "listener",
): Promise<void> {
  if (role === "dialler") {
    await writeAll(conn, HANDSHAKE);
    await readName(conn);
    await writeAll(conn, LAST_ACCEPT);
  } else {
    await readName(conn);
    await writeAll(conn, ACCEPT);
    await readWhole(conn, new Uint8Array(LAST_ACCEPT.length));
  }
}

/** A packet that ends with the 00 behind a nickname. */
async function readName(conn: Deno.TcpConn): Promise<void> {
  const memory = new Uint8Array(GREETING_SIZE_MAX);
  let filled = 0;
  while (filled <= LAST_ACCEPT.length || memory[filled - 1] !== 0) {
    filled += await conn.read(memory.subarray(filled)) ?? broken();
  }
}

/** Messages are kept by the application, or lent to it out of one buffer. */
export function handWrittenAdapter(isKept: boolean): Adapter {
  return tcpAdapter((conn) => new HandWrittenLink(conn, isKept), greet);
}
