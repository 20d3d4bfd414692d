/**
 * The side that connects, in whichever runtime: goes through all scenes on each
 * method of a responder, and prints how many passed.
 *
 * @module
 */
import { deepStrictEqual, fail } from "node:assert/strict";
import { createHash } from "node:crypto";
import process from "node:process";
import {
  connect,
  type Connection,
  type ConnectOptions,
  type Message,
} from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import { digest, pattern, shown, type Task } from "./shared.ts";

/** Bytes of the long message: more than windows and buffers hold. */
const LONG_SIZE = 8 * 1024 * 1024;

const MESSAGE_COUNT = 2_000;

/** How long a scene may take, in milliseconds. */
const DEADLINE_MS = 60_000;

interface Responder {
  methods: string[];
  spki: string;
}

const { methods, spki }: Responder = JSON.parse(process.argv[2]!);
let idCount = 0;

function open(
  method: string,
  options: Partial<ConnectOptions> = {},
): Promise<Connection> {
  return connect(method, {
    nickname: "alice",
    tls: { pinnedKey: spki },
    ...options,
  });
}

/** Opens a connection and asks for something; closes it behind the scene. */
async function during(
  method: string,
  task: Omit<Task, "id">,
  scene: (connection: Connection, id: string) => Promise<void>,
): Promise<void> {
  const connection = await open(method);
  const id = String(idCount++);
  try {
    await connection.send(JSON.stringify({ ...task, id }));
    await scene(connection, id);
  } finally {
    await connection.close();
  }
}

/** The same, again and again: what is only mostly in order shows then. */
async function repeated(...scene: Parameters<typeof during>): Promise<void> {
  for (let count = 0; count < 10; count++) await during(...scene);
}

async function next(connection: Connection): Promise<Message> {
  return await connection.receive() ?? fail("the stream has ended");
}

/** What the responder has seen of a connection. */
async function whatWasSeen(method: string, id: string): Promise<string> {
  const connection = await open(method);
  await connection.send(JSON.stringify({ act: "tell", id }));
  const text = await (await next(connection)).text();
  await connection.close();
  return text;
}

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => fail("it did not fail"), shown);
}

/** Gives the beginning at once, and the rest when `gate` opens; then fails where it should. */
async function* gated(
  bytes: Uint8Array,
  gate: Promise<void>,
  fault?: string,
): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, bytes.length / 2);
  await gate;
  if (fault !== undefined) throw new Error(fault);
  yield bytes.subarray(bytes.length / 2);
}

