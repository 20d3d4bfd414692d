/**
 * Connects to the method that its first argument names, says hello, and leaves
 * as the second one says: `abort`, or not at all, until it is killed.
 *
 * @module
 */
import { connect } from "../../mod.ts";

const [method, way, pinnedKey] = Deno.args;
const connection = await connect(method!, {
  nickname: "alice",
  ...(pinnedKey === undefined ? {} : { tls: { pinnedKey } }),
});
await connection.send("hello");
await connection.receive();
if (way === "abort") {
  connection.abort();
  Deno.exit();
}
await connection.receive();
