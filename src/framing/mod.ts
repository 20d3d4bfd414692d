/**
 * Framing without a connection, for those with a transport of their own:
 * {@linkcode Packetizer} turns messages into packets, {@linkcode Reassembler}
 * turns packets into messages (`PROTOCOL.md`, section 5). Both run on a core
 * in WASM and do no I/O.
 *
 * @example Over any byte stream
 * ```ts
 * import { Packetizer, Reassembler } from "@lekt/lekt/framing";
 * import { assertEquals } from "@std/assert";
 *
 * const packetizer = new Packetizer();
 * const reassembler = new Reassembler();
 * const message = new TextEncoder().encode("hello");
 *
 * const received: string[] = [];
 * for (const bytes of packetizer.packetize(message)) {
 *   for (const event of reassembler.push(bytes)) {
 *     if (event.kind === "part") {
 *       received.push(new TextDecoder().decode(event.payload));
 *     }
 *   }
 * }
 * assertEquals(received, ["hello"]);
 * ```
 *
 * @module
 */
export { LektError } from "../base/errors.ts";
export type {
  LektErrorCode,
  LektErrorOptions,
  MethodFailure,
} from "../base/errors.ts";
export { Packetizer, type PacketizerOptions } from "./packetizer.ts";
export {
  type AbortedEvent,
  type FramingEvent,
  type PartEvent,
  Reassembler,
  type ReassemblerOptions,
} from "./reassembler.ts";