const SCENES: Record<string, (method: string) => Promise<void>> = {
  "knows who is there": (method) =>
    during(method, { act: "echo" }, ({ remote, role }) => {
      deepStrictEqual([remote.nickname, remote.method, role], [
        "bob",
        method,
        "initiator",
      ]);
      const proves = /^(tls|wss):/.test(method);
      deepStrictEqual(remote.key, proves ? spki : undefined);
      return Promise.resolve();
    }),

  "a short message overtakes a long one, which arrives whole": (method) =>
    during(method, { act: "digest" }, async (connection) => {
      const bytes = pattern(LONG_SIZE);
      const gate = Promise.withResolvers<void>();
      const sending = connection.send(gated(bytes, gate.promise), {
        confirm: true,
      });
      await connection.send("short");
      const short = createHash("sha256").update("short").digest("hex");
      deepStrictEqual(await (await next(connection)).text(), short);
      gate.resolve();
      await sending;
      const long = createHash("sha256").update(bytes).digest("hex");
      deepStrictEqual(await (await next(connection)).text(), long);
    }),

  "a long message comes": (method) =>
    during(method, { act: "give", size: LONG_SIZE }, async (connection) => {
      const expected = createHash("sha256").update(pattern(LONG_SIZE));
      deepStrictEqual(
        await digest(await next(connection)),
        expected.digest("hex"),
      );
    }),

  "many short messages, each answered": (method) =>
    during(method, { act: "echo" }, async (connection) => {
      const receiving = (async () => {
        for (let index = 0; index < MESSAGE_COUNT; index++) {
          deepStrictEqual(
            await (await next(connection)).text(),
            `got ${index}`,
          );
        }
      })();
      for (let index = 0; index < MESSAGE_COUNT; index++) {
        await connection.send(String(index));
      }
      await receiving;
    }),

  "blobs and streams": (method) =>
    during(method, { act: "digest" }, async (connection) => {
      const bytes = pattern(100_000);
      const expected = createHash("sha256").update(bytes).digest("hex");
      const sources = [new Blob([bytes]), new Response(bytes).body!];
      for (const source of sources) {
        await connection.send(source);
        deepStrictEqual(await (await next(connection)).text(), expected);
      }
    }),

  "half-close of this side": (method) =>
    repeated(method, { act: "count" }, async (connection) => {
      for (let index = 0; index < 100; index++) await connection.send("x");
      await connection.closeWrite();
      let count = 0;
      for await (const message of connection) {
        deepStrictEqual(await message.text(), String(count++));
      }
      deepStrictEqual(count, 100);
      await connection.close();
      deepStrictEqual((await connection.closed).clean, true);
    }),

  "half-close of the other side": (method) =>
    repeated(method, { act: "end first" }, async (connection, id) => {
      deepStrictEqual(await connection.receive(), null);
      for (let index = 0; index < 100; index++) await connection.send("x");
      await connection.close();
      deepStrictEqual((await connection.closed).clean, true);
      deepStrictEqual(await whatWasSeen(method, id), "100");
    }),

  "both sides reject": async (method) => {
    deepStrictEqual(
      await failure(open(method, { nickname: "mallory" })),
      "REJECTED I only talk to alice",
    );
    deepStrictEqual(
      await failure(open(method, { accept: () => "not today" })),
      "REJECTED not today",
    );
  },

  "a message is aborted, and the connection goes on": (method) =>
    during(method, { act: "echo" }, async (connection) => {
      const gate = Promise.withResolvers<void>();
      const sending = connection.send(
        gated(pattern(200_000), gate.promise, "changed my mind"),
        { onId: () => gate.resolve() },
      );
      deepStrictEqual(await failure(sending), "undefined");
      deepStrictEqual(
        await (await next(connection)).text(),
        "lost: ABORTED changed my mind",
      );
      await connection.send("on");
      deepStrictEqual(await (await next(connection)).text(), "got on");
    }),

  "a message is cancelled, and the connection goes on": (method) =>
    during(method, { act: "cancel" }, async (connection) => {
      const never = Promise.withResolvers<void>();
      const sending = connection.send(gated(pattern(LONG_SIZE), never.promise));
      deepStrictEqual(await failure(sending), "CANCELLED enough");
      await connection.send("on");
      deepStrictEqual(await (await next(connection)).text(), "got on");
    }),

  "a message that is dropped is not confirmed": (method) =>
    during(method, { act: "drop" }, async (connection) => {
      deepStrictEqual(
        await failure(connection.send("dropped", { confirm: true })),
        "CANCELLED",
      );
      await connection.send("taken", { confirm: true });
      deepStrictEqual(await (await next(connection)).text(), "got taken");
    }),

  "a side that gives up is told from one that ends": async (method) => {
    await during(method, { act: "watch" }, async (connection, id) => {
      await next(connection);
      await connection.abort();
      deepStrictEqual(await whatWasSeen(method, id), "TRUNCATED");
    });
    await during(method, { act: "watch" }, async (connection, id) => {
      await next(connection);
      await connection.close("good night");
      deepStrictEqual(await whatWasSeen(method, id), "good night");
    });
  },

  "another key is refused": async (method) => {
    if (!/^(tls|wss):/.test(method)) return;
    const { spki: pinnedKey } = await makeCertificate();
    const opened = open(method, { tls: { pinnedKey } });
    deepStrictEqual(await failure(opened), "UNREACHABLE");
    deepStrictEqual(await failure(open(method, { tls: {} })), "UNREACHABLE");
  },
};

/** Runs one scene; fails where it hangs. */
async function run(scene: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`more than ${DEADLINE_MS} ms`)),
    DEADLINE_MS,
  );
  await Promise.race([scene, late.promise]).finally(() => clearTimeout(timer));
}

let passed = 0;
for (const method of methods) {
  for (const [name, scene] of Object.entries(SCENES)) {
    try {
      await run(scene(method));
      passed++;
    } catch (error) {
      console.error(`${method.split(":")[0]}: ${name}:`, error);
      process.exitCode = 1;
    }
  }
}
console.log(`${passed} scenes passed`);
await during(methods[0]!, { act: "stop" }, () => Promise.resolve());
