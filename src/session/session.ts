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
import { LektError } from "../base/errors.ts";
import { Exchange } from "./exchange.ts";
import {
  Handshake,
  type HandshakeEvent,
  type HandshakeState,
  type Role,
} from "../handshake/mod.ts";
import type { Inbox, MessageMaker } from "./inbox.ts";
import type { Limits } from "../base/limits.ts";
import type { Outbox } from "./outbox.ts";
import { DIRECT_SIZE_MIN, ReceiveTarget } from "./receive_target.ts";

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
  #isConnected = false;
  #exchange: Exchange | undefined;
  #makeDiscardError: (() => LektError) | undefined;
  #hasRemoteEnded = false;
  #error: LektError | undefined;
  #isCutShort = false;
  #hasFailedIncomplete = false;
  #isReleased = false;
  #receiveTarget = new ReceiveTarget();

  /** Begins a connection. */
  constructor(options: SessionOptions) {
    const { limits } = options;
    this.#limits = limits;
    this.#handshake = new Handshake({
      role: options.role,
      nickname: options.nickname,
      nowMs: options.nowMs,
      handshakeTimeoutMs: limits.handshakeTimeoutMs,
      decisionTimeoutMs: limits.decisionTimeoutMs,
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

  /** The other side's stream ended in order. */
  get hasRemoteEnded(): boolean {
    return this.#hasRemoteEnded;
  }

  /** A message that was under way will never be whole. */
  get isCutShort(): boolean {
    return this.#isCutShort;
  }

  /** Whether messages have arrived that the application will not get, because it has closed the connection. */
  get hasDropped(): boolean {
    return this.#exchange?.inbox.hasDropped ?? false;
  }

  /** Whether all that the transport has taken of this side's stream ends with a whole message packet. */
  get isBetweenPackets(): boolean {
    if (!this.#isConnected || this.#isReleased) return false;
    this.#handshakeTransmit ??= this.#handshake.pollTransmit();
    if (this.#handshakeTransmit) return false;
    return this.#exchange?.outbox.isBetweenPackets ?? true;
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

  /** A reader with memory of its own was told of bytes and is about to ask for more, which it can have without a copy. */
  get isReaderDue(): boolean {
    if (!this.#exchange || this.#error) return false;
    const { inbox } = this.#exchange;
    if (inbox.openCount === 0) return false;
    const { core } = this.#exchange;
    return core.payloadMissing >= DIRECT_SIZE_MIN &&
      inbox.isReaderDue(core.payloadSlot);
  }

  /** No more may be read before something is consumed. */
  get isFull(): boolean {
    return this.#exchange?.inbox.isFull ?? false;
  }

  /** Everything that was taken over for sending has gone to the transport. */
  get isDrained(): boolean {
    return this.#exchange?.outbox.isDrained ?? true;
  }

  /** The next message for the application, as `make` makes it, or `undefined`. */
  shift<T>(make: MessageMaker<T>): T | undefined {
    return this.#exchange?.inbox.shift(make);
  }

  /** Memory for the next read, on loan until {@linkcode handleReceived}. */
  receiveBuffer(): Uint8Array {
    return this.#receiveTarget.lend(this.#exchange);
  }

  /** The first `size` bytes of the buffer that was lent have arrived. */
  handleReceived(size: number, nowMs: number): void {
    const lent = this.#receiveTarget.takeBack(size);
    if (this.#isConnected) {
      this.#take(this.#connected, lent, size);
      return;
    }
    this.#handshake.handleReceived(lent.subarray(0, size), nowMs);
    this.#crossSeam();
  }

  /** The other side's stream ended. */
  handleEndOfStream(nowMs: number): void {
    this.#receiveTarget.forget();
    if (!this.#isConnected) {
      this.#handshake.handleEndOfStream(nowMs);
      return;
    }
    this.#endSharedBlock();
    const isInsidePacket = this.#exchange?.isBetweenMessages === false;
    const count = this.#failIncomplete(truncatedError);
    if (count === 0 && !isInsidePacket) {
      this.#hasRemoteEnded = true;
    } else {
      this.fail(
        new LektError(
          "TRUNCATED",
          "Cannot receive more: the other side broke off, for its stream is not whole",
        ),
      );
    }
  }

  /** The transport broke. */
  handleFailure(error: LektError, nowMs: number): void {
    this.#receiveTarget.forget();
    if (this.#isConnected) this.fail(error);
    else this.#handshake.handleFailure(error, nowMs);
  }

  /** The application has decided whether to talk. */
  handleDecision(decision: true | string, nowMs: number): void {
    this.#handshake.handleDecision(decision, nowMs);
    this.#crossSeam();
  }

  /** The moment that {@linkcode pollTimeout} named has come. */
  handleTimeout(nowMs: number): void {
    this.#handshake.handleTimeout(nowMs);
  }

  /** When to call {@linkcode handleTimeout}, in milliseconds. */
  pollTimeout(): number | undefined {
    return this.#handshake.pollTimeout();
  }

  /** What happened in the handshake. */
  pollEvent(): HandshakeEvent | undefined {
    return this.#handshake.pollEvent();
  }

  /** The next bytes to write, on loan until {@linkcode handleTransmitted}. */
  pollTransmit(): Uint8Array | undefined {
    if (this.#error || this.#isReleased) return undefined;
    this.#handshakeTransmit ??= this.#handshake.pollTransmit();
    return this.#handshakeTransmit ?? this.#exchange?.outbox.pollTransmit();
  }

  /** The transport has written this many of the bytes it was lent. */
  handleTransmitted(size: number): void {
    if (this.#handshakeTransmit) {
      const rest = this.#handshakeTransmit.subarray(size);
      this.#handshakeTransmit = rest.length > 0 ? rest : undefined;
    } else if (this.#exchange) {
      this.#exchange.outbox.handleTransmitted(size);
      if (!this.#error) {
        this.#receiveTarget.releaseCoreWhereIdle(this.#exchange);
      }
    }
  }

  /** Ends a connected session for a reason of either side; messages that are under way fail with it. */
  fail(error: LektError): void {
    this.#endSharedBlock();
    if (this.#error) return;
    this.#error = error;
    this.#failIncomplete((messageId) =>
      new LektError(
        error.code,
        `Cannot receive message ${messageId}: the connection failed (${error.message})`,
        { cause: error, messageId },
      )
    );
    this.#exchange?.outbox.fail(error);
  }

  /** Drops all that has arrived and all that will; what the application reads fails with the error. Most connections end without one that is to be made. */
  discard(makeError: () => LektError): void {
    this.#makeDiscardError = makeError;
    this.#exchange?.inbox.discard(makeError());
  }

  /** Aborts all messages that are not taken over; each gets the error. */
  abortSending(makeError: () => LektError, reason: string): void {
    this.#exchange?.outbox.abortAll(makeError(), reason);
  }

  /** Forgets all that is to be sent, for the transport takes no more; each message gets `error`. */
  failSending(error: LektError): void {
    this.#exchange?.outbox.fail(error);
  }

  /** Gives the core back, once, when nothing is lent and nothing will be. */
  release(): void {
    if (!this.#exchange || this.#isReleased) return;
    this.#endSharedBlock();
    this.#isReleased = true;
    this.#hasFailedIncomplete = true;
    this.#exchange.release();
  }

  get #connected(): Exchange {
    if (!this.#exchange) {
      assert(this.#isConnected, "Messages are exchanged before the handshake");
      this.#exchange = new Exchange(this.#limits);
      if (this.#makeDiscardError) {
        this.#exchange.inbox.discard(this.#makeDiscardError());
      }
    }
    return this.#exchange;
  }

  /** Hands over from the handshake to the messages, once, with the bytes that arrived behind its last packet. */
  #crossSeam(): void {
    if (this.#isConnected || this.#handshake.state !== "connected") return;
    this.#isConnected = true;
    const trailing = this.#handshake.takeTrailing();
    if (trailing.length === 0) return;
    this.#take(this.#connected, trailing, trailing.length);
  }

  /** Fails what will never be whole, a message of which only the header came included; returns how many there were. Of use once. */
  #failIncomplete(makeError: (messageId: number) => LektError): number {
    if (!this.#exchange || this.#hasFailedIncomplete) return 0;
    const { inbox } = this.#exchange;
    this.#hasFailedIncomplete = true;
    if (!this.#exchange.isBetweenMessages) {
      const { core } = this.#exchange;
      if (core.payloadMissing > 0) {
        inbox.ensureBegun(core.payloadSlot, core.packetMessageId);
      }
    }
    const count = inbox.failIncomplete(makeError);
    if (count > 0) this.#isCutShort = true;
    return count;
  }

  /** Takes what arrived in connected state. */
  #take(exchange: Exchange, bytes: Uint8Array, size: number): void {
    const error = this.#receiveTarget.take(exchange, bytes, size);
    if (error) this.fail(error);
    else this.#receiveTarget.releaseCoreWhereIdle(exchange);
  }

  /** What was read ahead of its message's end is the core's where no more comes. */
  #endSharedBlock(): void {
    const error = this.#exchange?.endSharedBlock();
    if (error) this.fail(error);
  }
}

function truncatedError(messageId: number): LektError {
  return new LektError(
    "TRUNCATED",
    `Cannot receive message ${messageId}: the other side's stream ended inside it`,
    { messageId },
  );
}
