/**
 * The room of one connection without any I/O: the handshake, then messages both
 * ways, then the end. This file is its state machine. There is no clock; time is
 * an argument.
 *
 * This room imports `src/handshake`, `src/framing`, the constants of `asm` and
 * `src/base`. Bytes that have arrived come in by `handle…`, messages to send by
 * the outbox; bytes to write go out by `pollTransmit`, messages by the inbox.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import {
  brokenOffError,
  failedError,
  goodbyeFault,
  silenceError,
  truncatedError,
} from "./end_errors.ts";
import type { LektError } from "../base/errors.ts";
import { Exchange } from "./exchange.ts";
import {
  Handshake,
  type HandshakeEvent,
  type HandshakeState,
  type Role,
} from "../handshake/mod.ts";
import type { Inbox, MessageMaker } from "./inbox.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import type { Limits } from "../base/limits.ts";
import { LinkControl } from "./link_control.ts";
import type { Outbox } from "./outbox.ts";
import type { Receipts } from "./receipts.ts";
import { ReceiveTarget } from "./receive_target.ts";
import { readLinkControls } from "./short_controls.ts";

/** What a session is made from. */
export interface SessionOptions {
  /** Which side this is. */
  role: Role;
  /** This side's nickname. */
  nickname: string;
  /** All limits. */
  limits: Limits;
  /** The moment at which the connection started, in milliseconds. */
  nowMs: number;
}

/** One side of one connection. */
export class Session {
  #limits: Limits;
  #handshake: Handshake;
  #handshakeTransmit: Uint8Array | undefined;
  /** In connected state. */
  #link: LinkControl | undefined;
  #exchange: Exchange | undefined;
  #makeDiscardError: (() => LektError) | undefined;
  #hasEndOfStream = false;
  #error: LektError | undefined;
  #failedCount: number | undefined;
  #isReleased = false;
  #receiveTarget = new ReceiveTarget();

