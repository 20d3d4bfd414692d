/**
 * Codecs without any connection: messages to bytes in a row, and back.
 *
 * @module
 */
import { decode, encode } from "it-length-prefixed";
// @ts-types="@types/ws"
import * as ws from "ws";
import { Packetizer, Reassembler } from "../../../../src/framing/mod.ts";
import type { Contestant } from "./workload.ts";

/** Bytes of a header, as lekt's. */
const HEADER_SIZE = 12;

/** Bytes that are packed at once: about what a read or write brings. */
const BATCH_SIZE = 240 * 1024;

/** Packs and unpacks messages of one size; both return the number of payload bytes that they moved. */
export interface Codec {
  pack(): number;
  unpack(): number;
}

/** One codec of the comparison. */
export interface CodecContestant extends Contestant {
  create(size: number): Codec;
}

/** All of them, the limit first. */
export const CODECS: readonly CodecContestant[] = [
  {
    id: "memcpy",
    title: "memcpy",
    kind: "raw",
    create: (size) => memcpy(size, 0),
  },
  {
    id: "memcpy-behind-headers",
    title: "memcpy, behind headers",
    kind: "limit",
    create: (size) => memcpy(size, HEADER_SIZE),
  },
  { id: "lekt", title: "lekt", kind: "lekt", create: lekt },
  {
    id: "it-length-prefixed",
    title: "it-length-prefixed",
    kind: "alternative",
    create: lengthPrefixed,
  },
  { id: "ws", title: "ws, not masked", kind: "alternative", create: webSocket },
];

/** What all of them need: one message, room for a batch, and a place for what is unpacked. */
class Batch {
  readonly message: Uint8Array;
  readonly count: number;
  readonly packed: Uint8Array = new Uint8Array(BATCH_SIZE * 2);
  used = 0;
  readonly #unpacked: Uint8Array = new Uint8Array(BATCH_SIZE);
  #offset = 0;

  constructor(size: number) {
    this.message = crypto.getRandomValues(
      new Uint8Array(Math.min(size, 65536)),
    );
    if (size > 65536) this.message = new Uint8Array(size).fill(7);
    this.count = Math.max(1, Math.floor(BATCH_SIZE / (size + 16)));
  }

  put(bytes: Uint8Array): void {
    this.packed.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** Takes a payload out of the batch, as an application would. */
  take(payload: Uint8Array): void {
    if (this.#offset + payload.length > BATCH_SIZE) this.#offset = 0;
    this.#unpacked.set(payload, this.#offset);
    this.#offset += payload.length;
  }
}

/** Copies payloads only, each behind a gap of `headerSize` bytes that nobody writes or reads. */
function memcpy(size: number, headerSize: number): Codec {
  const batch = new Batch(size);
  const packetSize = headerSize + size;
  return {
    pack: () => {
      batch.used = 0;
      for (let i = 0; i < batch.count; i++) {
        batch.used += headerSize;
        batch.put(batch.message);
      }
      return batch.count * size;
    },
    unpack: () => {
      for (let i = 0; i < batch.count; i++) {
        const end = (i + 1) * packetSize;
        batch.take(batch.packed.subarray(end - size, end));
      }
      return batch.count * size;
    },
  };
}

function lekt(size: number): Codec {
  const batch = new Batch(size);
  const packetizer = new Packetizer();
  const reassembler = new Reassembler();
  let packed = 0;
  for (let i = 0; i < batch.count; i++) {
    if (!packetizer.put(batch.message)) break;
    packed += 1;
  }
  const packets = packetizer.take();
  reassembler.receiveBuffer().set(packets);
  return {
    pack: () => {
      for (let i = 0; i < packed; i++) packetizer.put(batch.message);
      return packetizer.take().length;
    },
    unpack: () => {
      for (const event of reassembler.receive(packets.length)) {
        if (event.kind === "part") batch.take(event.payload);
      }
      return packed * size;
    },
  };
}

function lengthPrefixed(size: number): Codec {
  const batch = new Batch(size);
  function pack(): number {
    batch.used = 0;
    for (let i = 0; i < batch.count; i++) {
      for (const piece of encode.single(batch.message)) batch.put(piece);
    }
    return batch.used;
  }
  const packed = batch.packed.subarray(0, pack());
  return {
    pack,
    unpack: () => {
      for (const message of decode([packed])) batch.take(message.subarray());
      return batch.count * size;
    },
  };
}

function webSocket(size: number): Codec {
  // deno-lint-ignore no-explicit-any -- exported, but not in the types
  const { Sender, Receiver } = ws as any;
  const batch = new Batch(size);
  const options = { fin: true, rsv1: false, opcode: 2, mask: false };
  function pack(): number {
    batch.used = 0;
    for (let i = 0; i < batch.count; i++) {
      const pieces = Sender.frame(batch.message, {
        ...options,
        readOnly: true,
      }) as Uint8Array[];
      for (const piece of pieces) batch.put(piece);
    }
    return batch.used;
  }
  const packed = batch.packed.slice(0, pack());
  const receiver = new Receiver({ allowSynchronousEvents: true });
  receiver.on("message", (message: Uint8Array) => batch.take(message));
  return {
    pack,
    unpack: () => {
      receiver.write(packed);
      return batch.count * size;
    },
  };
}
