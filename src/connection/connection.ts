/**
 * The room of connections and messages as the application has them. This file
 * is the connection itself; `driver.ts` has the loops that read and write.
 *
 * This room imports `src/session`, `src/handshake` (types), `src/transport` and
 * `src/base`. Bytes come in from the transport at the driver, which hands them
 * to the session; messages go out to the application at `receive()` and the
 * iterators. What the application sends comes in at `send()` and goes out in
 * the driver's writes.
 *
 * @module
 */
import type { ConnectionStats } from "./connection_stats.ts";
import type { Driver } from "./driver.ts";
import type { ConnectionEnd, RemoteEnd } from "./ending.ts";
import { LektError, messageOf } from "../base/errors.ts";
import type { Role } from "../handshake/mod.ts";
import type { HeldMemory } from "../session/held_memory.ts";
import type { Limits } from "../base/limits.ts";
import { Message } from "./message.ts";
import type { MessageHost } from "./message_body.ts";
import { makeMessageHost } from "./message_host.ts";
import { MessageReceiver, type ReceiveOptions } from "./message_receiver.ts";
import { refuse, type SendOptions, sendSlowly } from "./sending.ts";
import { isPlainBytes, type Sendable } from "./sources.ts";
import { makeProbe } from "./probe.ts";

/** Who is on the other side. A nickname is what it says itself, and proves nothing unless {@linkcode Remote.verified} is true. */
export interface Remote {
  /** Its nickname; empty where none was read. */
  nickname: string;
  /** Its version of the protocol, such as `1.1.0`; both sides do as the lower of their minor numbers says. Empty where none was read. */
  version: string;
  /** The connection method by which the two are connected, as a URI. */
  method: string;
  /** The address on the other end, such as `192.0.2.7:40112`. */
  address: string;
  /** The key that it has proved to hold (`tls`, `wss` and relays): base64url SHA-256 of the SubjectPublicKeyInfo. */
  key?: string;
  /**
   * Whether the nickname is proved: the other side holds the key that the
   * nickname's registration in a directory names. Only `tls`, `wss` and
   * relays with a directory can prove it.
   */
  verified: boolean;
  /** The thumbprint of the registration that proved the nickname: the other side's identity. */
  thumbprint?: string;
}

/** Frees the socket of a connection that ended while nobody could close it any more. */
const forgotten = new FinalizationRegistry<Driver>((driver) =>
  driver.forsake()
);

/** Gives back what unread messages count of a connection that is over, once nobody can read them any more. */
const unread = new FinalizationRegistry<HeldMemory>((held) => held.clear());

/** Makes a connection over a driver in connected state. */
export let makeConnection: (
  driver: Driver,
  remote: Remote,
  limits: Limits,
) => Connection;

/** Hands over the messages that are ready, and then no more, as at the other side's end of stream; sending goes on. */
export let drainConnection: (connection: Connection) => void;

/** Drops what is unread of a connection that is over, and that nobody reads any more. */
export let forgetConnection: (connection: Connection) => void;

/**
 * Two peers in connected state, who exchange messages of any length
 * ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), sections 2 and 5). {@linkcode connect} and
 * {@linkcode listen} give connections.
 *
 * @example Send and receive
 * ```ts
 * import { connect, listen } from "@lekt/lekt";
 * import { assertEquals } from "@std/assert";
 *
 * await using listener = await listen({
 *   nickname: "bob",
 *   methods: ["tcp://127.0.0.1:0"],
 *   accept: () => true,
 * });
 * listener.serve(async (connection) => {
 *   for await (const message of connection) {
 *     await connection.send(message.body);
 *   }
 * });
 *
 * await using connection = await connect(listener.methods, {
 *   nickname: "alice",
 * });
 * await connection.send("hello");
 * const reply = await connection.receive();
 * assertEquals(await reply?.text(), "hello");
 * ```
 */
export class Connection implements AsyncIterable<Message>, AsyncDisposable {
  /** Who is on the other side. */
  readonly remote: Remote;
  /** Resolves when the connection is over, with how it ended: both sides have ended their streams (this one by {@linkcode close}), or it failed. Never rejects. */
  readonly closed: Promise<ConnectionEnd>;
  /**
   * Resolves when the other side's stream has ended, in order or not, also
   * where this side reads or writes nothing: when a peer has left, for lists of
   * who is there. What it sent before is still to be received, and where it
   * ended in order it can still be sent to, so the connection is over, and
   * {@linkcode closed} resolves, only when this side has ended too. Never
   * rejects, and never resolves later than `closed`. Where `maxBufferedBytes` of
   * unread messages are held, it is noticed when some of them were taken.
   */
  readonly ended: Promise<RemoteEnd>;
  #driver: Driver;
  #receiver: MessageReceiver;
  #probe: ((timeoutMs: number) => Promise<number>) | undefined;

  static {
    makeConnection = (driver, remote, limits) =>
      new Connection(driver, remote, limits);
    forgetConnection = (connection) => connection.#driver.forsake();
    drainConnection = (connection) => {
      connection.#receiver.drain();
    };
  }

