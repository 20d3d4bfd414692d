/**
 * The connection methods of a registration: which of them can be used, and in
 * what order.
 *
 * @module
 */
import { messageOf } from "../base/errors.ts";
import {
  hasMethodScheme,
  hostScope,
  methodScope,
  parseMethod,
} from "../transport/method.ts";
import { RecordError, type RegisteredMethod } from "./record.ts";

/** Throws a {@linkcode RecordError} where a method of a known scheme is malformed; methods of other schemes are not looked at. */
export function checkMethods(methods: readonly RegisteredMethod[]): void {
  for (const method of methods) {
    if (!hasMethodScheme(method?.uri)) continue;
    try {
      parseMethod(method.uri);
    } catch (cause) {
      throw new RecordError("bad-method", messageOf(cause), { cause });
    }
  }
}

/**
 * The methods that this client may try, best first: lower priorities before
 * higher ones, and otherwise in the order of the registration. What cannot be
 * parsed, unknown schemes too, is left out.
 *
 * @param isLocalAllowed Whether methods may lead to this machine or its link; see {@linkcode isLocalMethod}.
 */
export function usableMethods(
  methods: readonly RegisteredMethod[],
  isLocalAllowed: boolean,
): RegisteredMethod[] {
  return methods
    .filter(({ uri }) => isUsable(uri, isLocalAllowed))
    .sort((one, other) => one.priority - other.priority);
}

/**
 * Tells whether a method leads to this machine itself or to its link: loopback
 * and link-local addresses, `localhost`, Unix sockets. Services there often
 * trust whoever reaches them, so a directory on another machine must not point
 * a client at them. A host name may lead there too, which only the address that
 * was dialled tells.
 *
 * @param uri A connection method.
 *
 * @example
 * ```ts
 * import { isLocalMethod } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isLocalMethod("tcp://127.0.0.1:15358"), true);
 * assertEquals(isLocalMethod("unix:/run/lekt/bob.sock"), true);
 * assertEquals(isLocalMethod("tls://bob.example:15358"), false);
 * ```
 */
export function isLocalMethod(uri: string): boolean {
  const scope = methodScope(parseMethod(uri));
  return scope === "local" || scope === "linkLocal";
}

/** Tells whether a URL leads to this machine. */
export function isLocalUrl(url: URL): boolean {
  return hostScope(url.hostname.replace(/^\[|\]$/g, "")) === "local";
}

function isUsable(uri: string, isLocalAllowed: boolean): boolean {
  try {
    const isLocal = isLocalMethod(uri);
    return isLocalAllowed || !isLocal;
  } catch {
    return false;
  }
}
