import { assertEquals, assertRejects } from "@std/assert";
import { DirectoryClient, LektError } from "../../src/directory/mod.ts";

const ANSWER = "HTTP/1.1 404 Not Found\r\n" +
  "content-type: application/problem+json\r\n" +
  "content-length: 20\r\n\r\n" +
  '{"code":"not-found"}';

/** Answers the first request of each connection, and is silent from then on, as a network is that has gone; resolves with how many there were when all are over. */
async function answerOncePerConnection(
  listener: Deno.Listener,
): Promise<number> {
  const serving: Promise<void>[] = [];
  for await (const connection of listener) serving.push(serveOnce(connection));
  await Promise.all(serving);
  return serving.length;
}

async function serveOnce(connection: Deno.Conn): Promise<void> {
  using _closed = connection;
  const buffer = new Uint8Array(4096);
  let head = "";
  let isAnswered = false;
  try {
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) return;
      head += new TextDecoder().decode(buffer.subarray(0, count));
      if (isAnswered || !head.includes("\r\n\r\n")) continue;
      isAnswered = true;
      await connection.write(new TextEncoder().encode(ANSWER));
    }
  } catch {
    // The client has dropped it.
  }
}

Deno.test("a program's request to a directory does not go over the connection of an earlier one, which may be dead", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = answerOncePerConnection(listener);
  const { port } = listener.addr as Deno.NetAddr;
  const client = new DirectoryClient(`http://127.0.0.1:${port}`);
  for (let request = 0; request < 3; request++) {
    const error = await assertRejects(() => client.lookup("bob"), LektError);
    assertEquals(
      error.message,
      `Cannot find bob: nobody is registered so at ${client.url}`,
    );
  }
  listener.close();
  assertEquals(await served, 3);
});
