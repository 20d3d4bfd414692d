/**
 * Runs one attack for a while: `attacker.ts NAME PORTS SEED MILLISECONDS CROWD`.
 * Ends with status 3 where the other side let pass what it must not.
 *
 * @module
 */
import { Prng } from "../helpers/prng.ts";
import { NotRefused } from "./attack.ts";
import { CATALOGUE } from "./catalogue.ts";

const [name, ports, seed, milliseconds, crowd] = Deno.args;
const attack = CATALOGUE.find((each) => each.name === name)!;
const over = new AbortController();
setTimeout(() => over.abort(), Number(milliseconds));
try {
  await attack.run({
    ports: JSON.parse(ports!),
    prng: new Prng(Number(seed)),
    signal: over.signal,
    crowd: Number(crowd),
  });
} catch (error) {
  if (!(error instanceof NotRefused)) throw error;
  console.error(error.message);
  Deno.exit(3);
}
// What still waits for a socket is of no interest.
Deno.exit(0);
