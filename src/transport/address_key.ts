/**
 * What counts as one client.
 *
 * @module
 */

/** An IPv4 address, also of one mapped into IPv6, or the /64 of an IPv6 address, since one client has all of it. */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  try {
    // URL knows all ways to write an address; eight groups make the first four sure.
    const short = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname
      .slice(1, -1);
    const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
    // So a listener on `::` sees the clients that come by IPv4: each is one for itself.
    if (mapped) return ipv4(mapped.slice(1));
    const [head = "", tail = ""] = short.split("::");
    const first = head === "" ? [] : head.split(":");
    const last = tail === "" ? [] : tail.split(":");
    const middle = Array(8 - first.length - last.length).fill("0");
    return [...first, ...middle, ...last].slice(0, 4).join(":");
  } catch {
    return address;
  }
}

/** The IPv4 address that is written in two groups of an IPv6 address. */
function ipv4(groups: readonly string[]): string {
  return groups.map((group) => parseInt(group, 16))
    .flatMap((number) => [number >> 8, number & 0xff]).join(".");
}

/** {@linkcode addressKey} of `HOST:PORT`, as in `Transport.address`, or of a host alone, IPv6 in brackets; of anything else all of it. */
export function hostKey(address: string): string {
  const [, host] = /^\[?(.*?)\]?:\d+$/.exec(address) ??
    /^\[(.*)\]$/.exec(address) ?? [];
  return addressKey(host ?? address);
}
