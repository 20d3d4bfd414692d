// What the refusals of a directory are to its clients.
import { assertEquals, assertRejects } from "@std/assert";
import { DirectoryClient, LektError } from "../../src/directory/mod.ts";
import { withAnswers } from "../helpers/directory.ts";

/** What the directory answers with a status and a code, and what that is to a client. */
async function refusal(
  ask: (client: DirectoryClient) => Promise<unknown>,
  status: number,
  code?: string,
): Promise<[code: string, message: string]> {
  let found: [string, string] | undefined;
  const body = code === undefined
    ? "<p>No"
    : JSON.stringify({ code, detail: "so it is" });
  await withAnswers(() => new Response(body, { status }), async (url) => {
    const error = await assertRejects(
      () => ask(new DirectoryClient(url)),
      LektError,
    );
    found = [error.code, error.message.replaceAll(url, "URL")];
  });
  return found!;
}

Deno.test("lookup() tells who is not registered from a directory that is none, that refuses, and that is busy", async () => {
  const lookUp = (client: DirectoryClient) => client.lookup("bob");
  const strange = (status: number) =>
    `it answers with status ${status}, and not as a directory does; is the address right?`;
  assertEquals(await refusal(lookUp, 404, "not-found"), [
    "UNREACHABLE",
    "Cannot find bob: nobody is registered so at URL",
  ]);
  assertEquals(await refusal(lookUp, 404), [
    "UNREACHABLE",
    `Cannot look up bob at URL: ${strange(404)}`,
  ]);
  assertEquals(await refusal(lookUp, 403, "forbidden"), [
    "PROTOCOL",
    "Cannot look up bob at URL: so it is",
  ]);
  for (const status of [408, 429, 500, 503]) {
    assertEquals(await refusal(lookUp, status), [
      "UNREACHABLE",
      `Cannot reach the directory URL: ${strange(status)}`,
    ]);
  }
});

Deno.test("relays() tells a directory that is busy from one whose answer is none", async () => {
  const ask = (client: DirectoryClient) => client.relays();
  for (const status of [408, 429, 500, 503]) {
    assertEquals(await refusal(ask, status, "busy"), [
      "UNREACHABLE",
      "Cannot reach the directory URL: so it is",
    ]);
  }
  assertEquals(await refusal(ask, 403, "forbidden"), [
    "PROTOCOL",
    "Cannot use what URL says of relays: so it is",
  ]);
});

Deno.test("lookup() gives as the reason that nobody is registered so, for programs", async () => {
  const answer = () => Response.json({ code: "not-found" }, { status: 404 });
  await withAnswers(answer, async (url) => {
    const client = new DirectoryClient(url);
    const error = await assertRejects(() => client.lookup("bob"), LektError);
    assertEquals([error.code, error.reason], ["UNREACHABLE", "not-found"]);
  });
});
