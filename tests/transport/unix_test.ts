import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { type Method, parseMethod } from "../../src/transport/method.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import { isTaken } from "../../src/transport/failure.ts";

async function inFolder(
  body: (method: Method, path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(parseMethod(`unix:${folder}/s`), `${folder}/s`, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A socket file as a crash leaves it: Deno only removes the one whose name it knows. */
function leaveStale(path: string): void {
  const listener = Deno.listen({ transport: "unix", path: `${path}0` });
  Deno.renameSync(`${path}0`, path);
  listener.close();
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

Deno.test("listenOn() makes a unix socket for this user alone and removes it", () =>
  inFolder(async (method, path, folder) => {
    const listener = await listenOn(method);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    assertEquals(namesIn(folder), ["s"]);
    listener.close();
    listener.close();
    assertEquals(await listener.accept(), null);
    assertEquals(namesIn(folder), []);
  }));

Deno.test("listenOn() replaces a stale unix socket", () =>
  inFolder(async (method, path, folder) => {
    leaveStale(path);
    assertEquals(namesIn(folder), ["s"]);
    const listener = await listenOn(method);
    const dialled = await dial(method);
    const accepted = await listener.accept();
    assert(accepted !== null);
    assertEquals(namesIn(folder), ["s"]);
    dialled.close();
    accepted.close();
    listener.close();
  }));

Deno.test("listenOn() leaves a unix socket alone that somebody listens on", () =>
  inFolder(async (method, path, folder) => {
    const first = await listenOn(method);
    const error = await assertRejects(
      () => listenOn(method),
      LektError,
      `Cannot listen on unix:${path}: the address is in use`,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(isTaken(error));
    (await first.accept())?.close(); // the dial that looked whether anybody is there
    const dialled = await dial(method);
    (await first.accept())?.close();
    dialled.close();
    first.close();
    assertEquals(namesIn(folder), []);
  }));

Deno.test("listenOn() leaves a file alone that is no socket", () =>
  inFolder(async (method, path) => {
    await Deno.writeTextFile(path, "precious");
    await assertRejects(() => listenOn(method), LektError, "in use");
    assertEquals(await Deno.readTextFile(path), "precious");
  }));

Deno.test("a unix listener does not remove a socket that took its place", () =>
  inFolder(async (method, path, folder) => {
    const first = await listenOn(method);
    await Deno.remove(path);
    const second = await listenOn(method);
    first.close();
    assertEquals(namesIn(folder), ["s"]);
    second.close();
    assertEquals(namesIn(folder), []);
  }));

Deno.test("a unix listener that is closed again leaves its successor reachable", () =>
  inFolder(async (method) => {
    const first = await listenOn(method);
    await first.close();
    // Its file may have the number of the one that was removed.
    const second = await listenOn(method);
    await first.close();
    const dialled = await dial(method);
    (await second.accept())?.close();
    dialled.close();
    await second.close();
  }));

Deno.test("of two that find the same stale unix socket one gets it", () =>
  inFolder(async (method, path) => {
    leaveStale(path);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 4 }, () => listenOn(method)),
    );
    const listeners = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? [outcome.value] : []
    );
    assertEquals(listeners.length, 1);
    const dialled = await dial(method);
    dialled.close();
    for (const listener of listeners) listener.close();
  }));

Deno.test("dial() to a unix socket that is not there is UNREACHABLE", () =>
  inFolder(async (method, path) => {
    const missing = await assertRejects(() => dial(method), LektError);
    assertEquals(missing.code, "UNREACHABLE");
    assert(missing.cause instanceof Deno.errors.NotFound);
    leaveStale(path);
    const stale = await assertRejects(() => dial(method), LektError);
    assert(stale.cause instanceof Deno.errors.ConnectionRefused);
  }));

Deno.test("listenOn() says when the folder of a unix socket is missing", async () => {
  const error = await assertRejects(
    () => listenOn(parseMethod("unix:/nonexistent/folder/s")),
    LektError,
    "Cannot listen on unix:/nonexistent/folder/s",
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("dial() to a unix socket with a fired signal rejects with its reason", () =>
  inFolder(async (method) => {
    const listener = await listenOn(method);
    const reason = new Error("enough");
    const controller = new AbortController();
    const dialling = dial(method, { signal: controller.signal });
    controller.abort(reason);
    assertEquals(await assertRejects(() => dialling), reason);
    listener.close();
  }));

/** A folder so deep that the path of a socket has just `size` bytes: there is no room for a longer name beside it. */
function atPathOf(
  size: number,
  body: (method: Method, path: string, folder: string) => Promise<void>,
): Promise<void> {
  return inFolder(async (_method, _path, root) => {
    const folder = `${root}/${"d".repeat(size - root.length - 3)}`;
    await Deno.mkdir(folder);
    const path = `${folder}/s`;
    assertEquals(path.length, size);
    await body(parseMethod(`unix:${path}`), path, folder);
  });
}

for (const size of [99, 100, 106, 107]) {
  Deno.test(`listenOn() listens on a unix path of ${size} bytes, for this user alone`, () =>
    atPathOf(size, async (method, path) => {
      const listener = await listenOn(method);
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
      const dialled = await dial(method);
      const accepted = await listener.accept();
      assert(accepted !== null);
      dialled.close();
      accepted.close();
      await listener.close();
      await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
    }));
}

Deno.test("a unix listener of a long path that closes late leaves its successor reachable", () =>
  atPathOf(107, async (method, path) => {
    const first = await listenOn(method);
    const accepting = first.accept();
    // As after a crash of the first, or by hand.
    await Deno.remove(path);
    const second = await listenOn(method);
    await first.close();
    assertEquals(await accepting, null);
    const dialled = await dial(method);
    const accepted = await second.accept();
    assert(accepted !== null);
    dialled.close();
    accepted.close();
    await second.close();
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  }));

Deno.test("listenOn() refuses a unix socket that others could reach before its mode is set", () =>
  atPathOf(107, async (method, path, folder) => {
    const real = Deno.lstatSync;
    // As with a umask of 0, which all threads of the tests would have.
    Deno.lstatSync = (of) => ({ ...real(of), mode: 0o140777 });
    try {
      const error = await assertRejects(
        () => listenOn(method),
        LektError,
        "others could connect before its mode is set",
      );
      assertEquals(error.code, "INVALID_ARGUMENT");
    } finally {
      Deno.lstatSync = real;
    }
    assertEquals(namesIn(folder), []);
    const listener = await listenOn(method);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    await listener.close();
  }));

const UNFIT_LINKS: Record<string, typeof Deno.linkSync> = {
  "leads to nobody": (_, to) => leaveStale(`${to}`),
  "is refused": () => {
    throw new Deno.errors.PermissionDenied("no links here");
  },
};

for (const [name, linkSync] of Object.entries(UNFIT_LINKS)) {
  Deno.test(`listenOn() can be reached where a second name of a unix socket ${name}`, () =>
    inFolder(async (method, path, folder) => {
      const real = Deno.linkSync;
      Deno.linkSync = linkSync;
      try {
        const listener = await listenOn(method);
        assertEquals(namesIn(folder), ["s"]);
        assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
        const dialled = await dial(method);
        const accepted = await listener.accept();
        assert(accepted !== null);
        dialled.close();
        accepted.close();
        await listener.close();
        assertEquals(namesIn(folder), []);
      } finally {
        Deno.linkSync = real;
      }
    }));
}

/** Somebody listens who ends at the moment when `name` is called for the path. */
async function listenBehind(name: "lstatSync" | "connect"): Promise<void> {
  const real = Deno[name];
  await inFolder(async (method, path) => {
    const old = Deno.listen({ transport: "unix", path });
    let isOver = false;
    const instead = (of: string | { path?: string }) => {
      if (!isOver && (typeof of === "string" ? of : of.path) === path) {
        isOver = true;
        old.close();
      }
      return (real as (of: unknown) => unknown)(of);
    };
    Object.assign(Deno, { [name]: instead });
    try {
      const listener = await listenOn(method);
      assert(isOver);
      const dialled = await dial(method);
      const accepted = await listener.accept();
      assert(accepted !== null);
      dialled.close();
      accepted.close();
      await listener.close();
    } finally {
      Object.assign(Deno, { [name]: real });
      if (!isOver) old.close();
    }
  });
}

Deno.test("listenOn() takes a unix path that is free by the time it looks", () =>
  listenBehind("lstatSync"));

Deno.test("listenOn() takes a unix path that is free by the time it dials there", () =>
  listenBehind("connect"));

Deno.test("listen() needs no more permission for a unix socket than its path", () =>
  inFolder(async (_method, path, folder) => {
    const script = `
      import { connect, listen } from ${
      JSON.stringify(import.meta.resolve("../../mod.ts"))
    };
      await using listener = await listen({ nickname: "bob", methods: "unix:${path}", accept: () => true });
      const serving = listener.serve(async (connection) => { await connection.receive(); });
      await using alice = await connect("unix:${path}", { nickname: "alice" });
      await alice.send("hello");
      await alice.close();
      await listener.close();
      await serving;
      console.log("done");
    `;
    const program = `${folder}/program.ts`;
    await Deno.writeTextFile(program, script);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        `--allow-net=unix:${path}`,
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
        "--config",
        new URL("../../deno.json", import.meta.url).pathname,
        program,
      ],
    }).output();
    const text = new TextDecoder();
    assertEquals(
      [code, text.decode(stdout)],
      [0, "done\n"],
      text.decode(stderr),
    );
  }));
