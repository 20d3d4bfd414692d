/**
 * What programs without types get wrong in the options of `connect` and `listen`.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

export type { ProxyOption } from "../transport/proxy.ts";

/** One connection method, or several, best first; each as a URI, or as a `URL`. */
export type MethodsOption = string | URL | readonly (string | URL)[];

/** Refuses options that are none, saying what they look like. */
export function checkOptions(action: string, options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot ${action}: there are no options, expected an object such as { nickname: "alice" }`,
  );
}

/** The texts of methods; whatever else they are is refused where they are parsed. */
export function methodTexts(methods: MethodsOption): string[] {
  return [methods].flat().map((each) => each instanceof URL ? each.href : each);
}
