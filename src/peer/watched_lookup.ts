/**
 * A look-up whose errors are told otherwise than where it was asked for.
 *
 * @module
 */
import type { PeerLookup } from "../../mod.ts";

/** A lookup whose errors pass through `onError`. */
export function watched(
  client: PeerLookup,
  onError: (error: unknown) => unknown,
): PeerLookup {
  return {
    isLocalAllowed: client.isLocalAllowed,
    async lookup(name, options) {
      try {
        return await client.lookup(name, options);
      } catch (error) {
        throw onError(error);
      }
    },
  };
}
