/**
 * What counts as one client.
 *
 * @module
 */

/** An IPv4 address, or the /64 of an IPv6 address, since one client has all of it. */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  try {
    // URL knows all ways to write an address; eight groups make the first four sure.
    const short = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname
      .slice(1, -1);
    const [head = "", tail = ""] = short.split("::");
    const first = head === "" ? [] : head.split(":");
    const last = tail === "" ? [] : tail.split(":");
    const middle = Array(Math.max(8 - first.length - last.length, 0)).fill("0");
    return [...first, ...middle, ...last].slice(0, 4).join(":");
  } catch {
    return address;
  }
}

/** {@linkcode addressKey} of `HOST:PORT`, as in `Transport.address`, or of a host alone, IPv6 in brackets; of anything else all of it. */
export function hostKey(address: string): string {
  const [, host] = /^\[?(.*?)\]?:\d+$/.exec(address) ??
    /^\[(.*)\]$/.exec(address) ?? [];
  return addressKey(host ?? address);
}
