/**
 * The state machine of a handshake: the table of `table.ts`, with the packets,
 * events and deadlines that go with each step ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), sections 2 to 4).
 *
 * @module
 */
import { LektError, type LektErrorOptions } from "../base/errors.ts";
import { DECISION_GRACE_MS, LINGER_MS } from "../base/limits.ts";
import { cutReason } from "../base/text.ts";
import { resolveOptions } from "./options.ts";
import { failure, rejected } from "./outcome.ts";
import { Lingering } from "./lingering.ts";
import {
  encodeHandshake,
  encodeInitiatorAccept,
  encodeReject,
  encodeResponderAccept,
  PacketReader,
  type PacketReading,
  PREAMBLE_SIZE,
  VERSION_MINOR_MAX,
} from "./packets.ts";
import {
  EXPECTATIONS,
  type HandshakeInput,
  type HandshakeState,
  type Role,
  TRANSITIONS,
} from "./table.ts";
import type {
  HandshakeEvent,
  HandshakeOptions,
  HandshakeRemote,
} from "./types.ts";

/**
 * The handshake of one connection, for either role; the documentation of the module says how to drive it.
 *
 * The `error` of an event has one of these codes:
 *
 * | code | when |
 * | --- | --- |
 * | `REJECTED` | one side decided against it; `by` says which, `reason` why (`undefined` where the other side's was malformed) |
 * | `PROTOCOL` | the other side broke [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md), or speaks another major version |
 * | `TIMEOUT` | the Handshake or a decision took too long |
 * | `CLOSED` | the other side went away; `cause` is what broke the transport, where it broke |
 *
 * @example A responder that rejects
 * ```ts
 * import { encodeHandshake, encodeReject, Handshake } from "@lekt/lekt/handshake";
 * import { assertEquals } from "@std/assert";
 *
 * const bob = new Handshake({ role: "responder", nickname: "bob", nowMs: 0 });
 * bob.handleReceived(encodeHandshake("alice"), 20);
 * bob.handleDecision("busy", 25);
 * assertEquals(bob.pollTransmit(), encodeReject("busy"));
 * assertEquals(bob.state, "lingering");
 * ```
 */
export class Handshake {
  readonly #options: Required<HandshakeOptions>;
  #state: HandshakeState;
  #deadlineMs: number | undefined;
  /** Let go when nothing is to be read any more: a connection outlives its handshake. */
  #reader: PacketReader | undefined = new PacketReader();
  #remote: HandshakeRemote | undefined;
  #remoteMinor = VERSION_MINOR_MAX;
  #decisionAsked = false;
  #trailing: Uint8Array<ArrayBuffer> | undefined;
  #transmits: Uint8Array[] = [];
  #events: HandshakeEvent[] = [];
  /** In `lingering` and behind it. */
  #lingering: Lingering | undefined;

  /**
   * Starts a handshake; the initiator's Handshake is ready to be written.
   *
   * @param options The role, the own nickname, the present moment, and the times that differ from the defaults.
   * @throws {LektError} `INVALID_ARGUMENT` where an option is not usable.
   */
  constructor(options: HandshakeOptions) {
    const checked = resolveOptions(options);
    this.#options = checked;
    const { role, nickname, nowMs, versionMinor } = checked;
    if (role === "initiator") {
      this.#state = "awaitingAnswer";
      this.#deadlineMs = nowMs + checked.decisionTimeoutMs + DECISION_GRACE_MS;
      this.#transmits.push(encodeHandshake(nickname, versionMinor));
    } else {
      this.#state = "awaitingHandshake";
      this.#deadlineMs = nowMs + checked.handshakeTimeoutMs;
    }
  }

  /** Where the handshake is. */
  get state(): HandshakeState {
    return this.#state;
  }

  /** Which side this is. */
  get role(): Role {
    return this.#options.role;
  }

