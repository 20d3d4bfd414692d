/**
 * Raw Deno TCP whose two ends greet each other before messages may be sent, in
 * as many steps as lekt's handshake has (there, back, there), and part as lekt's
 * do: each ends its own direction. The limit of opening connections.
 *
 * @module
 */
import { rawAdapter } from "./raw_link.ts";
import { writeAll } from "./raw_parts.ts";
import { readLent } from "./raw_tcp.ts";

const GREETING = new Uint8Array(16);

async function read(conn: Deno.TcpConn): Promise<void> {
  const memory = new Uint8Array(GREETING.length);
  let received = 0;
  while (received < memory.length) {
    const size = await conn.read(memory.subarray(received));
    if (size === null) throw new Error("Cannot greet: the stream has ended");
    received += size;
  }
}

/** Raw Deno TCP with greetings. */
export const adapter = rawAdapter({
  readAll: readLent,
  isOrderly: true,
  async greet(conn, role) {
    if (role === "dialler") {
      await writeAll(conn, GREETING);
      await read(conn);
      await writeAll(conn, GREETING);
    } else {
      await read(conn);
      await writeAll(conn, GREETING);
      await read(conn);
    }
  },
});
