import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { Loan } from "../../src/session/loan.ts";
import { pattern } from "../helpers/messages.ts";
import { header, packet } from "../helpers/raw_peer.ts";

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
    loan.stop();
    assertEquals(loan.isBetweenPackets, ends.includes(size), `${size}`);
  }
});

Deno.test("a loan with a tail is between packets only behind all of it", () => {
  const begin = concat([packet(1, 0, "ab"), header(2, 0, 10), pattern(4)]);
  for (let size = 0; size <= begin.length; size++) {
    const loan = new Loan();
    loan.begin(begin, pattern(6));
    if (size > 0) assertEquals(loan.advance(size), false);
    assertEquals(loan.isBetweenPackets, [0, 14].includes(size), `${size}`);
    loan.stop();
    if (size < begin.length) loan.advance(begin.length - size);
    if (size === begin.length) loan.advance(6);
    // What was on loan when it stopped is still taken, and no more.
    const isWhole = size === begin.length;
    assertEquals([loan.rest, loan.isBetweenPackets], [undefined, isWhole]);
  }
});
