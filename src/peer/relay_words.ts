/**
 * What a person reads of relays.
 *
 * @module
 */
import { parseMethod } from "../transport/method.ts";

/** Where somebody is who asks to talk. */
export function placeOf(
  { address, method }: { address: string; method: string },
): string {
  const relay = relayIn(method);
  return relay === undefined
    ? address
    : `${address} through the relay ${relay}`;
}

/** Whether a method goes through a relay. */
export function isRelayed(uri: string): boolean {
  return /^relay[:+]/i.test(uri);
}

/** The host of the relay that a method goes through; `undefined` where it goes through none. */
export function relayIn(uri: string): string | undefined {
  if (!isRelayed(uri)) return undefined;
  return hostOf(parseMethod(uri).uri);
}

/** What a URL calls its host, with the port where it names one. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
