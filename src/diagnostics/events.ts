/**
 * What is published of connections, and on which channels.
 *
 * @module
 */
import type { LektError, LektErrorCode } from "../base/errors.ts";

/** What all events have. */
export interface DiagnosticEvent {
  /** The number of one call of `connect`, or of one client of a listener: all events of one and the same have the same number, and no other of this process has. */
  attempt: number;
  /** Which side this one is. */
  role: "initiator" | "responder";
}

/** `lekt:connect`: this side begins to look for another one. */
export interface ConnectEvent extends DiagnosticEvent {
  /** The side that begins. */
  role: "initiator";
  /** The methods, or the nickname, that `connect` was given. */
  target: readonly string[];
}

/** `lekt:handshake`: a byte stream is open, and the handshake begins over it. With several methods there may be several for one attempt. */
export interface HandshakeBeginEvent extends DiagnosticEvent {
  /** The connection method, as a URI. */
  method: string;
  /** Where the other side is. */
  address: string;
}

/** `lekt:refused`: an attempt came to nothing; the last event of it. */
export interface RefusedEvent extends DiagnosticEvent {
  /** Why: the code of `error`, or `CLOSED` where a signal ended it. */
  code: LektErrorCode;
  /** Which of the two sides said no, where one of them did. */
  by?: "local" | "remote";
  /** The reason that it gave. Text from outside where `by` is `remote`: escape it before you show it. */
  reason?: string;
  /** What `connect` rejects with, or `onFailure` gets. */
  error: unknown;
  /** The connection method, where it is one alone. */
  method?: string;
  /** Where the other side is, where it has come that far. */
  address?: string;
  /** What the other side calls itself, where it has come that far. */
  nickname?: string;
}

/** Both sides are connected, or were. */
export interface PeerEvent extends HandshakeBeginEvent {
  /** What the other side calls itself; it proves nothing. */
  nickname: string;
  /** The version of the protocol that the other side speaks. */
  version: string;
  /** Whether a directory has the key that it has proved under its nickname. */
  verified: boolean;
  /** The key that it has proved to hold: base64url SHA-256 of its SubjectPublicKeyInfo. */
  key?: string;
}

/** `lekt:connection`: both sides have accepted. */
export type ConnectionEvent = PeerEvent;

/** `lekt:close`: a connection is over, however it ended; the last event of it. */
export interface CloseEvent extends PeerEvent {
  /** Both sides ended in order and dropped nothing, as in `connection.closed`. */
  clean: boolean;
  /** Why it failed, where it did. */
  error?: LektError;
  /** Why the other side has ended, in its own words. Text from outside: escape it before you show it. */
  reason?: string;
  /** How long both sides were connected, in milliseconds. */
  durationMs: number;
  /** Messages that were taken over whole for sending. */
  messagesSent: number;
  /** Messages that arrived whole. */
  messagesReceived: number;
  /** Bytes written, headers included. */
  bytesSent: number;
  /** Bytes of packets that arrived, headers included. */
  bytesReceived: number;
}

/** `lekt:abort`: a connection broke off: its link was lost, this side gave it up, a limit was reached or a rule broken. `lekt:close` follows. */
export interface AbortEvent extends CloseEvent {
  /** Why it broke off. */
  error: LektError;
}

/** `lekt:misbehaviour`: the other side broke a rule of the protocol, or took a place and did not use it. */
export interface MisbehaviourEvent extends DiagnosticEvent {
  /** When: before both sides had accepted, or after. */
  phase: "handshake" | "connection";
  /** `PROTOCOL`, or, in the handshake, `LIMIT`. */
  code: "PROTOCOL" | "LIMIT";
  /** The number of the rule in [PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md) that it broke, such as `F-5`; none where it spoke something else than TLS or HTTP, or kept a place. */
  ruleId?: string;
  /** What it did, in words. Names and texts from outside are in it: escape it before you show it. */
  rule: string;
  /** Where it is. */
  address: string;
  /** The connection method, as a URI. */
  method: string;
  /** What it calls itself; empty where it did not come that far. */
  nickname: string;
}

/** The channels of `node:diagnostics_channel`, and what is published on each. */
export interface DiagnosticEvents {
  /** This side begins to look for another one. */
  "lekt:connect": ConnectEvent;
  /** A byte stream is open. */
  "lekt:handshake": HandshakeBeginEvent;
  /** An attempt came to nothing. */
  "lekt:refused": RefusedEvent;
  /** Both sides have accepted. */
  "lekt:connection": ConnectionEvent;
  /** A connection is over. */
  "lekt:close": CloseEvent;
  /** A connection broke off. */
  "lekt:abort": AbortEvent;
  /** The other side broke a rule. */
  "lekt:misbehaviour": MisbehaviourEvent;
}

/** The name of a channel. */
export type DiagnosticChannel = keyof DiagnosticEvents;
