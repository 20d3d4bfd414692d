/**
 * How long a method has to itself before the next one is tried, too.
 *
 * @module
 */
import { type Method, methodScope } from "../transport/method.ts";

/**
 * How long the best method has to itself before the next is tried, too, in
 * milliseconds (RFC 8305, section 8); and for how long since its start a worse
 * one leaves it its turn, where it may prove who is there.
 */
export const STAGGER_MS = 250;

/** The same where the method leads to this machine or a private network, which answer soon or never. */
export const STAGGER_NEAR_MS = 30;

/** The same where the next one is a relay: it answers soon and costs somebody, so a direct way over half the earth goes first. */
export const STAGGER_RELAY_MS = 1_000;

/** How long `method` has to itself before `next` is tried, in milliseconds. */
export function staggerMs(method: Method, next: Method): number {
  if (isRelayed(next) && !isRelayed(method)) return STAGGER_RELAY_MS;
  return methodScope(method) === "global" ? STAGGER_MS : STAGGER_NEAR_MS;
}

/** Whether a byte stream of this method may prove who is on its other side. */
export function mayProve(method: Method): boolean {
  const { scheme } = method;
  return scheme === "tls" || scheme === "wss" || isRelayed(method);
}

/** Whether somebody else passes on what goes over this method. */
export function isRelayed({ scheme }: Method): boolean {
  return scheme === "relay" || scheme === "relay+ws";
}
