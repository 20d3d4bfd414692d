/**
 * Attacks of peers who were let in: bad packets, and good ones that cost much.
 *
 * @module
 */
import { concat } from "@std/bytes";
import {
  ABORT,
  CONTROL,
  header,
  latin,
  MORE,
  packet,
} from "../helpers/raw_peer.ts";
import {
  again,
  type Attack,
  dispose,
  flood,
  hold,
  letIn,
  mustEnd,
  NotRefused,
  pause,
  repeated,
} from "./attack.ts";

/** So many are enough to fill what one peer may. */
const FLOODER_COUNT = 2;

/** So many are more than what all together may hold is shared among in full. */
const CROWD_OF_FLOODERS = 17;

/** Many at once send a fault, and each must be cut off. */
function fault(name: string, minor: number, ...bytes: Uint8Array[]): Attack {
  return {
    name,
    target: "tcp",
    run: (context) =>
      again(context, async () => {
        await mustEnd(await letIn(context, minor), ...bytes);
      }),
  };
}

/** A few send the same good bytes without end. */
function flooded(
  name: string,
  minor: number,
  bytes: Uint8Array,
  before: Uint8Array = new Uint8Array(0),
  count = FLOODER_COUNT,
): Attack {
  return {
    name,
    target: "tcp",
    run: (context) =>
      again(context, async () => {
        const raw = await letIn(context, minor);
        if (before.length > 0) await raw.write(before);
        await flood(raw, context, bytes);
      }, count),
  };
}

/** Many send these bytes, and stay. */
function stayed(name: string, minor: number, bytes: Uint8Array): Attack {
  return {
    name,
    target: "tcp",
    run: (context) =>
      hold(context, async () => {
        const raw = await letIn(context, minor);
        await raw.write(bytes);
        return raw;
      }, context.crowd * 2),
  };
}

function control(kind: number, body: string, subject = 0): Uint8Array {
  return packet(subject, CONTROL, String.fromCharCode(kind) + body);
}

/** Packets that the number of a message goes into. */
function numbered(
  count: number,
  make: (id: number) => Uint8Array,
): Uint8Array {
  return concat(Array.from({ length: count }, (_, id) => make(id)));
}

const EIGHT = "\0\0\0\0\0\0\0\x01";
const OPEN = packet(1, MORE, "a");
const GOODBYE = control(7, "\0\0\0\0");

const TRICKLE: Attack = {
  name: "a message that trickles in",
  target: "tcp",
  run: (context) =>
    again(context, async () => {
      const raw = await letIn(context);
      await raw.write(header(1, 0, 1_000));
      while (!context.signal.aborted) {
        await raw.write(latin("x"));
        await pause(5, context.signal);
      }
      dispose(raw);
    }),
};

/** Sends parts of messages that nobody reads, whatever the windows say. */
const WINDOW: Attack = {
  name: "more than the windows allow",
  target: "tcp",
  run: (context) =>
    again(context, async () => {
      const raw = await letIn(context);
      const part = new Uint8Array(200_000);
      try {
        for (let id = 0; id < 1_000; id++) {
          await raw.write(packet(id, MORE, part));
        }
      } catch {
        return dispose(raw);
      }
      throw new NotRefused("200 MB of open messages were taken");
    }, 1),
};

const FAULTS: readonly Attack[] = [
  fault("an index that is not the next", 1, OPEN, header(1, MORE + 2, 1)),
  fault("part 0 of an open message", 1, OPEN, header(1, 0, 1)),
  fault("a message that begins in its middle", 1, header(1, 1, 1)),
  fault("an empty part with MORE", 1, header(1, MORE, 0)),
  fault("the highest index with MORE", 1, header(1, 0xffff_fffe, 1)),
  fault("a control packet in version 1.0", 0, header(1, CONTROL, 1)),
  fault("an Abort of nothing", 1, header(1, ABORT, 0)),
  fault("an Abort that is too long", 1, OPEN, header(1, ABORT, 1_024)),
  fault("an Abort that is malformed", 1, OPEN, packet(1, ABORT, "\xff")),
  fault(
    "1,025 open messages",
    1,
    numbered(1_025, (id) => packet(id, MORE, "a")),
  ),
  fault("a control packet of no length", 1, header(0, CONTROL, 0)),
  fault("a control packet of 1,041 bytes", 1, header(0, CONTROL, 1_041)),
  fault("a Ping about a message", 1, control(1, EIGHT, 7)),
  fault("a Ping that is too short", 1, control(1, "\0")),
  fault("a Confirmed of another value", 1, control(6, "\x02", 1)),
  fault("a window that goes down", 1, control(3, "\0\0\0\0\0\0\0\0")),
  fault("a Stop that is malformed", 1, control(4, "\x80", 1)),
  fault(
    "two Confirms for one message",
    1,
    control(5, "", 1),
    control(5, "", 1),
  ),
  fault("1,025 Confirms", 1, numbered(1_025, (id) => control(5, "", id))),
  fault("a Goodbye with a wrong count", 1, control(7, "\0\0\0\x09")),
  fault("a Goodbye while a message is open", 1, OPEN, GOODBYE),
  fault("a message behind a Goodbye", 1, GOODBYE, packet(1, 0, "late")),
  fault("a second Goodbye", 1, GOODBYE, GOODBYE),
  WINDOW,
];

