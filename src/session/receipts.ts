/**
 * What the receiving side of version 1.1 tells the sending one: how much it may
 * send, what is not wanted any more, what the application has taken; and what
 * the other side's control packets say.
 *
 * @module
 */
import type { Core } from "../framing/core.ts";
import type { ControlPacket, GoodbyePacket } from "../framing/control.ts";
import type { LektError } from "../base/errors.ts";
import type { Limits } from "../base/limits.ts";
import { OwedConfirmations } from "./confirmations.ts";
import type { ControlQueue } from "./control_queue.ts";
import type { Inbox } from "./inbox.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import type { LinkControl } from "./link_control.ts";
import type { Outbox } from "./outbox.ts";
import { ReceiveWindows } from "./receive_windows.ts";
import { SMALL_COST } from "./send_windows.ts";

/** Where collected messages hold so much of all that is held, what others hold would not be enough for them. */
const COLLECTED_SHARE = 7 / 8;

/** The receiving side of one connection. */
export class Receipts {
  /** Whether what the application takes next may be a reason to announce more. */
  isLow = false;
  /** Messages that the other side wants to hear of. */
  readonly owed: OwedConfirmations;
  readonly #link: LinkControl;
  readonly #limits: Limits;
  readonly #windows: ReceiveWindows;
  /** Messages that got bytes in the read under way, with their slots. */
  #touched = new Map<IncomingMessage, number>();
  #hasNews = false;

  /** Begins a connection. */
  constructor(link: LinkControl, limits: Limits) {
    this.#link = link;
    this.#limits = limits;
    this.#windows = new ReceiveWindows(link.queue, limits);
    this.owed = new OwedConfirmations(link.queue);
  }

  /** The other side's Goodbye, once it has come. */
  get goodbye(): GoodbyePacket | undefined {
    return this.#link.goodbye;
  }

  /** Whether something is to be written because of what has come; asked for once. */
  takeNews(): boolean {
    const hasNews = this.#hasNews || !this.#queue.isEmpty;
    this.#hasNews = false;
    return hasNews;
  }

  /** Takes a control packet; what it is about the other way goes to `outbox`, and `inbox` has what came before it. */
  takeControl(
    packet: ControlPacket,
    outbox: Outbox,
    inbox: Inbox,
  ): LektError | undefined {
    this.#hasNews = true;
    switch (packet.type) {
      case "ping":
      case "pong":
        return this.#link.takeControl(packet);
      case "confirm":
        return this.owed.add(packet.messageId, inbox.begunCount);
      case "goodbye":
        this.owed.dropUnbegun(inbox.begunCount);
        return this.#link.takeControl(packet);
      default:
        return outbox.takeControl(packet);
    }
  }

  /** Takes a Goodbye without a reason that came between messages, where it is right; tells whether it was. */
  takeGoodbye(messageCount: number, inbox: Inbox): boolean {
    if (!this.#link.takeGoodbye(messageCount, inbox.receivedCount)) {
      return false;
    }
    this.#hasNews = true;
    this.owed.dropUnbegun(inbox.begunCount);
    return true;
  }

  /** A message has got more bytes, and is not complete. */
  notePart(slot: number, message: IncomingMessage): void {
    this.#touched.set(message, slot);
  }

  /** Counts what the core has taken; returns an error where it is more than was allowed. */
  settleRead(core: Core, inbox: Inbox): LektError | undefined {
    let error = this.#windows.noteReceived(core.receivedCost);
    for (const [message, slot] of this.#touched) {
      if (inbox.isOpen(slot, message)) {
        error ??= this.#windows.noteParts(message, core.partCount(slot));
        // Its sender waits for somebody who reads it, whatever `streamThresholdBytes` says.
        if (message.cost > message.allowed / 2) inbox.handOver(message);
      } else this.#touched.delete(message);
    }
    this.#noteRoom(inbox);
    for (const message of this.#touched.keys()) {
      if (message.isCollected) this.#windows.considerMessage(message);
    }
    this.#touched.clear();
    return error;
  }

  /** Counts what has come without the core. */
  settleCost(cost: number, inbox: Inbox): LektError | undefined {
    const error = this.#windows.noteReceived(cost);
    this.#noteRoom(inbox);
    return error;
  }

  /** The application asks for a message, and none is ready: where memory is scarce it gets what has begun, however little of it has come. */
  handOverBegun(inbox: Inbox): void {
    if (this.#windows.isPressed) inbox.handOverAll();
  }

  /** The application has taken something, of `message` where that is given. */
  noteConsumed(inbox: Inbox, message?: IncomingMessage): void {
    if (this.goodbye) return;
    this.#windows.consider(inbox.held, !inbox.isReady);
    if (message && !isOver(message)) this.#windows.considerMessage(message);
    if (this.#windows.isShort) this.#makeRoom(inbox);
    this.isLow = this.#windows.isLow;
  }

  /** The application wants no more of a message. */
  stop(message: IncomingMessage, reason: string): void {
    const { id: messageId } = message;
    this.owed.settle(messageId, false);
    if (message.isComplete) return;
    this.#queue.add({ type: "stop", messageId, reason });
  }

  /** Nothing of a message comes any more, so nothing is to be said of what may come. */
  noteEnded(messageId: number): void {
    this.#queue.drop("stop", messageId);
    this.#queue.drop("messageWindow", messageId);
  }

  /** Something has come. */
  #noteRoom(inbox: Inbox): void {
    this.noteConsumed(inbox);
    if (this.#windows.isPressed) this.#askForMore(inbox);
  }

  /** Memory has become scarce: whoever reads a message is to get on, also where nothing is left of it to be taken. */
  #askForMore(inbox: Inbox): void {
    inbox.handOverAll(SMALL_COST);
    for (const message of inbox.streamed) {
      if (!message.isUnasked || !message.isBegun || isOver(message)) continue;
      this.#windows.considerMessage(message);
    }
  }

  /** What the application waits for may stand behind what it collects. */
  #makeRoom(inbox: Inbox): void {
    const { streamed, held } = inbox;
    if (inbox.isReady || streamed.collectedShare < COLLECTED_SHARE) return;
    const { maxBufferedBytes } = this.#limits;
    const failed = streamed.failLargestCollected(held, maxBufferedBytes);
    if (failed) this.stop(failed, "there is no room for it");
    this.#windows.consider(inbox.held, !inbox.isReady);
  }

  get #queue(): ControlQueue {
    return this.#link.queue;
  }
}

/** Nothing of it comes any more, or nothing is wanted. */
function isOver(message: IncomingMessage): boolean {
  return message.isComplete || message.isDropped || message.hasFailed;
}
