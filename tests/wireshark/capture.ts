/**
 * Capture files made by hand: TCP conversations over IPv4 in the format of
 * libpcap, whose segments come as a test wants them.
 *
 * @module
 */
import { concat } from "@std/bytes";

/** Who sends: the side that opened the connection, or the one that waited. */
export type Side = "initiator" | "responder";

/** Bytes of a stream, and where in it they stand. */
export interface Segment {
  /** Offset in the stream of its sender. */
  offset: number;
  /** What it carries; the last one of a stream may carry nothing but its end. */
  bytes: Uint8Array;
  /** Whether the stream ends behind it. */
  isLast?: boolean;
}

/** How bytes are sent: into which pieces they are cut, and in which order those are captured. */
export interface Manner {
  /** The pieces. By default one. */
  cut?: (bytes: Uint8Array) => Uint8Array[];
  /** What is captured, in this order. By default each segment once, in order. */
  arrange?: (segments: Segment[]) => Segment[];
}

/** LINKTYPE_RAW: a packet begins with its IP header. */
const LINK_TYPE = 101;
const PACKET_SIZE_MAX = 65_535;
/** The most that a segment carries, so that the packet stays within what IP allows. */
const SEGMENT_SIZE_MAX = 60_000;
const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
/** Other than 1, so that relative sequence numbers are not those of the wire. */
const FIRST_SEQUENCE = { initiator: 0xffff_fff0, responder: 7_000 };
const CLIENT_PORT = 40_000;
const CLIENT_NETWORK = 0x0a00_0000;
const SERVER = 0xc000_0201;

function otherSide(side: Side): Side {
  return side === "initiator" ? "responder" : "initiator";
}

/** One TCP connection. */
export class Conversation {
  /** The packets, each with its time in milliseconds since the capture began. */
  readonly packets: { timeMs: number; bytes: Uint8Array }[] = [];
  readonly #number: number;
  readonly #port: number;
  readonly #manner: Manner;
  readonly #sent = { initiator: 0, responder: 0 };
  #timeMs = 0;

  /** Opens connection `number` of a capture to `port`. */
  constructor(number: number, port: number, manner: Manner) {
    this.#number = number;
    this.#port = port;
    this.#manner = manner;
    this.#put("initiator", -1, SYN);
    this.#put("responder", -1, SYN | ACK);
    this.#put("initiator", 0, ACK);
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.#timeMs += ms;
  }

  /** Sends bytes, cut and arranged as this conversation does it; and perhaps the end behind them. */
  send(side: Side, bytes: Uint8Array, isLast = false): void {
    const { cut = (all) => [all], arrange = (all) => all } = this.#manner;
    const segments: Segment[] = [];
    for (const piece of cut(bytes).flatMap(fitting)) {
      segments.push({ offset: this.#sent[side], bytes: piece });
      this.#sent[side] += piece.length;
    }
    if (isLast) {
      const offset = this.#sent[side];
      segments.push({ offset, bytes: new Uint8Array(), isLast: true });
    }
    for (const { offset, bytes, isLast } of arrange(segments)) {
      this.#put(side, offset, isLast ? FIN | ACK : PSH | ACK, bytes);
    }
  }

  /** Sends bytes in one segment. */
  sendWhole(side: Side, bytes: Uint8Array): void {
    this.#put(side, this.#sent[side], PSH | ACK, bytes);
    this.#sent[side] += bytes.length;
  }

  /** Ends the stream of a side. */
  end(side: Side): void {
    this.#put(side, this.#sent[side], FIN | ACK);
    this.#sent[side]++;
  }

  /** Resets the connection. */
  reset(side: Side): void {
    this.#put(side, this.#sent[side], RST | ACK);
  }

  #put(
    side: Side,
    offset: number,
    flags: number,
    bytes: Uint8Array = new Uint8Array(),
  ): void {
    const other = otherSide(side);
    const tcp = new DataView(new ArrayBuffer(20));
    const ports = side === "initiator"
      ? [CLIENT_PORT, this.#port]
      : [this.#port, CLIENT_PORT];
    ports.forEach((port, index) => tcp.setUint16(2 * index, port));
    tcp.setUint32(4, FIRST_SEQUENCE[side] + 1 + offset);
    tcp.setUint32(8, FIRST_SEQUENCE[other] + 1 + this.#sent[other]);
    tcp.setUint8(12, 5 << 4);
    tcp.setUint8(13, flags);
    tcp.setUint16(14, 0xffff);
    const ip = new DataView(new ArrayBuffer(20));
    ip.setUint16(0, 0x4500);
    ip.setUint16(2, 40 + bytes.length);
    ip.setUint8(8, 64);
    ip.setUint8(9, 6);
    const hosts = [CLIENT_NETWORK + this.#number, SERVER];
    if (side === "responder") hosts.reverse();
    hosts.forEach((host, index) => ip.setUint32(12 + 4 * index, host));
    this.#timeMs++;
    this.packets.push({
      timeMs: this.#timeMs,
      bytes: concat([
        new Uint8Array(ip.buffer),
        new Uint8Array(tcp.buffer),
        bytes,
      ]),
    });
  }
}

function fitting(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += SEGMENT_SIZE_MAX) {
    pieces.push(bytes.subarray(offset, offset + SEGMENT_SIZE_MAX));
  }
  return pieces;
}

/** A capture under construction. Its conversations have the numbers 0, 1, and so on, which are also tshark's `tcp.stream`. */
export class Capture {
  readonly #conversations: Conversation[] = [];

  /** Opens a connection to a port; see {@linkcode Manner}. */
  open(port: number, manner: Manner = {}): Conversation {
    const number = this.#conversations.length;
    const conversation = new Conversation(number, port, manner);
    this.#conversations.push(conversation);
    return conversation;
  }

  /** The file: one conversation behind the other, or a packet of each in turn. */
  toBytes({ isInterleaved = false } = {}): Uint8Array {
    const head = new DataView(new ArrayBuffer(24));
    head.setUint32(0, 0xa1b2_c3d4);
    head.setUint16(4, 2);
    head.setUint16(6, 4);
    head.setUint32(16, PACKET_SIZE_MAX);
    head.setUint32(20, LINK_TYPE);
    const packets = isInterleaved
      ? this.#takeTurns()
      : this.#conversations.flatMap(({ packets }) => packets);
    const records = packets.flatMap(({ timeMs, bytes }) => {
      const record = new DataView(new ArrayBuffer(16));
      record.setUint32(0, Math.floor(timeMs / 1000));
      record.setUint32(4, timeMs % 1000 * 1000);
      record.setUint32(8, bytes.length);
      record.setUint32(12, bytes.length);
      return [new Uint8Array(record.buffer), bytes];
    });
    return concat([new Uint8Array(head.buffer), ...records]);
  }

  #takeTurns(): Conversation["packets"] {
    const packets: Conversation["packets"] = [];
    let left = [...this.#conversations];
    for (let index = 0; left.length > 0; index++) {
      left = left.filter((each) => index < each.packets.length);
      packets.push(...left.map((each) => each.packets[index]!));
    }
    return packets;
  }
}