  private constructor(driver: Driver, remote: Remote, limits: Limits) {
    this.#driver = driver;
    this.remote = remote;
    this.closed = driver.closed;
    this.ended = driver.remoteEnded;
    const host = makeMessageHost(driver, limits);
    // The host, for messages that are still read have it too.
    forgotten.register(host, driver, driver);
    letGoWhenClosed(driver, new WeakRef(host));
    this.#receiver = new MessageReceiver(
      driver,
      (source, index) => new Message(source, index, host),
    );
  }

  /** Which side this is: `"initiator"` opened the connection, `"responder"` was connected to. */
  get role(): Role {
    return this.#driver.session.role;
  }

  /**
   * Sends one message of any length, zero included. Resolves with its id when
   * the connection has taken the whole message over, not when the other side
   * has it (for that there is `confirm`), and holds back while the other side is
   * slow. Bytes must stay as
   * they are until then. Several calls at once take turns; strings and bytes of
   * at most `limits.maxPartBytes` keep their order, Blobs and streams take
   * turns with longer ones.
   *
   * A source that fails, or a `signal` that fires, aborts this message alone:
   * the call rejects with that error or the signal's reason, and the memory is
   * read no more; a source that did not come to its end is cancelled, or told
   * by `return()`, also where it was refused from the start. Rejects with
   * `INVALID_ARGUMENT` where `data`, or what a source gives, cannot be sent;
   * with `CANCELLED` where the receiver wants no more of the message, with its
   * `reason`; with `CLOSED` where this side's stream has ended; with the error of
   * the connection where it failed.
   *
   * @param data The message: text, bytes, or a source of bytes.
   * @param options What cancels it, who has more turns, and whether it is to be confirmed.
   */
  send(data: Sendable, options?: SendOptions): Promise<number> {
    const error = this.#driver.sendError;
    if (error) return refuse(data, error);
    const signal = options?.signal;
    if (signal?.aborted) return refuse(data, signal.reason);
    const isPlain = !options?.confirm && !options?.priority;
    if (isPlain && (typeof data === "string" || isPlainBytes(data))) {
      let messageId: number;
      try {
        messageId = this.#driver.session.outbox.trySend(data);
      } catch (cause) {
        return Promise.reject(this.#driver.crash(cause));
      }
      if (messageId >= 0) {
        this.#driver.scheduleWrite();
        return options?.onId
          ? toldOf(messageId, options.onId)
          : Promise.resolve(messageId);
      }
    }
    return sendSlowly(this.#driver, data, options);
  }

  /**
   * The next message, or `null` at the other side's end of stream. A message is
   * handed over when it is complete, or, once it is longer than
   * `limits.streamThresholdBytes`, while its body still arrives. Rejects with
   * `PROTOCOL`, `LIMIT` or `TRUNCATED` where the connection failed, behind the
   * messages that were complete before; with `CLOSED` after {@linkcode close};
   * with the reason of `options.signal` where that fires, and then no message is
   * lost: the next call gets it.
   *
   * @param options What cancels it.
   */
  receive(options?: ReceiveOptions): Promise<Message | null> {
    return this.#receiver.receive(options);
  }

  /** Ends this side's stream behind all that was sent; receiving goes on. Resolves when that is done; rejects with the error of the connection where it failed, with `CLOSED` where {@linkcode close} dropped messages first. */
  closeWrite(): Promise<void> {
    return this.#driver.closeWrite();
  }

  /**
   * Ends the connection: what `send` took over goes out, for as long as the
   * other side takes bytes; what it did not is aborted; what has arrived and is
   * unread, or still arrives, is dropped. Where nothing was dropped this side's
   * stream ends in order; where something was, the other side is told that
   * this side broke off, and `closed` says that it is not clean. Then waits for
   * the other side's end of stream for at most `limits.closeTimeoutMs`, behind
   * its word that it has got all, which takes thirty times as long at most where
   * it is slow, or gone without a word (version 1.1). Resolves when the socket is
   * closed, too: over `ws` and `wss` up to 1 s later where the other side does not
   * end the WebSocket. {@linkcode abort} waits for nothing else. May be called
   * again.
   *
   * @param reason Why, for the other side, which finds it in its `closed` (version 1.1); a text, or an error, whose message is sent. At most 1,023 bytes. It is not told where something was dropped: Goodbye says that all was read.
   */
  close(reason?: unknown): Promise<void> {
    return this.#driver.close(messageOf(reason ?? ""));
  }

  /**
   * Ends the connection at once: nothing more is sent, sends and messages
   * that are under way fail with `CLOSED`, and the other side is told that this
   * side broke off. For when {@linkcode close} takes too long: `closed` is not
   * clean, and its error has `reason` as its cause. Of no effect on a
   * connection that is over.
   *
   * @param reason Why; it becomes the `cause` of the error in `closed`.
   */
  abort(reason?: unknown): Promise<void> {
    this.#driver.abandon(
      new LektError("CLOSED", "This side gave the connection up", {
        cause: reason,
      }),
    );
    return this.closed.then(() => {});
  }

  /** Counts of what went over the connection. */
  stats(): ConnectionStats {
    const { session, sentBytes } = this.#driver;
    const { exchange } = session;
    const { liveness } = session.link!;
    return {
      messagesSent: session.sentCount,
      messagesReceived: session.receivedCount,
      bytesSent: sentBytes,
      bytesReceived: session.receivedBytes,
      bytesBuffered: session.heldSize,
      messagesSending: exchange?.outbox.ids.openCount ?? 0,
      messagesReceiving: exchange?.inbox.openCount ?? 0,
      bytesHeldBack: exchange?.outbox.heldBackSize ?? 0,
      silentMs: liveness.silentMs(performance.now()),
      roundTripMs: liveness.roundTripMs,
    };
  }

  /**
   * Asks the other side for a sign of life now (a Ping: [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#alive-or-not), section 10), as
   * {@linkcode Limits.pingIntervalMs} does now and then. Resolves with the
   * milliseconds until the answer came: the way there and back, and before
   * that the wait behind what is being written. Those who ask at the same time share one Ping.
   *
   * Rejects with `TIMEOUT` where no answer came in time, and the connection goes
   * on: a network may be slow, and the answer waits behind what is being
   * written, and is not read while `maxBufferedBytes` of unread messages are
   * held; {@linkcode stats} tells whether anything else has come. Rejects with
   * `UNSUPPORTED` where the other side speaks version 1.0, with
   * `INVALID_ARGUMENT` for a time that is none, with `CLOSED` or the error of
   * the connection where it is over.
   *
   * @param timeoutMs How long to wait, in milliseconds. Default: 5 s.
   *
   * @example Give up a peer that does not answer within a second
   * ```ts
   * import { connect, listen } from "@lekt/lekt";
   *
   * await using listener = await listen({
   *   nickname: "bob",
   *   methods: ["tcp://127.0.0.1:0"],
   *   accept: () => true,
   * });
   * listener.serve(async (bob) => void await bob.receive());
   *
   * await using alice = await connect(listener.methods, { nickname: "alice" });
   * try {
   *   console.log(`bob answers after ${await alice.probe(1_000)} ms`);
   * } catch (error) {
   *   alice.abort(error);
   * }
   * ```
   */
  probe(timeoutMs = 5_000): Promise<number> {
    return (this.#probe ??= makeProbe(this.#driver))(timeoutMs);
  }

  /**
   * The messages, until the other side's end of stream or {@linkcode close};
   * rejects as {@linkcode receive} does where the connection failed. Leaving the
   * loop early does not close the connection.
   */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return this.#receiver.iterate();
  }

  /**
   * The messages in arrays of those that are ready, 1 to 512: the fastest way to
   * take many short ones. With {@linkcode Message.bytesNow} nothing is
   * awaited for each. Ends and rejects as the iteration of single messages does,
   * and with the reason of `options.signal` where that fires.
   *
   * @param options What cancels it.
   *
   * @example Count bytes
   * ```ts
   * import { connect, listen } from "@lekt/lekt";
   * import { assertEquals } from "@std/assert";
   *
   * await using listener = await listen({
   *   nickname: "bob",
   *   methods: ["tcp://127.0.0.1:0"],
   *   accept: () => true,
   * });
   * const alice = await connect(listener.methods, { nickname: "alice" });
   * for (let i = 0; i < 1000; i++) await alice.send("hello");
   * alice.close();
   *
   * let size = 0;
   * for await (const bob of listener) {
   *   for await (const messages of bob.batches()) {
   *     for (const message of messages) size += message.bytesNow()?.length ?? 0;
   *   }
   *   await bob.close();
   *   break;
   * }
   * assertEquals(size, 5000);
   * ```
   */
  batches(
    options?: ReceiveOptions,
  ): AsyncIterableIterator<Message[], undefined> {
    return this.#receiver.batches(options);
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * What is registered outlives all small collections of garbage: 5 KiB a
 * connection. Where messages are unread, they count as held until they are
 * forgotten; not by the driver any more, for its error leads back to whoever made
 * it, and so to the connection, which would never be forgotten then. A function
 * of its own, for a closure of the constructor would keep the host alive.
 */
function letGoWhenClosed(driver: Driver, weakHost: WeakRef<MessageHost>): void {
  driver.closed.then(() => {
    const host = weakHost.deref();
    // Else it is forgotten by its driver.
    if (!host) return;
    forgotten.unregister(driver);
    if (driver.session.heldSize > 0) {
      unread.register(host, driver.session.inbox.held);
    }
  });
}

/** Tells the id of a message that was taken over; what the application throws is for whoever has sent it. */
async function toldOf(
  messageId: number,
  onId: NonNullable<SendOptions["onId"]>,
): Promise<number> {
  await onId(messageId);
  return messageId;
}
