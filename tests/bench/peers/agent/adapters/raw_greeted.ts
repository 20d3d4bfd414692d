/**
 * Raw Deno TCP whose two ends greet each other before messages may be sent, in
 * as many steps as lekt's handshake has (there, back, there), and part as lekt's
 * do: each ends its own direction. The limit of opening connections.
 *
 * @module
 */
import { rawAdapter } from "./raw_link.ts";
import { readWhole, writeAll } from "./raw_parts.ts";
import { readLent } from "./raw_tcp.ts";

const GREETING = new Uint8Array(16);

/** Raw Deno TCP with greetings. */
export const adapter = rawAdapter({
  readAll: readLent,
  isOrderly: true,
  async greet(conn, role) {
    if (role === "dialler") {
      await writeAll(conn, GREETING);
      await readWhole(conn, new Uint8Array(GREETING.length));
      await writeAll(conn, GREETING);
    } else {
      await readWhole(conn, new Uint8Array(GREETING.length));
      await writeAll(conn, GREETING);
      await readWhole(conn, new Uint8Array(GREETING.length));
    }
  },
});
