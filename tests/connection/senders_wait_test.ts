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
  [
    "longer than what may be sent unasked, where maxMessageWindowBytes is lowest",
    3 * MIB,
    {},
    {
      maxMessageWindowBytes: 1,
    },
  ],
];

for (const [name, size, limits, bobLimits] of CASES) {
  Deno.test(`a message is received whole that is ${name}`, () =>
    withPair(async ({ alice, bob }) => {
      const bytes = pattern(size);
      const sending = alice.send(bytes);
      const { body } = await receive(bob);
      const arrived = await within(new Response(body).bytes(), "its end");
      assertEquals(arrived, bytes);
      await within(sending, "the send");
    }, { limits, bobLimits }));
}

for (const maxPartBytes of [16, 1_000]) {
  Deno.test(`a message as long as may be collected is collected in parts of ${maxPartBytes} bytes`, () =>
    withPair(async ({ alice, bob }) => {
      const bytes = pattern(3 * MIB);
      const sending = alice.send(bytes);
      const message = await receive(bob);
      assertEquals(await within(message.bytes(), "its bytes"), bytes);
      await within(sending, "the send");
    }, {
      limits: { maxPartBytes },
      bobLimits: { maxCollectedBytes: 3 * MIB, maxMessageWindowBytes: 1 },
    }));
}
