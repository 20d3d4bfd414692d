// Looking for the other side again: who answers what, and when the search ends; in virtual time.
import { assertEquals, assertRejects } from "@std/assert";
import { type Connection, LektError } from "../../mod.ts";
import { firstMessage, redial } from "../../src/peer/reconnect/redial.ts";
import { recognize } from "../../src/talk/receive.ts";
import { encodeResume } from "../../src/talk/resume.ts";
import { connectPair } from "../helpers/connection_pair.ts";
import { inVirtualTime, pause } from "../helpers/virtual_run.ts";

const ASK = { kind: "ask", ageMs: 0, link: 1, taken: [] } as const;

/** Searches with these attempts, one after the other; a text is what the other side answers. */
async function search(
  ...attempts: (LektError | ((bob: Connection) => Promise<unknown>))[]
) {
  const open: Connection[] = [];
  let count = 0;
  const found = await redial({
    async dial() {
      const attempt = attempts[count++]!;
      if (attempt instanceof LektError) throw attempt;
      const { alice, bob } = await connectPair();
      open.push(alice, bob);
      bob.receive().then((message) => recognize(message!.body))
        .then(() => attempt(bob)).catch(() => {});
      return alice;
    },
    ask: () => ASK,
    signal: new AbortController().signal,
  });
  await Promise.all(open.map((each) => each.abort()));
  return { found, count };
}

function error(code: "REJECTED" | "UNREACHABLE", by?: "local" | "remote") {
  return new LektError(code, "no", { reason: "go away", ...(by && { by }) });
}

Deno.test("a search goes on until somebody answers, or says that there is nothing to search for", () =>
  inVirtualTime(async () => {
    const unusable = new LektError("INVALID_ARGUMENT", "no such method");
    assertEquals(await search(error("UNREACHABLE"), unusable), {
      found: { refusal: "no such method" },
      count: 2,
    });
    const rejected = await search(
      error("REJECTED", "local"),
      error("REJECTED", "remote"),
    );
    assertEquals(rejected.count, 2);
    assertEquals(
      rejected.found,
      { refusal: "it will not talk any more: go away" },
    );
    const known = await search(
      // It ends, and the next one answers.
      (bob) => bob.close(),
      (bob) => bob.send(encodeResume({ kind: "known", taken: [[0, 7]] })),
    );
    assertEquals(known.count, 2);
    const { found } = known;
    assertEquals(found && "taken" in found && found.taken, [[0, 7]]);
  }));

Deno.test("who does not know the conversation has begun anew: by its word, by another one, or by none", () =>
  inVirtualTime(async () => {
    const answers: [(bob: Connection) => Promise<unknown>, string?][] = [
      [(bob) => bob.send(encodeResume({ kind: "unknown" }))],
      [(bob) => bob.send("hello"), "plain"],
      [() => Promise.resolve()],
    ];
    for (const [answer, kind] of answers) {
      const { found, count } = await search(answer);
      assertEquals(count, 1);
      const back = found && "connection" in found ? found : undefined;
      assertEquals([back?.taken, back?.first?.talk.kind], [undefined, kind]);
    }
  }));

Deno.test("a first message is waited for as long as it may take, and not behind the end of a search", () =>
  inVirtualTime(async () => {
    const { alice, bob } = await connectPair();
    const ending = new AbortController();
    assertEquals(await firstMessage(alice, 1_000, ending.signal), undefined);
    const waiting = assertRejects(() =>
      firstMessage(alice, 60_000, ending.signal)
    );
    await pause(1_000);
    ending.abort(new Error("over"));
    await waiting;
    await assertRejects(() => firstMessage(alice, 60_000, ending.signal));
    await bob.closeWrite();
    const { signal } = new AbortController();
    const ended = await assertRejects(() => firstMessage(alice, 1_000, signal));
    assertEquals((ended as LektError).code, "CLOSED");
    await Promise.all([alice.close(), bob.close()]);
  }));
