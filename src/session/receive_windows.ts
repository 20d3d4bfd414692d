/**
 * How much the other side may send: of each message and on the whole
 * connection (`PROTOCOL.md`, section 10). A side reads on whatever its
 * application does not read, and memory is bounded because it allows no more
 * than it has room for.
 *
 * @module
 */
import { OPEN_COUNT_MAX, PACKET_COST } from "../../asm/wire.ts";
import { LektError } from "../base/errors.ts";
import { BLOCK_SIZE_MAX, BLOCK_SIZE_MIN } from "./byte_queue.ts";
import type { Limits } from "../base/limits.ts";
import type { ControlQueue } from "./control_queue.ts";
import type { HeldMemory } from "./held_memory.ts";
import {
  INCOMING_OVERHEAD_SIZE,
  type IncomingMessage,
} from "./incoming_message.ts";
import {
  CONNECTION_WINDOW_START,
  LONG_RESERVE,
  SHORT_RESERVE,
} from "./send_windows.ts";

/** Reading goes on until so much is held at least, whatever `maxBufferedBytes` says: the other side may begin with a quarter of it. */
export const HELD_SIZE_MIN = 4 * CONNECTION_WINDOW_START;

/** Of what is free so much is allowed: a short message that is kept, and a block of memory, take up to twice the bytes that come to be in them. */
const WINDOW_FRACTION = 1 / 2;

/** What small messages take that have begun, besides, which is not allowed either: an object and a block of memory each, and what is set aside for bytes that may follow. */
const BEGUN_SIZE = OPEN_COUNT_MAX * (INCOMING_OVERHEAD_SIZE + BLOCK_SIZE_MIN) +
  BLOCK_SIZE_MAX;

/** What is free is what is not held of so much, but for one message of one packet: messages that nobody reads do not stop it. */
const HELD_FRACTION = 7 / 8;

/** What is collected may have so much of what may be held, in any case. */
const COLLECTED_FRACTION = 1 / 2;

/** Beside it so much is free, or it would be in the way of what is short, and of its last block not all is used. */
const COLLECTED_BESIDES = CONNECTION_WINDOW_START + BLOCK_SIZE_MAX;

/** The window is announced anew when so much of the largest has been given back: an announcement is a write that wakes the sender. With more, senders at the end of a long line would have to wait, and those that leave some of it to messages of which more was asked for. */
const STEP_FRACTION = 1 / 2;

/** Before so much has come nothing is announced: most connections have a few short messages. */
const FIRST_SIZE = CONNECTION_WINDOW_START / 4;

/** With less allowed than this a sender may have to wait with a part or a message that it has. */
const LOW_SIZE = CONNECTION_WINDOW_START / 2;

/** So much is allowed however much all connections of the process hold: with less a sender might wait for ever with a long message. Where there is no room for it, reading stops, and that ends (`room_wait.ts`). */
const LEAST_SIZE = LONG_RESERVE + 64 * 1024;

/** Of the room that there is, one message gets so much, and at least so many bytes: a few that are not read to their ends leave some to the others. */
const MESSAGE_FRACTION = 1 / 4;
const MESSAGE_WINDOW_MIN = 16 * 1024;

/** The window of a message is announced anew when less than this is left of it: less than a half, so that a message of 1 MiB, half of what may be sent unasked, needs no packet for that. */
const LEFT_FRACTION = 3 / 8;

/** What is allowed of a message beyond what is collected, so that one which is too long shows. */
const COLLECTED_EXTRA = 64 * 1024;

/** What one connection may receive. */
export class ReceiveWindows {
  readonly #control: ControlQueue;
  readonly #limits: Limits;
  readonly #shortSizeMax: number;
  readonly #heldSizeMax: number;
  readonly #capacity: number;
  // Doubles from the start, as they outgrow small integers.
  #received = -0;
  #total = CONNECTION_WINDOW_START;
  #room = CONNECTION_WINDOW_START;
  /** The same as far as this connection alone is concerned. */
  #ownRoom = CONNECTION_WINDOW_START;