  /** Begins a connection. */
  constructor(options: SessionOptions) {
    const { limits } = options;
    this.#limits = limits;
    this.#handshake = new Handshake({
      ...options,
      ...limits,
      versionMinor: limits.maxVersionMinor,
    });
  }

  /** Which side this is. */
  get role(): Role {
    return this.#handshake.role;
  }

  /** Where the connection is; `closed` when nothing more can arrive because it failed. */
  get state(): HandshakeState {
    return this.#error ? "closed" : this.#handshake.state;
  }

  /** Why the connection failed in connected state. */
  get error(): LektError | undefined {
    return this.#error;
  }

  /** The minor version that the two speak. */
  get versionMinor(): number {
    return this.#handshake.versionMinor;
  }

  /** No more messages come from the other side: its stream has ended in order, or, in version 1.1, it has said Goodbye. */
  get hasRemoteEnded(): boolean {
    return this.#hasEndOfStream || this.#link?.goodbye !== undefined;
  }

  /** Why the other side has ended, in its words. */
  get goodbyeReason(): string {
    return this.#link?.goodbye?.reason ?? "";
  }

  /** The other side's stream ended in order. */
  get hasEndOfStream(): boolean {
    return this.#hasEndOfStream;
  }

  /** This side has said that no more messages come from it, in so far as that is said. */
  get hasSaidGoodbye(): boolean {
    return this.#link?.hasSaidGoodbye ?? false;
  }

  /** The other side has read all messages of this one, which has said Goodbye. */
  get isGoodbyeHeard(): boolean {
    return this.#link?.isGoodbyeHeard ?? false;
  }

  /** A message that was under way will never be whole. */
  get isCutShort(): boolean {
    return (this.#failedCount ?? 0) > 0;
  }

  /** Whether messages have arrived that the application will not get, because it has closed the connection. */
  get hasDropped(): boolean {
    return this.#exchange?.inbox.hasDropped ?? false;
  }

  /** Whether all that the transport has taken of this side's stream ends with a whole message packet. */
  get isBetweenPackets(): boolean {
    if (!this.#link || this.#isReleased) return false;
    this.#handshakeTransmit ??= this.#handshake.pollTransmit();
    if (this.#handshakeTransmit) return false;
    return this.#exchange?.outbox.buffers.isBetweenPackets ?? true;
  }

  /** Both directions; there is none before the first message. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** What the two have between them besides messages; in connected state. */
  get link(): LinkControl | undefined {
    return this.#link;
  }

  /** Whether what the application takes next may be a reason to allow the other side more. */
  get isLow(): boolean {
    return this.#exchange?.receipts?.isLow ?? false;
  }

  /** Messages that were taken over whole. */
  get sentCount(): number {
    return this.#exchange?.outbox.sentCount ?? 0;
  }

  /** Messages that arrived whole. */
  get receivedCount(): number {
    return this.#exchange?.inbox.receivedCount ?? 0;
  }

  /** Bytes held for incomplete and unread messages. */
  get heldSize(): number {
    return this.#exchange?.inbox.heldSize ?? 0;
  }

  /** Bytes of messages and headers that arrived. */
  get receivedBytes(): number {
    return this.#receiveTarget.receivedBytes;
  }

  /** What has arrived; only in connected state. */
  get inbox(): Inbox {
    return this.#connected.inbox;
  }

  /** What is to be sent; the same. */
  get outbox(): Outbox {
    return this.#connected.outbox;
  }

  /** A reader with memory of its own was told of bytes and is about to ask for more, which it can have without a copy; or may be, for a long message has just begun. */
  get isReaderDue(): boolean {
    if (!this.#exchange || this.#error) return false;
    return this.#exchange.isReaderDue(this.#receiveTarget.hasBegunLong);
  }

  /** No more may be read before something is consumed. */
  get isFull(): boolean {
    return this.#exchange?.inbox.isFull ?? false;
  }

  /** Everything that was taken over for sending has gone to the transport. */
  get isDrained(): boolean {
    return this.areMessagesSent && (this.#link?.queue.isEmpty ?? true);
  }

  /** The same, but for control packets. */
  get areMessagesSent(): boolean {
    return this.#exchange?.outbox.isDrained ?? true;
  }

  /** The next message for the application, as `make` makes it, or `undefined`. */
  shift<T>(make: MessageMaker<T>): T | undefined {
    return this.#exchange?.shift(make);
  }

  /** Memory for the next read, for `sizeMax` bytes at most or little more, on loan until {@linkcode handleReceived}. */
  receiveBuffer(sizeMax = Infinity): Uint8Array {
    return this.#receiveTarget.lend(this.#exchange, sizeMax);
  }

  /** The first `size` bytes of the buffer that was lent have arrived. */
  handleReceived(size: number, nowMs: number): void {
    const lent = this.#receiveTarget.takeBack(size);
    if (this.#link) {
      this.#link.liveness.noteReceived(nowMs);
      this.#takeConnected(lent, size);
      return;
    }
    this.#handshake.handleReceived(lent.subarray(0, size), nowMs);
    this.#crossSeam(nowMs);
  }

  /** Whether there is something to write because of what has come, or was taken; asked for once. */
  takeNews(): boolean {
    return this.#receipts?.takeNews() ?? !(this.#link?.queue.isEmpty ?? true);
  }

  /** The application has taken something, of `message` where that is given. */
  noteConsumed(message?: IncomingMessage): void {
    if (!this.#error) this.#receipts?.noteConsumed(this.inbox, message);
  }

  /** Says that no more messages come from this side; all that there were have gone to the transport. In version 1.0 the end of the stream says it. */
  sayGoodbye(reason: string, nowMs: number): void {
    this.#link?.sayGoodbye(this.sentCount, reason, nowMs);
  }

  /** The other side's stream ended. */
  handleEndOfStream(nowMs: number): void {
    this.#receiveTarget.forget();
    if (!this.#link) {
      this.#handshake.handleEndOfStream(nowMs);
      return;
    }
    const isInsidePacket = this.#exchange?.isBetweenMessages === false;
    const count = this.#failIncomplete(truncatedError);
    const fault = count > 0 || isInsidePacket
      ? "for its stream is not whole"
      : this.versionMinor > 0
      ? goodbyeFault(this)
      : undefined;
    if (fault === undefined) this.#hasEndOfStream = true;
    else this.fail(brokenOffError(fault));
  }

  /** The transport broke. */
  handleFailure(error: LektError, nowMs: number): void {
    this.#receiveTarget.forget();
    if (this.#link) this.fail(error);
    else this.#handshake.handleFailure(error, nowMs);
  }

  /** The application has decided whether to talk. */
  handleDecision(decision: true | string, nowMs: number): void {
    this.#handshake.handleDecision(decision, nowMs);
    this.#crossSeam(nowMs);
  }

  /** The moment that {@linkcode pollTimeout} named has come; reading goes on, or waits for room. */
  handleTimeout(nowMs: number, isReading = true): void {
    if (!this.#link) return this.#handshake.handleTimeout(nowMs);
    const { liveness } = this.#link;
    // Silence means nothing while nothing is read, and where nothing can come.
    if (!isReading || this.#hasEndOfStream) liveness.noteDeaf(nowMs);
    const verdict = this.#error ? undefined : liveness.check(nowMs);
    if (verdict === "ping") this.#link.ping(nowMs);
    if (verdict === "gone") this.fail(silenceError(liveness.silentMs(nowMs)));
  }

  /** When to call {@linkcode handleTimeout}, in milliseconds. In connected state it may be called so late as it was due when it was last asked for. */
  pollTimeout(): number | undefined {
    return this.#link
      ? this.#link.liveness.nextMs()
      : this.#handshake.pollTimeout();
  }

  /** What happened in the handshake. */
  pollEvent(): HandshakeEvent | undefined {
    return this.#handshake.pollEvent();
  }

  /** The next bytes to write, on loan until {@linkcode handleTransmitted}. */
  pollTransmit(): Uint8Array | undefined {
    if (this.#error || this.#isReleased) return undefined;
    this.#handshakeTransmit ??= this.#handshake.pollTransmit() ??
      (this.#exchange ? undefined : this.#link?.queue.take());
    return this.#handshakeTransmit ?? this.#exchange?.outbox.pollTransmit();
  }

  /** The transport has written this many of the bytes it was lent, in so many milliseconds where that is known. */
  handleTransmitted(size: number, ms?: number): void {
    if (this.#handshakeTransmit) {
      const rest = this.#handshakeTransmit.subarray(size);
      this.#handshakeTransmit = rest.length > 0 ? rest : undefined;
    } else if (this.#exchange) {
      this.#exchange.outbox.handleTransmitted(size, ms);
      if (!this.#error) {
        this.#receiveTarget.releaseCoreWhereIdle(this.#exchange);
      }
    }
  }

  /** Ends a connected session for a reason of either side; messages that are under way fail with it. */
  fail(error: LektError): void {
    if (this.#error) return;
    this.#error = error;
    this.stop(error);
  }

  /** Drops all that has arrived and all that will; what the application reads fails with the error. Most connections end without one that is to be made. */
  discard(makeError: () => LektError): void {
    this.#makeDiscardError = makeError;
    this.#exchange?.discard(makeError);
  }

  /** Aborts all messages that are not taken over; each gets the error. */
  abortSending(makeError: () => LektError, reason: string): void {
    if (this.areMessagesSent) return;
    this.#exchange?.outbox.abortAll(makeError(), reason);
  }

  /** Nothing more is read or sent: each message that is under way gets `error`. */
  stop(error: LektError): void {
    this.#failIncomplete((messageId) => failedError(messageId, error));
    this.#exchange?.outbox.fail(error);
  }

  /** Gives the core back, once, when nothing is lent and nothing will be. */
  release(): void {
    if (!this.#exchange || this.#isReleased) return;
    this.#isReleased = true;
    this.#failedCount ??= 0;
    this.#exchange.release();
  }

  get #connected(): Exchange {
    if (!this.#exchange) {
      assert(this.#link, "Messages are exchanged before the handshake");
      const isPlain = this.versionMinor === 0;
      this.#exchange = new Exchange(
        this.#limits,
        isPlain ? undefined : this.#link,
      );
      if (this.#makeDiscardError) {
        this.#exchange.discard(this.#makeDiscardError);
      }
    }
    return this.#exchange;
  }

  /** Hands over from the handshake to the messages, once, with the bytes that arrived behind its last packet. */
  #crossSeam(nowMs: number): void {
    if (this.#link || this.#handshake.state !== "connected") return;
    this.#link = new LinkControl(this.#limits, this.versionMinor, nowMs);
    const trailing = this.#handshake.takeTrailing();
    if (trailing.length > 0) this.#takeConnected(trailing, trailing.length);
  }

  /** Fails what will never be whole, a message of which only the header came included; returns how many there were. Of use once. */
  #failIncomplete(makeError: (messageId: number) => LektError): number {
    if (!this.#exchange || this.#failedCount !== undefined) return 0;
    this.#failedCount = 0;
    this.#failedCount = this.#exchange.failIncomplete(makeError);
    return this.#failedCount;
  }

  /** Takes what arrived in connected state. */
  #takeConnected(bytes: Uint8Array, size: number): void {
    let at = 0;
    // A connection without messages needs no more than this.
    if (!this.#exchange && this.versionMinor > 0) {
      at = readLinkControls(bytes, size, this.#link!);
      this.#receiveTarget.noteTaken(at);
      if (at === size) return;
    }
    const exchange = this.#connected;
    const rest = at > 0 ? bytes.subarray(at) : bytes;
    const error = this.#receiveTarget.take(exchange, rest, size - at);
    if (error) this.fail(error);
    else this.#receiveTarget.releaseCoreWhereIdle(exchange);
  }

  get #receipts(): Receipts | undefined {
    return this.#exchange?.receipts;
  }
}
