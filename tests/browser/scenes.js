/**
 * A page that talks to the programs of `tests/helpers/browser_scenes.ts`, and
 * tells what came of it. Its address says how they can be reached.
 */
import {
  connect,
  createIdentity,
  DirectoryClient,
  openIdentity,
} from "../../src/browser/mod.ts";
import { connect as connectByRelay } from "../../src/browser/relay.ts";

const LARGE_SIZE = 8 * 1024 * 1024 + 7;

const { methods, directory, bob, relayed, pinnedKey } = JSON.parse(
  decodeURIComponent(location.hash.slice(1)),
);
const options = { nickname: "alice" };

/** A connection in which bob does as `task` says. */
async function ask(task, more = {}) {
  const connection = await connect(methods, { ...options, ...more });
  await connection.send(task);
  return connection;
}

async function nextText(connection) {
  const message = await connection.receive();
  return message === null ? "(end)" : await message.text();
}

/** How a connection comes to its end. */
async function end(connection) {
  await connection.closeWrite();
  const rest = await nextText(connection);
  const { clean } = await connection.closed;
  return `${rest}, ${clean ? "clean" : "not clean"}`;
}

/** The code of what is thrown, and why. */
async function failure(work) {
  try {
    await work();
    return "no failure";
  } catch (error) {
    if (typeof error === "string") return error;
    const { code, reason, by, message } = error;
    return [code, by, reason ?? message].filter(Boolean).join(": ");
  }
}

async function hash(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).slice(0, 4).join();
}

