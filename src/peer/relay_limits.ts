/**
 * What the command line says of how much a relay does.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import type { RelayLimits } from "../relay/mod.ts";
import { Misuse } from "./misuse.ts";

/**
 * Reads the limits of a relay; whether there are such ones is judged by the relay.
 *
 * @throws {Misuse} Where one has another form than `NAME=N`.
 */
export function readRelayLimits(
  parsed: Record<string, unknown>,
): Partial<RelayLimits> {
  const limits: Record<string, number> = {};
  for (const text of parsed["limit"] as string[]) {
    const [, name, value] = /^([a-zA-Z]+)=(\d{1,15})$/.exec(text) ?? [];
    if (name === undefined) {
      throw new Misuse(
        `The option --limit needs NAME=N, such as bytesPerSecond=0, not "${
          harmless(text.slice(0, 200))
        }"`,
      );
    }
    limits[name] = Number(value);
  }
  return limits;
}
