/**
 * The connections of a directory: how many there may be, and which gives way
 * to a new one.
 *
 * @module
 */

/** How many connections there may be. */
export interface ConnectionLimits {
  /** In all. */
  readonly connections: number;
  /** From one address. */
  readonly connectionsPerAddress: number;
}

/** Connections of one address; those to which no answer is under way are silent, the longest first. */
interface Place<T> {
  count: number;
  readonly silent: Set<T>;
}

/**
 * Counts connections. At a limit the one that has been silent for longest ends
 * for a new one: who opens many and asks for nothing keeps nobody out.
 */
export class ConnectionTable<T> {
  readonly #limits: ConnectionLimits;
  readonly #end: (connection: T) => void;
  readonly #places = new Map<string, Place<T>>();
  readonly #addresses = new Map<T, string>();
  readonly #silent = new Set<T>();

  /** Makes an empty table; `end` closes a connection that has to give way. */
  constructor(limits: ConnectionLimits, end: (connection: T) => void) {
    this.#limits = limits;
    this.#end = end;
  }

  /** How many there are. */
  get size(): number {
    return this.#addresses.size;
  }

  /** All of them. */
  get all(): IterableIterator<T> {
    return this.#addresses.keys();
  }

  /** Takes a connection in, in the place of a silent one where there is no other; tells whether there was one. */
  add(connection: T, address: string): boolean {
    const place = this.#places.get(address);
    if (place && place.count >= this.#limits.connectionsPerAddress) {
      if (!this.#giveWay(place.silent)) return false;
    } else if (this.size >= this.#limits.connections && !this.giveWay()) {
      return false;
    }
    // Looked up again: the last one of this address may just have given way.
    const now = this.#places.get(address) ?? { count: 0, silent: new Set<T>() };
    this.#places.set(address, now);
    now.count++;
    this.#addresses.set(connection, address);
    this.setSilent(connection, true);
    return true;
  }

  /** Notes that an answer to a connection is under way, or that it is silent from now on. */
  setSilent(connection: T, isSilent: boolean): void {
    const address = this.#addresses.get(connection);
    if (address === undefined) return;
    for (const set of [this.#silent, this.#places.get(address)!.silent]) {
      set.delete(connection);
      if (isSilent) set.add(connection);
    }
  }

  /** Ends the connection that has been silent for longest; tells whether there was one. */
  giveWay(): boolean {
    return this.#giveWay(this.#silent);
  }

  /** Ends all that are silent. */
  endSilent(): void {
    while (this.giveWay());
  }

  /** Forgets a connection that has ended. */
  delete(connection: T): void {
    const address = this.#addresses.get(connection);
    if (address === undefined) return;
    this.setSilent(connection, false);
    this.#addresses.delete(connection);
    const place = this.#places.get(address)!;
    place.count--;
    if (place.count === 0) this.#places.delete(address);
  }

  #giveWay(silent: Set<T>): boolean {
    const [longest] = silent;
    if (longest === undefined) return false;
    this.delete(longest);
    this.#end(longest);
    return true;
  }
}
