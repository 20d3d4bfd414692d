// A sender that has used up what it may send is read, whatever the limits of the two sides.
import { assertEquals } from "@std/assert";
import type { Limits } from "../../mod.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";

const MIB = 1024 * 1024;

const CASES: readonly [
  name: string,
  size: number,
  limits: Partial<Limits>,
  bobLimits: Partial<Limits>,
][] = [
  [
    "longer than what may be sent unasked, and no longer than streamThresholdBytes",
    5 * MIB,
    {},
    {
      streamThresholdBytes: 8 * MIB,
    },
  ],
  [
    "as long as what may be sent unasked, but for what its packets cost",
    2 * MIB,
    {},
    {
      streamThresholdBytes: Number.MAX_SAFE_INTEGER,
    },
  ],
  [
    "no longer than streamThresholdBytes whose packets cost more than may be sent unasked",
    65_536,
    {
      maxPartBytes: 1,
    },
    {},
  ],
  ["longer than maxTotalBufferedBytes", 5 * MIB, {}, {
    maxTotalBufferedBytes: 1,
  }],
];

for (const [name, size, limits, bobLimits] of CASES) {
  Deno.test(`a message is received whole that is ${name}`, () =>
    withPair(async ({ alice, bob }) => {
      const bytes = pattern(size);
      const sending = alice.send(bytes);
      const message = await receive(bob);
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      await within(
        (async () => {
          for await (const chunk of message.body) chunks.push(chunk);
        })(),
        "its end",
      );
      assertEquals(await new Blob(chunks).bytes(), bytes);
      await within(sending, "the send");
    }, { limits, bobLimits }));
}
