/**
 * What `connect` and `listen` need of a directory: who somebody is and how they
 * can be reached. `DirectoryClient` of `@lekt/lekt/directory` gives it.
 *
 * @module
 */
import type { Remote } from "../connection/connection.ts";
import type { Accept } from "./establish.ts";

/** Somebody who was looked up. */
export interface FoundPeer {
  /** Their nickname. */
  nickname: string;
  /** The thumbprint of the key that signed what is said here: their identity. */
  thumbprint: string;
  /** How they can be reached, best first; `spki` is the key that is shown there (base64url SHA-256 of the SubjectPublicKeyInfo). */
  methods: readonly { uri: string; spki?: string }[];
  /** The key that they show when they dial. */
  spki?: string;
}

/** Looks peers up; a `DirectoryClient` of `@lekt/lekt/directory` is one. */
export interface PeerLookup {
  /** Whether methods may lead to this machine and its link. */
  readonly isLocalAllowed: boolean;
  /**
   * Looks somebody up by nickname, or `nickname#thumbprint`.
   *
   * @param name A nickname, or `nickname#thumbprint`.
   * @param options What cancels it.
   */
  lookup(
    name: string,
    options?: { signal?: AbortSignal },
  ): Promise<FoundPeer>;
}

/** A directory, or the URL of one. */
export type DirectoryOption = string | URL | PeerLookup;

/**
 * Decides as `accept` does, but only about the one who was looked up: someone
 * else is turned away. Marks a remote as verified where it proved to hold the
 * key that the registration names for its method; `keys` has them by method.
 */
export function acceptFound(
  found: FoundPeer,
  keys: ReadonlyMap<string, string | undefined>,
  accept: Accept,
): Accept {
  return (remote, context) => {
    if (remote.nickname !== found.nickname) {
      return `expected ${found.nickname}`;
    }
    markVerified(remote, found, [keys.get(remote.method)]);
    return accept(remote, context);
  };
}

/**
 * Decides as `accept` does, once the directory was asked who may call itself
 * so. Where it does not answer, nobody is verified.
 */
export function acceptLookedUp(lookup: PeerLookup, accept: Accept): Accept {
  return async (remote, context) => {
    if (remote.key !== undefined) {
      const { signal } = context;
      const found = await lookup.lookup(remote.nickname, { signal })
        .catch(() => undefined);
      const keys = found?.methods.map(({ spki }) => spki) ?? [];
      if (found) markVerified(remote, found, [found.spki, ...keys]);
    }
    return await accept(remote, context);
  };
}

function markVerified(
  remote: Remote,
  found: FoundPeer,
  keys: readonly (string | undefined)[],
): void {
  if (remote.key === undefined || !keys.includes(remote.key)) return;
  remote.verified = true;
  remote.thumbprint = found.thumbprint;
}