const scenes = {
  async chat() {
    const asked = [];
    const onAsk = (method) => asked.push(method);
    const connection = await ask("echo", { onAsk });
    const { nickname, version, verified } = connection.remote;
    await connection.send("hé");
    const echo = await nextText(connection);
    return [
      nickname,
      version,
      verified,
      asked.join() === methods.join(),
      echo,
      await end(connection),
    ].join(" | ");
  },

  reject: () => failure(() => connect(methods, { nickname: "eve" })),

  rejectThem: () =>
    failure(() => connect(methods, { ...options, accept: () => "not him" })),

  async large() {
    const sent = new Uint8Array(LARGE_SIZE);
    for (let index = 0; index < LARGE_SIZE; index += 65_536) {
      crypto.getRandomValues(sent.subarray(index, index + 65_536));
    }
    const connection = await ask("echo");
    const sending = connection.send(new Blob([sent]));
    const message = await connection.receive();
    const come = await new Response(message.body).arrayBuffer();
    await sending;
    const isSame = await hash(come) === await hash(sent);
    return `${come.byteLength}, ${isSame}, ${await end(connection)}`;
  },

  async halfClose() {
    const connection = await ask("answer behind the end");
    await connection.closeWrite();
    const answer = await nextText(connection);
    const { clean } = await connection.closed;
    return `${answer}, ${clean}`;
  },

  async abort() {
    const connection = await ask("tell aborts");
    const aborting = new AbortController();
    async function* endless() {
      yield new Uint8Array(100_000);
      aborting.abort("changed my mind");
      while (true) yield new Uint8Array(100_000);
    }
    const { signal } = aborting;
    const own = await failure(() => connection.send(endless(), { signal }));
    return `${own} | ${await nextText(connection)} | ${await end(connection)}`;
  },

  async cancel() {
    const connection = await ask("send without end");
    const message = await connection.receive();
    message.cancel("enough");
    return `${await nextText(connection)} | ${await end(connection)}`;
  },

  async confirm() {
    const connection = await ask("take one, drop one");
    await connection.send("taken", { confirm: true });
    const dropped = await failure(() =>
      connection.send("dropped", { confirm: true })
    );
    return `${dropped} | ${await end(connection)}`;
  },

  async overtake() {
    const connection = await ask("echo");
    const large = connection.send(new Uint8Array(4_000_000));
    const small = connection.send("small");
    const first = await connection.receive();
    const second = await connection.receive();
    const texts = [first, second].map(async (message) => {
      const { byteLength } = await message.bytes();
      return byteLength;
    });
    const sizes = await Promise.all(texts);
    await Promise.all([large, small]);
    return `${sizes.toSorted((one, other) => one - other)} | ${await end(
      connection,
    )}`;
  },

  async directory() {
    const lookup = new DirectoryClient(directory, { allowLocal: true });
    const found = await lookup.lookup(`bob#${bob}`);
    const connection = await connect(`bob#${bob}`, {
      ...options,
      directory: lookup,
    });
    await connection.send("echo");
    const stranger = await failure(() =>
      lookup.lookup(`bob#${"A".repeat(43)}`)
    );
    const nobody = await failure(() => lookup.lookup("nobody"));
    return [
      found.methods.length,
      connection.remote.verified,
      await end(connection),
      stranger.slice(0, 26),
      nobody.slice(0, 11),
    ].join(" | ");
  },

  /** By a relay: with a key that is named, and with that which a directory names. */
  async relay() {
    const sent = crypto.getRandomValues(new Uint8Array(60_000));
    const said = [];
    for (
      const [target, more] of [
        [relayed, { tls: { pinnedKey } }],
        ["carl", {
          directory: new DirectoryClient(directory, { allowLocal: true }),
        }],
      ]
    ) {
      const connection = await connectByRelay(target, { ...options, ...more });
      await connection.send("echo");
      await connection.send(sent);
      const message = await connection.receive();
      const come = await message.bytes();
      const { key, verified } = connection.remote;
      said.push(
        key === pinnedKey,
        verified,
        await hash(come) === await hash(sent),
        await end(connection),
      );
    }
    said.push(
      await failure(() =>
        connectByRelay(relayed, {
          ...options,
          tls: { pinnedKey: "A".repeat(43) },
        })
      ),
    );
    return said.join(" | ").slice(0, 100);
  },

  async identity() {
    const [kept, again] = [await openIdentity(), await openIdentity()];
    const other = await openIdentity("other");
    const passing = await createIdentity();
    const lookup = new DirectoryClient(directory, { allowLocal: true });
    const lease = await lookup.register(kept, {
      nickname: "page",
      methods: [],
    });
    const { thumbprint } = await lookup.lookup("page");
    const events = lookup.watch("page");
    const { value } = await events.next();
    await lease.unregister();
    const { value: last } = await events.next();
    await events.return();
    const all = [kept, other, passing].map((each) => each.thumbprint);
    return [
      kept.thumbprint === again.thumbprint,
      thumbprint === kept.thumbprint,
      new Set(all).size,
      kept.privateKey.extractable,
      value.type,
      last.type,
    ].join(" | ");
  },

  async impossible() {
    const tries = [
      ["tcp://127.0.0.1:1", options],
      [methods, { ...options, tls: { pinnedKey: "A" } }],
      [methods, { ...options, proxy: "socks5://127.0.0.1:1" }],
      ["ws://127.0.0.1:9/lekt", options],
    ];
    const said = [];
    for (const each of tries) said.push(await failure(() => connect(...each)));
    return said.join(" | ");
  },

  async worker() {
    const url = `${import.meta.url}?work${location.hash}`;
    const worker = new Worker(url, { type: "module" });
    const { promise, resolve } = Promise.withResolvers();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(message);
    const said = await promise;
    worker.terminate();
    return said;
  },

  /** A page that goes away amid a conversation, as a closed tab does; bob tells in the next one. */
  async leave() {
    const frame = document.createElement("iframe");
    const isUp = Promise.withResolvers();
    addEventListener("message", isUp.resolve);
    frame.src = `${location.pathname}?stay${location.hash}`;
    document.body.append(frame);
    await isUp.promise;
    frame.remove();
    const connection = await ask("tell how the last tab ended");
    return `${await nextText(connection)} | ${await end(connection)}`;
  },
};

if (location.search === "?work") {
  postMessage(await scenes.chat());
} else if (location.search === "?stay") {
  const connection = await ask("stay");
  await nextText(connection);
  parent.postMessage("up", "*");
} else {
  const said = {};
  for (const [name, run] of Object.entries(scenes)) {
    try {
      said[name] = await run();
    } catch (error) {
      said[name] = `failed: ${error?.stack ?? error}`;
    }
  }
  await fetch("/said", { method: "POST", body: JSON.stringify(said) });
  globalThis.hasSaid = true;
}
