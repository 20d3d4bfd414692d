// What a program throws, or gives as a reason, may be anything at all.
import { assert, assertEquals } from "@std/assert";
import { LektError, type Message, type Sendable } from "../../mod.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { until, within } from "../helpers/deadline.ts";
import { pattern, receive } from "../helpers/messages.ts";

const { proxy: REVOKED, revoke } = Proxy.revocable({}, {});
revoke();

function boom(): never {
  throw new Error("boom");
}

const NOTHING = "an object without a message";

/** What is thrown, with the reason that the other side gets. */
const THROWN: [string, () => unknown, string][] = [
  ["an object without a prototype", () => Object.create(null), NOTHING],
  ["a proxy that was revoked", () => REVOKED, NOTHING],
  ["a proxy that throws", () => new Proxy({}, { get: boom }), NOTHING],
  ["a symbol", () => Symbol("s"), "Symbol(s)"],
  ["nothing", () => undefined, ""],
  ["null", () => null, ""],
  ["a plain object", () => ({ code: 5 }), '{"code":5}'],
  [
    "an error with a message that is no text",
    () => Object.defineProperty(new Error(), "message", { value: 5 }),
    "Error: 5",
  ],
  [
    "an error with a message that throws",
    () => Object.defineProperty(new Error(), "message", { get: boom }),
    NOTHING,
  ],
];

/** The code and reason with which reading fails. */
async function failure(message: Message): Promise<unknown[]> {
  const error = await within(
    message.bytes().then(() => undefined, (error) => error),
    "the failure",
  );
  assert(error instanceof LektError, "the message was whole");
  return [error.code, error.reason];
}

/** Whether `promise` rejects with this very value. */
async function rejectsWith(
  promise: Promise<unknown>,
  value: unknown,
): Promise<boolean> {
  const outcome = await within(
    promise.then(
      () => ({ value: "resolved" }),
      (thrown) => ({ value: thrown }),
    ),
    "send()",
  );
  return Object.is(outcome.value, value);
}

for (const [name, make, reason] of THROWN) {
  Deno.test(`send() whose source throws ${name} aborts its message, and the connection lives`, () =>
    withPair(async ({ alice, bob }) => {
      const thrown = make();
      const source = (async function* () {
        yield pattern(10);
        throw thrown;
      })() as Sendable;
      const sending = alice.send(source);
      const message = await receive(bob);
      assertEquals(await failure(message), ["ABORTED", reason]);
      assert(await rejectsWith(sending, thrown));
      await alice.send("next");
      assertEquals(await (await receive(bob)).text(), "next");
      await within(alice.closeWrite(), "closeWrite()");
    }));

  if (make() === undefined) continue; // `abort()` makes one of its own
  Deno.test(`send() whose signal fires with ${name} aborts its message, and the connection lives`, () =>
    withPair(async ({ alice, bob }) => {
      const thrown = make();
      const controller = new AbortController();
      const source = (async function* () {
        yield pattern(10);
        await new Promise<void>(() => {});
      })();
      const sending = alice.send(source, { signal: controller.signal });
      const isRejected = rejectsWith(sending, thrown);
      await until(() => bob.stats().messagesReceiving === 1, "it has begun");
      controller.abort(thrown);
      const message = await receive(bob);
      assertEquals(await failure(message), ["ABORTED", reason]);
      assert(await isRejected);
      await alice.send("next");
      assertEquals(await (await receive(bob)).text(), "next");
      await within(alice.closeWrite(), "closeWrite()");
    }));
}
