// Nobody is let in but who may be, whatever comes; and the steps that are taken
// are those of PROTOCOL.md, all of them.
import { assert, assertEquals } from "@std/assert";
import { exhaust } from "./exhaustive.ts";
import protocol from "../../PROTOCOL.md" with { type: "text" };

/** `deno task test:exhaustive` goes further. */
const DEPTH = 3;

/** What each row of the table can look like from outside: cause, what is sent, code of the error. */
const ROWS: Record<string, string[]> = {
  "a good Accept is there": ["bytes - -"],
  "a good Handshake is there": ["bytes - -"],
  "a Reject is there, or one with a bad reason": ["bytes - REJECTED"],
  "another major version, or a bad nickname: send Reject": [
    "bytes Reject PROTOCOL",
  ],
  "any other fault": ["bytes - PROTOCOL"],
  "any byte": ["bytes - PROTOCOL"],
  "end of stream, the transport breaks, or the application gives up": [
    "end - CLOSED",
    "failure - CLOSED",
  ],
  "out of time": ["time - TIMEOUT"],
  "out of time, and fewer are there": ["time - TIMEOUT"],
  "out of time, and at least eight good bytes are there: send Reject": [
    "time Reject TIMEOUT",
  ],
  "out of time: send Reject": ["time Reject TIMEOUT"],
  "own decision is yes: send Accept": ["yes Accept -"],
  "own decision is no: send Reject": ["no Reject REJECTED"],
  "the Reject is written, and the other side has ended, or has sent too much": [
    "end - -",
    "bytes - -",
    "written - -",
  ],
  "the transport breaks": ["failure - -"],
};

/** Of a probe the responder says that the other side went away ([B-7]). */
const PROBE = "responder awaitingHandshake bytes Reject CLOSED lingering";

/** What the tables of PROTOCOL.md say, in the form in which steps are seen. */
function toldSteps(): string[] {
  const rows = protocol.matchAll(
    /^\| (initiator|responder) +\| `(\w+)` +\| (.*?) +\| `(\w+)` +\|$/gm,
  );
  const told = [...rows].flatMap(([, role, from, what, to]) => {
    const looks = ROWS[what!];
    assert(
      looks,
      `PROTOCOL.md has a row that this test does not know: ${what}`,
    );
    // Behind a Reject nothing is told: only that it is over.
    const isQuiet = from === "lingering" && what === "out of time";
    return (isQuiet ? ["time - -"] : looks).map((look) =>
      `${role} ${from} ${look} ${to}`
    );
  });
  return [...new Set([...told, PROBE])].sort();
}

Deno.test("the steps of all handshakes are those of PROTOCOL.md, and nobody is let in who must not be", () => {
  const { faults, steps, letInCount } = exhaust(DEPTH);
  assertEquals(faults.slice(0, 5), []);
  assert(letInCount > 0);
  assertEquals([...steps].sort(), toldSteps());
});
