/**
 * The message framing by itself, for use over any byte stream:
 * {@linkcode Packetizer} turns messages into packets, {@linkcode Reassembler}
 * turns packets into messages ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#5-message-packets), section 5). Both run on a core
 * in WebAssembly and do no I/O.
 *
 * To talk over TCP, TLS, Unix sockets or WebSockets, use `connect` and `listen`
 * of `@lekt/lekt`. `@lekt/lekt/handshake` is the agreement that comes before the
 * messages. Further entry points: `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`, `@lekt/lekt/certificate`, `@lekt/lekt/diagnostics`,
 * `@lekt/lekt/directory`, `@lekt/lekt/peer`, `@lekt/lekt/relay` and `@lekt/lekt/telemetry`.
 *
 * This room imports the constants of `asm`, and `src/base`. Messages come in as
 * bytes and go out as packets, packets come in and go out as pieces of messages;
 * `core.ts` alone touches WASM memory.
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
export type {
  ConfirmedPacket,
  ConfirmPacket,
  ControlPacket,
  GoodbyePacket,
  MessageWindowPacket,
  PingPacket,
  StopPacket,
  WindowPacket,
} from "./control.ts";
export { Packetizer, type PacketizerOptions } from "./packetizer.ts";
export {
  type AbortedEvent,
  type ControlEvent,
  type EventOf,
  type FramingEvent,
  type PartEvent,
  Reassembler,
  type ReassemblerOptions,
} from "./reassembler.ts";
