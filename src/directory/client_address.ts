/**
 * Where a request comes from that a proxy has passed on.
 *
 * @module
 */

/** The address in a header such as `X-Forwarded-For`: a proxy appends what it saw, so the last entry is the one not made up by the client. */
export function forwardedAddress(
  header: string | undefined,
): string | undefined {
  return header?.split(",").at(-1)?.trim() || undefined;
}