  /** Announcements go to `control`. */
  constructor(control: ControlQueue, limits: Limits) {
    this.#control = control;
    this.#limits = limits;
    const { maxBufferedBytes } = limits;
    const besidesCollected = maxBufferedBytes *
        (HELD_FRACTION - COLLECTED_FRACTION) - COLLECTED_BESIDES;
    const begunSize = Math.min(BEGUN_SIZE, Math.max(besidesCollected, 0));
    this.#shortSizeMax = Math.max(maxBufferedBytes, HELD_SIZE_MIN) - begunSize;
    this.#heldSizeMax = Math.max(
      maxBufferedBytes * HELD_FRACTION - begunSize,
      CONNECTION_WINDOW_START,
    );
    this.#capacity = Math.max(
      Math.floor(this.#heldSizeMax * WINDOW_FRACTION),
      CONNECTION_WINDOW_START,
    );
  }

  /** Whether what the application takes next may be a reason to announce more. */
  get isLow(): boolean {
    return this.#received >= FIRST_SIZE &&
      this.#outstanding < this.#capacity - this.#step;
  }

  /** Whether memory is scarce, so that even a message of which little has come must be handed over: its sender may be waiting for someone to read it. */
  get isPressed(): boolean {
    return this.#room < this.#capacity / 2;
  }

  /** Whether a sender may have to wait although all that it sends is wanted. Where others hold too much, reading stops instead. */
  get isShort(): boolean {
    return this.#outstanding < LOW_SIZE && this.#ownRoom < LOW_SIZE;
  }

  /** Counts what has arrived; returns an error where that is more than was allowed. */
  noteReceived(cost: number): LektError | undefined {
    this.#received += cost;
    return this.#received > this.#total
      ? exceeded("the connection")
      : undefined;
  }

  /** Announces more on the connection, where that is worth a packet, and where there is room for it beside what is held; the application has taken all that is ready, or not. */
  consider({ size, room: roomOfAll }: HeldMemory, isAllTaken: boolean): void {
    const forShort = isAllTaken
      ? Math.min(SHORT_RESERVE, (this.#shortSizeMax - size) * WINDOW_FRACTION)
      : 0;
    const free = Math.max(
      (this.#heldSizeMax - size) * WINDOW_FRACTION,
      CONNECTION_WINDOW_START - size,
      forShort,
    );
    const ofAll = Math.max(roomOfAll, LEAST_SIZE);
    this.#ownRoom = Math.min(this.#capacity, free);
    this.#room = Math.max(Math.min(this.#ownRoom, ofAll), 0);
    if (!this.isLow) return;
    const room = Math.floor(this.#room);
    const growth = this.#received + room - this.#total;
    const isWorthIt = growth >= Math.min(this.#step, room * MESSAGE_FRACTION) ||
      this.#lifts(LOW_SIZE, room) || this.#lifts(SHORT_RESERVE, room);
    if (growth <= 0 || !isWorthIt) return;
    this.#total += growth;
    this.#control.add({ type: "window", total: this.#total });
  }

  /** Counts the parts of a message that is not complete; returns an error where that is more than was allowed. */
  noteParts(
    message: IncomingMessage,
    partCount: number,
  ): LektError | undefined {
    message.cost = message.size + partCount * PACKET_COST;
    return message.cost > message.allowed
      ? exceeded(`message ${message.id}`, message.id)
      : undefined;
  }

  /** Announces more of a message that the application takes, where that is worth a packet. */
  considerMessage(message: IncomingMessage): void {
    const { cost, allowed, window } = message;
    const isFirst = message.isUnasked && this.isPressed;
    if (!isFirst && allowed - cost > window * LEFT_FRACTION) return;
    const next = this.#windowOf(message);
    // Parts are joined, so what they cost besides their bytes is given back at once.
    const wanted = cost - message.size + message.takenSize + next;
    const growth = wanted - allowed;
    // Of what is collected nothing is taken before the end: it grows by what its parts cost alone.
    const growthMin = message.isCollected
      ? COLLECTED_EXTRA / 4
      : Math.min(window, next) / 4;
    if (!isFirst && (growth <= 0 || growth < growthMin)) return;
    // Where there is no more, it still says that somebody reads the message.
    const total = Math.min(Math.max(wanted, allowed), Number.MAX_SAFE_INTEGER);
    message.isUnasked = false;
    message.allowed = total;
    message.window = next;
    this.#control.add({
      type: "messageWindow",
      messageId: message.id,
      total,
    });
  }

  get #outstanding(): number {
    return this.#total - this.#received;
  }

  /** Whether less than `size` is allowed, and `room` would be enough for so much. */
  #lifts(size: number, room: number): boolean {
    return this.#outstanding < size && room >= size;
  }

  get #step(): number {
    return this.#capacity * STEP_FRACTION;
  }

  #windowOf(message: IncomingMessage): number {
    const { maxCollectedBytes, maxMessageWindowBytes } = this.#limits;
    const highest = maxMessageWindowBytes || Number.MAX_SAFE_INTEGER;
    if (message.isCollected) {
      return Math.max(highest, maxCollectedBytes + COLLECTED_EXTRA);
    }
    const share = Math.floor(this.#room * MESSAGE_FRACTION);
    return Math.max(Math.min(highest, share), MESSAGE_WINDOW_MIN);
  }
}

function exceeded(what: string, messageId?: number): LektError {
  return new LektError(
    "PROTOCOL",
    `Cannot receive more: the other side has sent more of ${what} than its window allows`,
    messageId === undefined ? { ruleId: "W-2" } : { ruleId: "W-3", messageId },
  );
}