  /** The VERSION_MINOR that the two go by: this side's own, or, once the other side's is known, the lower one. */
  get versionMinor(): number {
    return Math.min(this.#options.versionMinor, this.#remoteMinor);
  }

  /** Who is on the other side; `undefined` until a good nickname has been read. */
  get remote(): HandshakeRemote | undefined {
    return this.#remote;
  }

  /**
   * Takes the bytes of one read, cut in any way. Nothing of `bytes` is kept that is not copied.
   *
   * Bytes that are handed over before {@linkcode handleTimeout} is called have arrived in time. In `closed` they are ignored.
   *
   * @param bytes What one read brought; any number of bytes.
   * @param nowMs The present moment, in milliseconds.
   * @throws {LektError} `INVALID_ARGUMENT` in `connected`: further bytes are message packets.
   */
  handleReceived(bytes: Uint8Array, nowMs: number): void {
    if (this.#state === "connected") throw this.#misuse("received bytes");
    for (let offset = 0; offset < bytes.length; offset++) {
      const expected = EXPECTATIONS[this.#state];
      if (expected !== undefined) {
        const reading = this.#reader!.push(bytes[offset]!, expected);
        if (reading !== undefined) this.#handleReading(reading, nowMs);
        continue;
      }
      this.#handleBehind(bytes.subarray(offset), nowMs);
      break;
    }
    // Asked only now: with bytes behind the packet there is nothing to decide.
    if (this.#state === "deciding" && !this.#decisionAsked) {
      this.#decisionAsked = true;
      this.#events.push({ kind: "decisionNeeded", remote: this.#remote! });
    }
  }

  /**
   * Takes note of the other side's end of stream. In `closed` it is ignored.
   *
   * @param nowMs The present moment, in milliseconds.
   * @throws {LektError} `INVALID_ARGUMENT` in `connected`: it is the end of the message packets.
   */
  handleEndOfStream(nowMs: number): void {
    if (this.#state === "closed") return;
    if (this.#state === "lingering") {
      this.#lingering!.noteEndOfStream();
      this.#settleLingering();
      return;
    }
    this.#goneAway(nowMs);
  }

  /**
   * Takes note that the transport broke: it was reset, or a write failed. In `closed` it is ignored.
   *
   * @param cause What broke it; becomes the `cause` of the error.
   * @param nowMs The present moment, in milliseconds.
   * @throws {LektError} `INVALID_ARGUMENT` in `connected`: it is the end of the message packets.
   */
  handleFailure(cause: unknown, nowMs: number): void {
    if (this.#state === "closed") return;
    if (this.#state === "lingering") {
      this.#close("ended");
      return;
    }
    this.#goneAway(nowMs, { cause });
  }

  /**
   * Takes this side's own decision, once, after the event `decisionNeeded`. In `lingering` and `closed` it comes too late and is ignored.
   *
   * @param decision `true` accepts; a string rejects and is the reason, made fit for the wire; `false` rejects without one.
   * @param nowMs The present moment, in milliseconds.
   * @throws {LektError} `INVALID_ARGUMENT` where no decision is asked for yet, or it has been taken already.
   */
  handleDecision(decision: boolean | string, nowMs: number): void {
    if (this.#state === "lingering" || this.#state === "closed") return;
    if (this.#state !== "deciding") throw this.#misuse("a decision");
    if (decision !== true) {
      const reason = typeof decision === "string" ? cutReason(decision) : "";
      const error = rejected("local", reason);
      this.#fail("rejected", error, nowMs, reason);
      return;
    }
    this.#move("accepted");
    if (this.#options.role === "initiator") {
      this.#transmits.push(encodeInitiatorAccept(this.#options.versionMinor));
      this.#connect();
    } else {
      this.#transmits.push(
        encodeResponderAccept(
          this.#options.nickname,
          this.#options.versionMinor,
        ),
      );
      this.#deadlineMs = nowMs + this.#options.decisionTimeoutMs +
        DECISION_GRACE_MS;
    }
  }

  /**
   * Looks whether the deadline has passed; before that it does nothing.
   *
   * @param nowMs The present moment, in milliseconds.
   */
  handleTimeout(nowMs: number): void {
    if (this.#deadlineMs === undefined || nowMs < this.#deadlineMs) return;
    if (this.#state === "lingering") {
      this.#close("late");
    } else if (this.#state === "deciding") {
      const error = failure("TIMEOUT", "this side did not decide in time");
      this.#fail("lateAnswerable", error, nowMs, "no answer");
    } else if (this.#state === "awaitingHandshake") {
      const error = failure("TIMEOUT", "the Handshake did not arrive in time");
      const isAnswerable = this.#reader!.size >= PREAMBLE_SIZE;
      const input = isAnswerable ? "lateAnswerable" : "late";
      this.#fail(input, error, nowMs, "handshake timed out");
    } else {
      const error = failure("TIMEOUT", "the other side did not answer in time");
      this.#fail("late", error, nowMs);
    }
  }

  /**
   * Tells when {@linkcode handleTimeout} is to be called.
   *
   * @return The next deadline, in milliseconds of the clock that the moments come from; `undefined` where there is none.
   */
  pollTimeout(): number | undefined {
    return this.#deadlineMs;
  }

  /**
   * Gives the next packet to write. Each call says that the packets before have been written.
   *
   * @return The bytes of one packet, which are the caller's; `undefined` where there is nothing to write.
   */
  pollTransmit(): Uint8Array | undefined {
    const packet = this.#transmits.shift();
    if (packet === undefined && this.#state === "lingering") {
      this.#lingering!.noteRejectWritten();
      this.#settleLingering();
    }
    return packet;
  }

  /**
   * Gives the next event.
   *
   * @return The event, or `undefined` where nothing more has happened.
   */
  pollEvent(): HandshakeEvent | undefined {
    return this.#events.shift();
  }

  /**
   * Hands over, once, the bytes that came behind the initiator's Accept in the same read: the first of the message packets.
   *
   * @return The bytes, which are the caller's; empty before `connected`, for the initiator, and from the second call on.
   */
  takeTrailing(): Uint8Array<ArrayBuffer> {
    const trailing = this.#trailing ?? new Uint8Array(0);
    this.#trailing = undefined;
    return trailing;
  }

  #handleReading(reading: PacketReading, nowMs: number): void {
    switch (reading.kind) {
      case "packet":
        this.#move("packetRead");
        if (this.#state === "connected") {
          this.#connect();
        } else {
          const { minor, nickname, version } = reading;
          this.#remoteMinor = minor;
          this.#remote = Object.freeze({ nickname, version });
          this.#deadlineMs = nowMs + this.#options.decisionTimeoutMs;
        }
        return;
      case "reject":
        this.#fail("rejectRead", rejected("remote", reading.reason), nowMs);
        return;
      case "foreignVersion": {
        const fault =
          `version ${reading.version} is not compatible with version 1.${this.#options.versionMinor}.0`;
        const isProbe = this.#options.role === "responder" &&
          reading.version.startsWith("0.");
        const error = isProbe
          ? failure(
            "CLOSED",
            "the other side only asked whether it is answered",
          )
          : failure("PROTOCOL", fault, { ruleId: "B-6" });
        this.#fail("refused", error, nowMs, fault);
        return;
      }
      case "badNickname": {
        const { ruleId } = reading;
        const fault = `nickname ${reading.fault}`;
        const error = failure("PROTOCOL", fault, { ruleId });
        this.#fail("refused", error, nowMs, fault);
        return;
      }
      case "fault": {
        const { fault, ruleId } = reading;
        this.#fail("faulted", failure("PROTOCOL", fault, { ruleId }), nowMs);
      }
    }
  }

  /** Takes the bytes of a read from the first that no packet is waited for. */
  #handleBehind(bytes: Uint8Array, nowMs: number): void {
    switch (this.#state) {
      case "connected":
        this.#trailing = bytes.slice();
        return;
      case "deciding": {
        const fault = "bytes arrived before this side had decided";
        const error = failure("PROTOCOL", fault, { ruleId: "L-2" });
        this.#fail("faulted", error, nowMs);
        return;
      }
      case "lingering":
        this.#lingering!.noteDropped(bytes.length);
        this.#settleLingering();
    }
  }

  #goneAway(nowMs: number, options?: LektErrorOptions): void {
    const error = failure("CLOSED", "the other side went away", options);
    this.#fail("ended", error, nowMs);
  }

  /** Ends the handshake in failure; where the table leads to `lingering`, a Reject with `reason` is sent. */
  #fail(
    input: HandshakeInput,
    error: LektError,
    nowMs: number,
    reason = "",
  ): void {
    const isCancelled = this.#state === "deciding" && this.#decisionAsked &&
      input !== "rejected";
    this.#move(input);
    if (isCancelled) this.#events.push({ kind: "decisionCancelled", error });
    this.#events.push({ kind: "failed", error });
    this.#reader = undefined;
    if (this.#state === "lingering") {
      this.#lingering = new Lingering();
      this.#transmits.push(encodeReject(reason, this.#options.versionMinor));
      this.#deadlineMs = nowMs + LINGER_MS;
    } else {
      this.#transmits = [];
      this.#deadlineMs = undefined;
    }
  }

  #connect(): void {
    this.#reader = undefined;
    this.#deadlineMs = undefined;
    this.#events.push({ kind: "connected", remote: this.#remote! });
  }

  #settleLingering(): void {
    if (this.#lingering!.isOver) this.#close("lingered");
  }

  #close(input: "lingered" | "ended" | "late"): void {
    this.#move(input);
    this.#transmits = [];
    this.#deadlineMs = undefined;
  }

  #move(input: HandshakeInput): void {
    const next = TRANSITIONS[this.#options.role][this.#state]?.[input];
    if (next === undefined) throw this.#misuse(`"${input}"`);
    this.#state = next;
  }

  #misuse(what: string): LektError {
    return new LektError(
      "INVALID_ARGUMENT",
      `Cannot handle ${what}: the state of the handshake is ${this.#state}`,
    );
  }
}
