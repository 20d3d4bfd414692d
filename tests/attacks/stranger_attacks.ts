/**
 * Attacks of strangers: before anybody has let them in.
 *
 * @module
 */
import { concat } from "@std/bytes";
import {
  hello,
  latin,
  packetOfHandshake,
  RawPeer,
  refusal,
} from "../helpers/raw_peer.ts";
import {
  again,
  type Attack,
  type AttackContext,
  dial,
  dispose,
  flood,
  hold,
  mustEnd,
  pause,
  versionOf,
} from "./attack.ts";

async function rawOf(context: AttackContext): Promise<RawPeer> {
  return new RawPeer(await dial(context));
}

/** Many at once send these bytes, and each must be turned away. */
function refused(name: string, bytes: Uint8Array): Attack {
  return {
    name,
    target: "tcp",
    run: (context) =>
      again(context, async () => await mustEnd(await rawOf(context), bytes)),
  };
}

/** Many at once send these bytes and say nothing more. */
function held(name: string, bytes: Uint8Array): Attack {
  return {
    name,
    target: "tcp",
    run: (context) =>
      hold(context, async () => {
        const raw = await rawOf(context);
        if (bytes.length > 0) await raw.write(bytes);
        return raw;
      }),
  };
}

/** Many at once send these bytes and leave. */
function left(name: string, bytes: Uint8Array, isEnded: boolean): Attack {
  return {
    name,
    target: "tcp",
    run: (context) =>
      again(context, async () => {
        const raw = await rawOf(context);
        if (bytes.length > 0) await raw.write(bytes);
        if (isEnded) await raw.end();
        dispose(raw);
      }),
  };
}

/** Comes as far as the other side's Accept, then sends these bytes, and must be turned away. */
function refusedThen(name: string, bytes: Uint8Array): Attack {
  return {
    name,
    target: "tcp",
    run: (context) =>
      again(context, async () => {
        const raw = await rawOf(context);
        await raw.write(hello("mallory", versionOf(1)));
        await raw.read(12);
        await mustEnd(raw, bytes);
      }),
  };
}

const HELLO = hello("mallory", versionOf(1));

/** Sends a Handshake a byte at a time, forever late. */
const TRICKLE: Attack = {
  name: "Handshake that trickles in",
  target: "tcp",
  run: (context) =>
    again(context, async () => {
      const raw = await rawOf(context);
      for (let at = 0; at < 8 && !context.signal.aborted; at++) {
        await raw.write(HELLO.subarray(at, at + 1));
        await pause(100, context.signal);
      }
      dispose(raw);
    }),
};

/** Goes on sending behind a Reject. */
const LINGER: Attack = {
  name: "endless bytes behind a Reject",
  target: "tcp",
  run: (context) =>
    again(context, async () => {
      const raw = await rawOf(context);
      await raw.write(packetOfHandshake("H", "\0"));
      await flood(raw, context, new Uint8Array(256 * 1024));
    }),
};

/** All of them. */
export const STRANGER_ATTACKS: readonly Attack[] = [
  held("connections that say nothing", latin("")),
  held("half a Handshake, then silence", HELLO.subarray(0, 9)),
  held("a Handshake, then silence", HELLO),
  left("connections that come and go", latin(""), false),
  left("connections that end at once", latin(""), true),
  left("half a Handshake, and gone", HELLO.subarray(0, 6), false),
  left("a Handshake, and gone", HELLO, false),
  left("a Handshake and an end", HELLO, true),
  TRICKLE,
  LINGER,
  refused("one byte of nonsense", latin("x")),
  refused("an HTTP request", latin("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
  refused("a TLS record", Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc)),
  refused("64 KiB of zeros", new Uint8Array(65_536)),
  refused("another type", packetOfHandshake("A", "mallory\0")),
  refused("a Reject instead of a Handshake", refusal("why not")),
  refused("version 2", concat([latin("LEKTH"), Uint8Array.of(2, 0, 0)])),
  refused("a probe", concat([latin("LEKTH"), new Uint8Array(3)])),
  refused("an empty nickname", packetOfHandshake("H", "\0")),
  refused("a nickname of 256 bytes", packetOfHandshake("H", "x".repeat(256))),
  refused("a nickname of 1 MiB", packetOfHandshake("H", "x".repeat(1 << 20))),
  refused("a nickname that is malformed", packetOfHandshake("H", "\xff\0")),
  refused(
    "a nickname with an escape sequence",
    packetOfHandshake("H", "\x1b[2J\0"),
  ),
  refused(
    "a nickname with an override",
    packetOfHandshake("H", "\xe2\x80\xaetxt\0"),
  ),
  refused("bytes behind the Handshake", concat([HELLO, latin("x")])),
  refused("two Handshakes", concat([HELLO, HELLO])),
  refusedThen("another version in the Accept", packetOfHandshake("A", "")),
  refusedThen("a Handshake instead of the Accept", HELLO),
  refusedThen("a Reject", packetOfHandshake("R", "no\0", versionOf(1))),
  refusedThen(
    "a Reject of 1 MiB",
    packetOfHandshake("R", "x".repeat(1 << 20), versionOf(1)),
  ),
  refusedThen(
    "a Reject that is malformed",
    packetOfHandshake("R", "\xc0\x80\0", versionOf(1)),
  ),
];
