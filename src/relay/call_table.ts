/**
 * All calls that are not over, and how many there may be.
 *
 * @module
 */
import { addressKey } from "../transport/address_key.ts";
import { ConnectionTable } from "../directory/connection_table.ts";
import type { Call } from "./call.ts";
import type { RelayLimits } from "./limits.ts";

/**
 * Counts calls: in all, of each address and of each listener. At a limit the
 * one in which nobody has spoken for longest ends for a new one: who calls often
 * and says nothing keeps nobody out.
 */
export class CallTable {
  readonly #byToken = new Map<string, Call>();
  readonly #byAddress: ConnectionTable<Call>;
  readonly #byListener: ConnectionTable<Call>;

  /** There are none yet. */
  constructor(limits: RelayLimits) {
    const giveWay = (call: Call) => call.end("gave-way");
    this.#byAddress = new ConnectionTable({
      connections: limits.calls,
      connectionsPerAddress: limits.callsPerAddress,
    }, giveWay);
    this.#byListener = new ConnectionTable({
      connections: Infinity,
      connectionsPerAddress: limits.callsPerListener,
    }, giveWay);
  }

  /** How many there are. */
  get size(): number {
    return this.#byToken.size;
  }

  /** All of them; what happens to one does not disturb going through them. */
  get all(): Call[] {
    return [...this.#byToken.values()];
  }

  /** The call with a token. */
  get(token: string): Call | undefined {
    return this.#byToken.get(token);
  }

  /** Takes a call in; tells whether there was a place. */
  add(call: Call): boolean {
    this.#byToken.set(call.token, call);
    return this.#byAddress.add(call, addressKey(call.address)) &&
      this.#byListener.add(call, call.thumbprint);
  }

  /** Who calls has said something: the call does not give way any more. */
  noteSpoken(call: Call): void {
    this.#byAddress.setSilent(call, false);
    this.#byListener.setSilent(call, false);
  }

  /** Forgets a call that is over. */
  delete(call: Call): void {
    this.#byToken.delete(call.token);
    this.#byAddress.delete(call);
    this.#byListener.delete(call);
  }
}