const LONGEST_ABORTS = repeated(
  concat([OPEN, packet(1, ABORT, "r".repeat(1_023))]),
  100,
);

const FLOODS: readonly Attack[] = [
  flooded("empty messages", 1, repeated(header(1, 0, 0), 5_000)),
  flooded("empty messages in version 1.0", 0, repeated(header(1, 0, 0), 5_000)),
  flooded("messages of one byte", 1, repeated(packet(1, 0, "a"), 5_000)),
  flooded(
    "messages of 4 KiB",
    1,
    repeated(packet(1, 0, new Uint8Array(4_096)), 16),
  ),
  flooded("messages of 250 kB", 0, packet(1, 0, new Uint8Array(250_000))),
  flooded(
    "one message without end in version 1.0",
    0,
    packet(1, 0, new Uint8Array(0)),
    header(7, 0, 0xffff_ffff),
  ),
  flooded(
    "begun and aborted",
    1,
    repeated(concat([OPEN, header(1, ABORT, 0)]), 2_000),
  ),
  flooded(
    "begun and aborted, with the longest reason",
    1,
    LONGEST_ABORTS,
  ),
  flooded(
    "begun and aborted, with the longest reason, by 17 peers",
    1,
    LONGEST_ABORTS,
    new Uint8Array(0),
    CROWD_OF_FLOODERS,
  ),
  flooded(
    "1,024 messages in parts of one byte",
    0,
    concat([
      numbered(1_024, (id) => packet(id, MORE, "a")),
      numbered(1_024, (id) => packet(id, 1, "a")),
    ]),
  ),
  flooded("Pings", 1, repeated(control(1, EIGHT), 2_000)),
  flooded("Pongs that nobody asked for", 1, repeated(control(2, EIGHT), 2_000)),
  flooded(
    "the largest window",
    1,
    repeated(control(3, "\xff\xff\xff\xff\xff\xff\xff\xff"), 2_000),
  ),
  flooded(
    "windows of messages that are none",
    1,
    numbered(2_000, (id) => control(8, EIGHT, id)),
  ),
  flooded("Stops of nothing", 1, numbered(2_000, (id) => control(4, "", id))),
  flooded(
    "Stops with the longest reason",
    1,
    repeated(control(4, "r".repeat(1_023), 7), 100),
  ),
  flooded(
    "Confirmeds of nothing",
    1,
    numbered(2_000, (id) => control(6, "\0", id)),
  ),
  flooded(
    "control packets of unknown kinds",
    1,
    repeated(control(200, "x".repeat(1_039)), 100),
  ),
];

const STAYS: readonly Attack[] = [
  stayed("let in, and idle", 1, control(1, EIGHT)),
  stayed("half a header, then silence", 1, latin("\0\0\0\x01\0\0")),
  stayed("half a message, then silence", 1, header(1, 0, 1_000_000)),
  stayed(
    "1,024 open messages, then silence",
    1,
    numbered(1_024, (id) => packet(id, MORE, "a")),
  ),
  stayed(
    "4 GiB announced, 1 KiB sent",
    1,
    concat([header(1, 0, 0xffff_ffff), new Uint8Array(1_024)]),
  ),
  stayed(
    "1,024 Confirms, then silence",
    1,
    numbered(1_024, (id) => control(5, "", id)),
  ),
  stayed("a Goodbye, and no end", 1, GOODBYE),
  stayed(
    "echoes that are not read",
    1,
    numbered(60, (id) => packet(id, 0, new Uint8Array(10_000))),
  ),
  TRICKLE,
];

/** All of them. */
export const PEER_ATTACKS: readonly Attack[] = [
  ...FAULTS,
  ...FLOODS,
  ...STAYS,
];
