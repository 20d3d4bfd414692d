/**
 * The Wireshark dissector: what tshark shows of conversations made from the
 * vectors is what the vectors say, however TCP carried them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Prng } from "../helpers/prng.ts";
import {
  Capture,
  type Conversation,
  type Manner,
  type Segment,
} from "./capture.ts";
import { ascii, greet, packet, type Scene, SCENES } from "./scenes.ts";
import { dissect, type Shown, tsharkTest } from "./tshark.ts";

const PORT = 15_358;
const IN_ORDER = "tcp.reassemble_out_of_order:TRUE";

/** Longer than what the dissector keeps. */
const LONG_TEXT = "0123456789".repeat(20_000);

/** Captures each scene in each manner, has it dissected, and checks what is shown. */
async function checkScenes(
  mannersOf: (scene: Scene) => Manner[],
  args: string[],
  { isInterleaved = false } = {},
): Promise<void> {
  const capture = new Capture();
  const played: Scene[] = [];
  for (const scene of SCENES) {
    for (const manner of mannersOf(scene)) {
      scene.play(capture.open(PORT, manner));
      played.push(scene);
    }
  }
  const connections = await dissect(capture.toBytes({ isInterleaved }), args);
  for (const [number, { name, check }] of played.entries()) {
    try {
      check(connections.get(number));
    } catch (cause) {
      throw new Error(`${name}, connection ${number}`, { cause });
    }
  }
}

/** Byte by byte, or where that would be very many, in pieces. */
function inPieces(bytes: Uint8Array): Uint8Array[] {
  const size = bytes.length > 10_000 ? 997 : bytes.length > 200 ? 97 : 1;
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.subarray(size * index, size * (index + 1)),
  );
}

function cutAt(offset: number): Manner {
  return {
    cut: (bytes) =>
      offset < bytes.length
        ? [bytes.subarray(0, offset), bytes.subarray(offset)]
        : [bytes],
  };
}

/** Each segment once, some twice, in any order. */
function shuffle(segments: Segment[], prng: Prng): Segment[] {
  const left = [...segments];
  return segments.flatMap(() => {
    const [segment] = left.splice(prng.below(left.length), 1);
    return prng.below(8) === 0 ? [segment!, segment!] : [segment!];
  });
}

async function withRandom(run: (prng: Prng) => Promise<void>): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  try {
    await run(new Prng(seed));
  } catch (cause) {
    throw new Error(`Failed with seed ${seed}`, { cause });
  }
}

tsharkTest(
  "tshark shows what each vector says, whole and byte by byte",
  async () => {
    await checkScenes(() => [{}, { cut: inPieces }], []);
  },
);

tsharkTest(
  "tshark shows what each vector says, cut in two at random places, of connections at the same time",
  async () => {
    await withRandom((prng) =>
      checkScenes(
        (
          { size },
        ) => [cutAt(1 + prng.below(size)), cutAt(1 + prng.below(size))],
        [],
        { isInterleaved: true },
      )
    );
  },
);

tsharkTest(
  "tshark shows what each vector says, out of order and sent again, where it puts segments in order",
  async () => {
    await withRandom((prng) =>
      checkScenes(
        ({ size }) => [{
          cut: (bytes) => prng.cut(bytes, 3 + Math.floor(size / 10)),
          arrange: (segments) => shuffle(segments, prng),
        }],
        ["-o", IN_ORDER],
        { isInterleaved: true },
      )
    );
  },
);

tsharkTest(
  "tshark shows the same when it reads a capture in two passes",
  async () => {
    await checkScenes(() => [{}], ["-2"]);
  },
);

/** Scenes that make sense in one manner only: each with the port and the manner of its own. */
interface SpecialScene extends Manner {
  port?: number;
  play: (conversation: Conversation) => void;
}

/** Inside a message of 10 bytes the second piece comes last. */
function isLate(bytes: Uint8Array): boolean {
  return bytes.length === 22;
}

const SPECIAL_SCENES = {
  otherPort: {
    port: 4_711,
    play(conversation) {
      greet(conversation);
      conversation.send("responder", packet(7, "00000000", "hello"));
    },
  },
  late: {
    cut: (bytes) => isLate(bytes) ? new Prng(1).cut(bytes, 9) : [bytes],
    arrange: ([first, second, ...rest]) =>
      second ? [first!, ...rest, second] : [first!],
    play(conversation) {
      greet(conversation);
      conversation.send("initiator", packet(1, "00000000", "0123456789"));
    },
  },
  reset: {
    play(conversation) {
      greet(conversation);
      conversation.send("initiator", packet(1, "80000000", "ab"));
      conversation.send("responder", packet(2, "80000000", "cd"));
      conversation.reset("responder");
    },
  },
  long: {
    cut: (bytes) => new Prng(1).cut(bytes, 9_000),
    play(conversation) {
      greet(conversation);
      conversation.send("initiator", packet(1, "80000000", LONG_TEXT));
      conversation.send("initiator", packet(1, "00000001", "!"));
    },
  },
} satisfies Record<string, SpecialScene>;

let special: Promise<Map<number, Shown>> | undefined;

/** What is shown of a special scene; all of them are in one capture, since tshark takes long to start. */
async function showSpecial(name: keyof typeof SPECIAL_SCENES): Promise<Shown> {
  if (special === undefined) {
    const capture = new Capture();
    for (const scene of Object.values<SpecialScene>(SPECIAL_SCENES)) {
      scene.play(capture.open(scene.port ?? PORT, scene));
    }
    special = dissect(capture.toBytes());
  }
  return (await special).get(Object.keys(SPECIAL_SCENES).indexOf(name))!;
}

tsharkTest(
  "tshark finds connections on other ports by their first bytes",
  async () => {
    const { texts, messages } = await showSpecial("otherPort");
    assertEquals(texts, [
      "initiator nickname alice",
      "initiator version 1.0.0",
      "responder nickname bob",
      "responder version 1.0.0",
      "initiator version 1.0.0",
    ]);
    assertEquals(messages.map(({ side, id, data }) => [side, id, data]), [
      ["responder", 7, "68656c6c6f"],
    ]);
  },
);

tsharkTest(
  "tshark says so where it does not put in order what is out of order",
  async () => {
    const { ends, faults } = await showSpecial("late");
    assertEquals(ends, ["initiator outOfOrder"]);
    assertEquals(faults, []);
  },
);

tsharkTest(
  "tshark shows what a reset cuts short in both directions",
  async () => {
    const { ends, messages } = await showSpecial("reset");
    assertEquals(ends, [
      "responder reset",
      "responder truncated",
      "responder truncated",
    ]);
    assertEquals(messages.map(({ id, state }) => [id, state]), [
      [2, "incomplete"],
      [1, "incomplete"],
    ]);
  },
);

tsharkTest(
  "tshark shows of a long message its size and its first 64 KiB",
  async () => {
    const { messages: [message] } = await showSpecial("long");
    assertEquals(message!.size, LONG_TEXT.length + 1);
    assertEquals(message!.data, ascii(LONG_TEXT.slice(0, 65_536)).toHex());
  },
);
