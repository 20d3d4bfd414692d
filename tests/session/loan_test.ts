import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { Loan } from "../../src/session/loan.ts";
import { pattern } from "../helpers/messages.ts";
import { packet } from "../helpers/raw_peer.ts";

Deno.test("a loan knows at each byte whether whole packets were taken", () => {
  const packets = [packet(1, 0, "ab"), packet(2, 0), packet(3, 0, "c")];
  const all = concat(packets);
  const ends = [0, 14, 26, 39];
  for (let size = 0; size <= all.length; size++) {
    const loan = new Loan();
    // At an offset, as in the memory of a core.
    loan.begin(concat([pattern(5), all]).subarray(5));
    if (size > 0) assertEquals(loan.advance(size), size === all.length);
    assertEquals(loan.isBetweenPackets, ends.includes(size), `${size}`);
  }
});
