/**
 * Publishing what happens to connections. Costs a look at a flag for each event
 * where nobody subscribes; nothing is published of messages or packets.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type {
  CloseEvent,
  DiagnosticChannel,
  DiagnosticEvents,
  MisbehaviourEvent,
  PeerEvent,
  RefusedEvent,
} from "./events.ts";

/** A channel of `node:diagnostics_channel`, as far as it is used. */
export interface Channel {
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean;
  /** Tells those who listen, at once. */
  publish(event: unknown): void;
}

/** Who is on the other side, as far as that is known. */
export interface KnownPeer {
  readonly method: string;
  readonly address: string;
  readonly nickname: string;
}

let openChannel: ((name: string) => Channel) | undefined;
const channels = new Map<string, Channel>();
let attemptCount = 0;

/** Where channels come from, from now on; web pages have none. */
export function provideChannels(open: (name: string) => Channel): void {
  openChannel = open;
}

/** Whether channels were provided. */
export function hasChannels(): boolean {
  return openChannel !== undefined;
}

/** The number of a new attempt. */
export function nextAttempt(): number {
  return ++attemptCount;
}

/** Publishes what `make` gives, where anybody listens. */
export function publish<Name extends DiagnosticChannel>(
  name: Name,
  make: () => DiagnosticEvents[Name],
): void {
  if (openChannel === undefined) return;
  let channel = channels.get(name);
  if (!channel) {
    channel = openChannel(name);
    channels.set(name, channel);
  }
  if (channel.hasSubscribers) channel.publish(make());
}

/** Whether an error of a handshake, or of a connection, is the other side's misbehaviour. */
export function isMisbehaviour(
  error: unknown,
  phase: MisbehaviourEvent["phase"],
): error is LektError & { code: MisbehaviourEvent["code"] } {
  if (!(error instanceof LektError)) return false;
  return error.code === "PROTOCOL" ||
    (error.code === "LIMIT" && phase === "handshake");
}

/** Publishes that the other side misbehaved, where `error` says so. */
export function publishMisbehaviour(
  error: unknown,
  phase: MisbehaviourEvent["phase"],
  { attempt, role }: Pick<PeerEvent, "attempt" | "role">,
  { method, address, nickname }: KnownPeer,
): void {
  if (!isMisbehaviour(error, phase)) return;
  publish("lekt:misbehaviour", () => ({
    attempt,
    role,
    phase,
    code: error.code,
    ...(error.ruleId !== undefined && { ruleId: error.ruleId }),
    rule: error.message,
    address,
    method,
    nickname,
  }));
}

/** Publishes that an attempt came to nothing. */
export function publishRefused(
  error: unknown,
  attempt: Pick<PeerEvent, "attempt" | "role">,
  peer: Partial<KnownPeer>,
): void {
  publish("lekt:refused", () => {
    const event: RefusedEvent = { ...attempt, code: "CLOSED", error };
    if (error instanceof LektError) {
      event.code = error.code;
      if (error.by !== undefined) event.by = error.by;
      if (error.reason !== undefined) event.reason = error.reason;
    }
    const { method, address, nickname } = peer;
    if (method) event.method = method;
    if (address) event.address = address;
    if (nickname) event.nickname = nickname;
    return event;
  });
}

/** Publishes that a connection is over, that it broke off where it did, and that it was the other side's misbehaviour where it was. */
export function publishEnd(event: CloseEvent): void {
  const { error } = event;
  if (error) {
    publishMisbehaviour(error, "connection", event, event);
    publish("lekt:abort", () => ({ ...event, error }));
  }
  publish("lekt:close", () => event);
}
